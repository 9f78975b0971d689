"""What was shown and what came of it, as rows to train on.

Features are taken at the decision, since later the profile and the item have learned the outcome;
they go to the `FeatureLog` beside the event log, which finds them again after a restart. Of the
events only who saw, clicked and ordered what is kept, and it is replayed with the event log.
"""

from __future__ import annotations

from collections import deque
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.decision.desk import Columns
from adunion.decision.types import DecisionBatch
from adunion.prediction import FeatureLog, Predictor, TrainingLog, shown_keys
from adunion.tracking import EventBatch, EventType

EVENTS_MAX = 4_000_000
CREDIT_US = 7 * 86_400_000_000  # an order belongs to the last click on its item within this

Keys = npt.NDArray[np.uint64]
Times = npt.NDArray[np.int64]


class TrainingNotes:
    """Features on disk; seen, clicked and ordered in memory, newest kept."""

    def __init__(self, home: Path) -> None:
        self._features = FeatureLog(home)
        self._fresh: list[
            tuple[
                npt.NDArray[np.void],
                npt.NDArray[np.uint8],
                npt.NDArray[np.float16],
                npt.NDArray[np.bool_],
            ]
        ] = []
        self._seen = _Columns(2)  # (slot shown, time)
        self._clicks = _Columns(3)  # (slot shown, shopper and item, time)
        self._orders = _Columns(2)  # (shopper and item, time)

    def decided(self, columns: Columns, decided: DecisionBatch, predictor: Predictor) -> None:
        """Keep the features of what is shown; on disk when events are learned next."""
        asked = _Asked(columns.requests.at_us, columns.requests.placement, columns.profile)
        x = predictor.shown(asked, decided.item, decided.relevance)
        kind = predictor.kinds[asked.placement]
        self._fresh.append((columns.words.view("V16").copy(), kind, x, decided.item >= 0))

    def learn(self, batch: EventBatch) -> None:
        """Note impressions, clicks and orders."""
        self._write()
        seen = np.flatnonzero(batch.type == EventType.IMPRESSION)
        clicks = np.flatnonzero((batch.type == EventType.CLICK) & (batch.slot >= 0))
        orders = np.flatnonzero(batch.type == EventType.ORDER)
        self._seen.add(shown_keys(batch.request[seen], batch.slot[seen]), batch.at_us[seen])
        self._clicks.add(
            shown_keys(batch.request[clicks], batch.slot[clicks]),
            pair_keys(batch.shopper[clicks], batch.item[clicks]),
            batch.at_us[clicks],
        )
        self._orders.add(pair_keys(batch.shopper[orders], batch.item[orders]), batch.at_us[orders])

    def log(self) -> TrainingLog:
        """All rows."""
        self._write()
        seen, seen_at = self._seen.all()
        clicked, pair, clicked_at = self._clicks.all()
        ordered, ordered_at = self._orders.all()
        click = last_click(pair, clicked_at.view(np.int64), ordered, ordered_at.view(np.int64))
        found = click >= 0
        return self._features.join(
            seen,
            seen_at.view(np.int64),
            clicked,
            clicked[click[found]],
            ordered_at.view(np.int64)[found],
        )

    def _write(self) -> None:
        """Append what was decided; batches of equally many slots go together."""
        for _, parts in groupby(self._fresh, key=lambda part: part[3].shape[1]):
            columns = zip(*parts, strict=True)
            self._features.append(*(np.concatenate(column) for column in columns))
        self._fresh.clear()


class _Asked(NamedTuple):
    """What features are made of, beside what is shown; (n,) each."""

    at_us: Times
    placement: npt.NDArray[np.int16]
    profile: npt.NDArray[np.int32]


class _Columns:
    """Columns of 64-bit words that grow by rows; the oldest rows go when there are too many."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._parts: deque[npt.NDArray[np.uint64]] = deque()
        self._rows = 0

    def add(self, *columns: Keys | Times) -> None:
        part = np.stack([column.view(np.uint64) for column in columns])
        if not part.shape[1]:
            return
        self._parts.append(part)
        self._rows += part.shape[1]
        while self._rows > EVENTS_MAX and len(self._parts) > 1:
            self._rows -= self._parts.popleft().shape[1]

    def all(self) -> npt.NDArray[np.uint64]:
        if len(self._parts) != 1:
            whole = [np.zeros((self._width, 0), np.uint64), *self._parts]
            self._parts = deque([np.concatenate(whole, axis=1)])
        return self._parts[0]


def last_click(
    pair: Keys, clicked_at: Times, ordered: Keys, ordered_at: Times
) -> npt.NDArray[np.int64]:
    """The row of the last click of each order's pair within the window, -1 where there is none."""
    if not len(pair):
        return np.full(len(ordered), -1, np.int64)
    rows = np.lexsort((clicked_at, pair))
    place = np.empty(len(ordered), np.int64)
    keys, times = pair[rows], clicked_at[rows]
    first, last = np.searchsorted(keys, ordered), np.searchsorted(keys, ordered, "right")
    for row, (low, high, at) in enumerate(zip(first, last, ordered_at, strict=True)):
        before = low + np.searchsorted(times[low:high], at, "right") - 1
        place[row] = before if before >= low and times[before] >= at - CREDIT_US else -1
    return np.where(place >= 0, rows[place], -1)


def pair_keys(shopper: npt.NDArray[np.void], item: npt.NDArray[np.void]) -> Keys:
    """One number for each (shopper, item)."""
    a, b = (
        np.ascontiguousarray(ids).view(np.uint64).reshape(-1, 2).astype(np.uint64)
        for ids in (shopper, item)
    )
    mixed = a[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ a[:, 1]
    mixed = (mixed ^ mixed >> np.uint64(29)) * np.uint64(0xBF58476D1CE4E5B9) ^ b[:, 0]
    mixed = (mixed ^ mixed >> np.uint64(32)) * np.uint64(0x94D049BB133111EB) ^ b[:, 1]
    return np.asarray(mixed ^ mixed >> np.uint64(31), np.uint64)
