"""A kept decision made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from adunion.catalog.snapshot import raw_ids
from adunion.decision.log import LoggedDecisions

AT_US = 1_793_491_200_000_000


class Kept:
    """A log of decisions in memory."""

    def __init__(self) -> None:
        self._by_request: dict[bytes, LoggedDecisions] = {}

    def find(self, request: bytes) -> LoggedDecisions | None:
        return self._by_request.get(request)

    def keep(self, request_id: str, items: Sequence[str], plans: Sequence[str | None]) -> None:
        """Two slots: the first items have them, the first of all by its plan's bid."""
        made = decision(request_id, items, plans)
        self._by_request[made.request[0].tobytes()] = made


def decision(request_id: str, items: Sequence[str], plans: Sequence[str | None]) -> LoggedDecisions:
    """Scores fall from 9,000; what has a plan bids 2,000 of its score."""
    count = len(items)
    score = 9_000 - 1_000 * np.arange(count)
    bids = np.array([2_000 if plan else 0 for plan in plans])
    slot = np.where(np.arange(count) < 2, np.arange(count), -1).astype(np.int16)
    moved = (slot == 0) & (bids > 0)
    one = np.ones(1, np.int32)
    none = b"\0" * 16
    given: dict[str, Any] = {
        "request": raw_ids([request_id]),
        "at_us": np.array([AT_US]),
        "placement": np.array(["plc_" + "0" * 25 + "1"]),
        "exposures": np.array([[10_000, 6_000]], np.int32),
        "explore_bps": 0 * one,
        "take_bps": 1_000 * one,
        "merchant_cap": 4 * one,
        "group_cap": 1 * one,
        "paid_most": np.ones(1, np.int16),
        "ranked": 120 * one,
        "offsets": np.array([0, count]),
        "item": raw_ids(list(items)),
        "plan": np.frombuffer(
            b"".join(raw_ids([plan]).tobytes() if plan else none for plan in plans), "V16"
        ),
        "merchant": np.arange(count, dtype=np.int32),
        "group": np.arange(count, dtype=np.int32),
        "pctr": np.full(count, 0.1, np.float32),
        "pcvr": np.full(count, 0.05, np.float32),
        "relevance": np.full(count, 0.5, np.float32),
        "value": np.full(count, 100_000_000),
        "experience": np.full(count, 20_000),
        "organic": score - bids,
        "bid": bids,
        "home": slot,
        "slot": slot,
        "moved": moved,
        "price": np.where(moved, 1_500, 0),
        "propensity": np.ones(count, np.float32),
        "exposure_organic": np.where(moved, 0.6, 1.0).astype(np.float32),
    }
    names = {column.name for column in fields(LoggedDecisions)}
    rest = {name: np.zeros(1, np.int64) for name in names - set(given)}  # settings of the request
    return LoggedDecisions(**given, **rest)
