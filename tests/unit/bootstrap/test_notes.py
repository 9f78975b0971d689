"""Training rows: what was decided, seen, clicked and ordered, put together again."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from adunion.bootstrap import notes as room
from adunion.bootstrap.notes import TrainingNotes
from adunion.prediction import FEATURES
from adunion.tracking import EventBatch, EventType, events

HOUR_US = 3_600_000_000
SLOTS = 2


def ids(*numbers: int) -> np.ndarray[Any, Any]:
    return np.frombuffer(b"".join(number.to_bytes(16, "big") for number in numbers), "V16")


def decided(notes: TrainingNotes, *requests: int) -> None:
    """Each request shows two items whose first feature is the request's number and slot."""
    count = len(requests)
    x = np.zeros((count, SLOTS, len(FEATURES)), np.float16)
    x[:, :, 0] = np.array(requests)[:, None] + np.arange(SLOTS) / 10
    predictor = SimpleNamespace(
        shown=lambda *_: x.reshape(-1, len(FEATURES)), kinds=np.array([3], np.uint8)
    )
    asked = SimpleNamespace(at_us=np.zeros(count, np.int64), placement=np.zeros(count, np.int16))
    columns = SimpleNamespace(
        requests=asked, profile=np.full(count, -1, np.int32), words=ids(*requests).view(np.uint64)
    )
    slots = np.zeros((count, SLOTS), np.int32)
    answer = SimpleNamespace(item=slots, relevance=slots.astype(np.float32))
    notes.decided(cast(Any, columns), cast(Any, answer), cast(Any, predictor))


def event(kind: EventType, hour: float, request: int = 0, slot: int = -1, **who: int) -> EventBatch:
    columns = {name: ids(number) for name, number in who.items()}
    return events(
        1, type=kind, at_us=int(hour * HOUR_US), request=ids(request), slot=slot, **columns
    )


def test_a_row_is_a_seen_slot_marked_by_its_click_and_order(tmp_path: Path) -> None:
    notes = TrainingNotes(tmp_path)
    decided(notes, 1, 2)
    notes.learn(event(EventType.IMPRESSION, 1, request=1, slot=0))
    notes.learn(event(EventType.IMPRESSION, 2, request=2, slot=1))
    notes.learn(event(EventType.CLICK, 3, request=2, slot=1, shopper=7, item=5))
    notes.learn(event(EventType.ORDER, 4, shopper=7, item=5))
    log = notes.log()
    by_feature = np.argsort(log.x[:, 0])
    assert log.x[by_feature, 0].tolist() == pytest.approx([1.0, 2.1], abs=0.01)
    assert log.clicked[by_feature].tolist() == [False, True]
    assert log.order_at_us[by_feature].tolist() == [0, 4 * HOUR_US]
    assert log.kind.tolist() == [3, 3]


def test_an_order_marks_the_last_click_on_its_item_within_a_week(tmp_path: Path) -> None:
    notes = TrainingNotes(tmp_path)
    decided(notes, 1, 2, 3)
    for request in (1, 2, 3):
        notes.learn(event(EventType.IMPRESSION, request, request=request, slot=0))
        notes.learn(event(EventType.CLICK, request, request=request, slot=0, shopper=7, item=5))
    notes.learn(event(EventType.ORDER, 2.5, shopper=7, item=5))
    notes.learn(event(EventType.ORDER, 2.6, shopper=8, item=5))  # never clicked
    notes.learn(event(EventType.ORDER, 3 + 7 * 24 + 1, shopper=7, item=5))  # too late
    log = notes.log()
    ordered = log.order_at_us[np.argsort(log.x[:, 0])]
    assert ordered.tolist() == [0, int(2.5 * HOUR_US), 0]


def test_rows_outlive_the_program(tmp_path: Path) -> None:
    before = TrainingNotes(tmp_path)
    decided(before, 1, 2)
    seen = [event(EventType.IMPRESSION, 1, request=n, slot=s) for n in (1, 2) for s in (0, 1)]
    for each in seen:
        before.learn(each)
    after = TrainingNotes(tmp_path)
    for each in seen:
        after.learn(each)
    assert len(after.log()) == 4
    np.testing.assert_array_equal(after.log().x, before.log().x)


def test_the_oldest_events_go_when_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "EVENTS_MAX", 2)
    notes = TrainingNotes(tmp_path)
    decided(notes, 1, 2, 3)
    for request in (1, 2, 3):
        notes.learn(event(EventType.IMPRESSION, request, request=request, slot=0))
    assert sorted(notes.log().at_us.tolist()) == [2 * HOUR_US, 3 * HOUR_US]
