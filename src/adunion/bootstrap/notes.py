"""What was shown and what came of it, as rows to train on.

Features are taken at the decision, since later the profile and the item have learned the outcome;
they go to the `FeatureLog` beside the event log, which finds them again after a restart. Of the
events only who saw, clicked and ordered what is kept, and it is replayed with the event log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.prediction import FeatureLog, Predictor, TrainingLog, shown_keys
from adunion.tracking import EventBatch, EventType

EVENTS_MAX = 4_000_000
ASKED_AT_ONCE = 256
CREDIT_US = 7 * 86_400_000_000  # an order belongs to the last click on its item within this

Keys = npt.NDArray[np.uint64]
Times = npt.NDArray[np.int64]


class TrainingNotes:
    """Features on disk; seen, clicked and ordered in memory, newest kept."""

    def __init__(self, home: Path) -> None:
        self._features = FeatureLog(home)
        self._asked: list[tuple[Predictor, RequestBatch, DecisionBatch]] = []
        self._asked_requests = 0
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

    def decided(
        self, requests: RequestBatch, decisions: DecisionBatch, predictor: Predictor
    ) -> None:
        """Keep the features of what is about to be shown; on disk when events are learned next."""
        self._asked.append((predictor, requests, decisions))
        self._asked_requests += len(requests)
        if self._asked_requests >= ASKED_AT_ONCE:
            self.settle()

    def settle(self) -> None:
        """Take the features of all that was decided: call it before anything is learned.

        They are taken for many requests at once, since one by one costs more than deciding.
        """
        alike = groupby(self._asked, key=lambda part: (id(part[0]), part[2].item.shape[1]))
        for _, group in alike:
            parts = list(group)
            predictor = parts[0][0]
            shown = _Decided.of([(requests, decisions) for _, requests, decisions in parts])
            x = predictor.shown(shown, shown.item, shown.relevance)
            kind = predictor.kinds[shown.placement]
            self._fresh.append((shown.request, kind, x, shown.item >= 0))
        self._asked.clear()
        self._asked_requests = 0

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
        self.settle()
        for _, parts in groupby(self._fresh, key=lambda part: part[2].shape[1]):
            columns = zip(*parts, strict=True)
            self._features.append(*(np.concatenate(column) for column in columns))
        self._fresh.clear()


@dataclass(frozen=True)
class _Decided:
    """What features are made of, for n requests and their K slots."""

    request: npt.NDArray[np.void]
    at_us: Times
    placement: npt.NDArray[np.int16]
    profile: npt.NDArray[np.int32]
    item: npt.NDArray[np.int32]
    relevance: npt.NDArray[np.float32]

    @classmethod
    def of(cls, parts: Sequence[tuple[RequestBatch, DecisionBatch]]) -> _Decided:
        """Several batches as one, in order."""
        columns = (
            (asked.request, asked.at_us, asked.placement, asked.profile, made.item, made.relevance)
            for asked, made in parts
        )
        return cls(*(np.concatenate(column) for column in zip(*columns, strict=True)))


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
