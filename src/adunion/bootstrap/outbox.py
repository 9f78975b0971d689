"""What deciding nodes saw of the market, handed to the process that steers: one file a tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from adunion.decision.bidding.memory import LandscapeMemory
from adunion.decision.bidding.types import Landscape

NODES = "nodes"


class Outbox(LandscapeMemory):
    """Stands for a node's memory of landscapes: what it is told goes to the steering process."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._count = 0

    def fold(self, plan_ids: Sequence[str], landscape: Landscape, now_us: int) -> None:
        """Write it down, whole or not at all."""
        if not len(plan_ids) or not landscape.traffic.any():
            return
        self._count += 1
        path = self._folder / f"{now_us:020d}-{self._count:06d}.npz"
        columns = {field.name: getattr(landscape, field.name) for field in fields(Landscape)}
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            np.savez(file, plan_ids=np.array(plan_ids), at_us=np.int64(now_us), **columns)
        fresh.rename(path)


def absorb(home: Path, memory: LandscapeMemory) -> None:
    """Take in what all nodes have left, in order of time."""
    found = (home / NODES).glob("*/landscapes/*.npz")
    for path in sorted(found, key=lambda path: path.name):
        with np.load(path, allow_pickle=False) as file:
            columns = {field.name: file[field.name] for field in fields(Landscape)}
            memory.fold(file["plan_ids"].tolist(), Landscape(**columns), int(file["at_us"]))
        path.unlink()
