"""What was shown and what came of it, as rows to train on.

Features are taken at the decision, since later the profile and the item have learned the outcome;
they wait for the impression, which makes a row; a click and an order mark the row.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.prediction import Predictor, TrainingLog
from adunion.tracking import EventBatch, EventType, beacon_keys

ROWS_MAX = 3_000_000
WAITING_BATCHES_MAX = 4_096
OPEN_ROWS_MAX = 1_000_000  # rows a click may still mark; older ones are closed

Keys = npt.NDArray[np.uint64]


class TrainingNotes:
    """Rows of seen impressions, newest kept."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Keys, npt.NDArray[np.float16], npt.NDArray[np.uint8]]] = deque(
            maxlen=WAITING_BATCHES_MAX
        )
        self._parts: list[TrainingLog] = []
        self._offset = 0  # rows before the first part that is kept
        self._count = 0
        self._row_of: dict[int, int] = {}
        self._older: dict[int, int] = {}
        self._clicked: dict[bytes, int] = {}  # shopper + item -> row of the last click

    def decided(
        self, requests: RequestBatch, decisions: DecisionBatch, predictor: Predictor
    ) -> None:
        """Keep the features of what is about to be shown."""
        at = np.nonzero(decisions.item >= 0)
        x = predictor.shown(requests, decisions.item, decisions.relevance)[at]
        keys = _impression_keys(requests.request[at[0]], at[1].astype(np.int16))
        order = np.argsort(keys)
        kind = predictor.kinds[requests.placement[at[0]]]
        self._waiting.append((keys[order], x[order], kind[order]))

    def learn(self, batch: EventBatch) -> None:
        """Impressions make rows; clicks and orders mark them."""
        self._impressions(batch.take(batch.type == EventType.IMPRESSION))
        self._clicks(batch.take(batch.type == EventType.CLICK))
        self._orders(batch.take(batch.type == EventType.ORDER))

    def log(self) -> TrainingLog:
        """All rows."""
        whole = TrainingLog.concat(self._parts)
        self._parts = [whole]
        return whole

    def _impressions(self, seen: EventBatch) -> None:
        keys = _impression_keys(seen.request, seen.slot)
        for waiting, x, kind in reversed(self._waiting):
            if not len(keys) or not len(waiting):
                continue
            place = np.minimum(np.searchsorted(waiting, keys), len(waiting) - 1)
            found = waiting[place] == keys
            if not found.any():
                continue
            rows = place[found]
            self._add(keys[found], x[rows], kind[rows], seen.at_us[found])
            keys, seen = keys[~found], seen.take(~found)

    def _add(
        self,
        keys: Keys,
        x: npt.NDArray[np.float16],
        kind: npt.NDArray[np.uint8],
        at_us: npt.NDArray[np.int64],
    ) -> None:
        count = len(keys)
        nothing = np.zeros(count, np.bool_)
        self._parts.append(TrainingLog(x, kind, at_us, nothing, np.zeros(count, np.int64)))
        if len(self._row_of) + count > OPEN_ROWS_MAX:
            self._older, self._row_of = self._row_of, {}
        self._row_of.update(
            zip(keys.tolist(), range(self._count, self._count + count), strict=True)
        )
        self._count += count
        while self._count - self._offset > ROWS_MAX and len(self._parts) > 1:
            self._offset += len(self._parts.pop(0))

    def _clicks(self, clicks: EventBatch) -> None:
        keys = _impression_keys(clicks.request, clicks.slot)
        for key, shopper, item in zip(
            keys.tolist(), clicks.shopper.tolist(), clicks.item.tolist(), strict=True
        ):
            row = self._row_of.get(key, self._older.get(key))
            if row is not None and (place := self._place(row)):
                part, at = place
                part.clicked[at] = True
                self._clicked[shopper + item] = row

    def _orders(self, orders: EventBatch) -> None:
        for shopper, item, at_us in zip(
            orders.shopper.tolist(), orders.item.tolist(), orders.at_us.tolist(), strict=True
        ):
            row = self._clicked.pop(shopper + item, None)
            if row is not None and (place := self._place(row)):
                part, at = place
                part.order_at_us[at] = at_us

    def _place(self, row: int) -> tuple[TrainingLog, int] | None:
        """The part a row is in and where; none if it was dropped. Newest parts first."""
        end = self._count
        for part in reversed(self._parts):
            start = end - len(part)
            if row >= start:
                return part, row - start
            end = start
        return None


def _impression_keys(request: npt.NDArray[np.void], slot: npt.NDArray[np.int16]) -> Keys:
    return beacon_keys(np.full(len(request), EventType.IMPRESSION, np.uint8), request, slot)
