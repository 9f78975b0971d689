"""The decisions that a market and its serving nodes have kept, to answer why."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from adunion.decision.log import DecisionLog, LoggedDecisions, concat

from .outbox import NODES


class KeptDecisions:
    """The logs of decisions of a market and of its serving nodes, to read."""

    def __init__(self, own: DecisionLog, home: Path) -> None:
        self._own = own
        self._home = home

    def find(self, request: bytes) -> LoggedDecisions | None:
        """The decision of a request by the 16 bytes of its id, None where it was not kept."""
        found = (log.find(request) for log in self._logs())
        return next((kept for kept in found if kept is not None), None)

    def read(self, since_us: int = 0) -> LoggedDecisions | None:
        """The decisions kept since a time, oldest first; None where there are none."""
        parts = [kept for log in self._logs() if (kept := log.read(since_us)) is not None]
        whole = concat(parts)
        return None if whole is None else whole.take(np.argsort(whole.at_us, kind="stable"))

    def _logs(self) -> list[DecisionLog]:
        folders = sorted((self._home / NODES).glob("*/decisions"))
        return [self._own, *(DecisionLog(folder, 1) for folder in folders)]
