from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from adunion.engines.eventlog import EventLog
from adunion.kernel.clock import ManualClock, generator, micros
from adunion.kernel.errors import AdUnionError
from adunion.tracking import EVENT_SCHEMA, EventBatch, Tracker, events


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = EventLog(tmp_path, EVENT_SCHEMA, segment_bytes_max=20_000)
    yield opened
    opened.close()


def batch(clock: ManualClock, *keys: int) -> EventBatch:
    return events(len(keys), key=np.array(keys, np.uint64), at_us=micros(clock.now()))


def keys(tracker: Tracker, position: int = 0) -> list[int]:
    return [key for _, part in tracker.read(position) for key in part.key.tolist()]


def test_an_event_is_taken_once(log: EventLog, clock: ManualClock) -> None:
    tracker = Tracker(log, clock)
    first = tracker.accept(batch(clock, 1, 2, 2, 3))
    again = tracker.accept(batch(clock, 3, 4))
    assert (first.count, first.duplicates, first.fresh.tolist()) == (
        3,
        1,
        [True, True, False, True],
    )
    assert (again.count, again.position, again.fresh.tolist()) == (1, 4, [False, True])
    assert keys(tracker) == [1, 2, 3, 4]
    assert keys(tracker, 3) == [4]


def test_what_was_written_last_is_read_as_from_the_disk(log: EventLog, clock: ManualClock) -> None:
    tracker, reader = Tracker(log, clock), Tracker(log, clock)  # the second wrote nothing itself
    for first in range(0, 12, 3):
        tracker.accept(batch(clock, first, first + 1, first + 2, first))
        for position in range(log.rows + 1):
            assert keys(tracker, position) == keys(reader, position)
    whole = [(at, part) for at, part in tracker.read(9)]
    assert [at for at, _ in whole] == [12]
    for name in EVENT_SCHEMA.names:
        mine, theirs = getattr(whole[0][1], name), getattr(next(reader.read(9))[1], name)
        assert mine.dtype == theirs.dtype
        assert mine.tolist() == theirs.tolist()
    assert [at for at, _ in tracker.read(9, 2)] == [11, 12]


def test_duplicates_are_known_after_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    log = EventLog(tmp_path, EVENT_SCHEMA, segment_bytes_max=2_000)
    tracker = Tracker(log, clock)
    for key in range(60):
        tracker.accept(batch(clock, key))
        clock.advance(timedelta(hours=2))
    log.close()
    log = EventLog(tmp_path, EVENT_SCHEMA, segment_bytes_max=2_000)
    tracker = Tracker(log, clock)
    assert tracker.accept(batch(clock, 59, 50, 40)).duplicates == 3
    assert tracker.position_of(micros(clock.now() - timedelta(hours=10))) > 30
    log.close()


def test_old_keys_make_room(log: EventLog, clock: ManualClock) -> None:
    tracker = Tracker(log, clock)
    for day in range(6):
        fresh = np.arange(day * 30_000, (day + 1) * 30_000, dtype=np.uint64)
        tracker.accept(events(30_000, key=fresh, at_us=micros(clock.now())))
        clock.advance(timedelta(days=1))
    assert len(tracker._seen) <= 90_000
    assert tracker.accept(batch(clock, 179_999)).duplicates == 1


def test_what_could_not_be_written_may_be_sent_again(
    log: EventLog, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = Tracker(log, clock)
    tracker.accept(batch(clock, 1))

    def refuse(_: object) -> int:
        raise AdUnionError("event_log_failed", "full", 503)

    with monkeypatch.context() as patch:
        patch.setattr(log, "enqueue", refuse)
        with pytest.raises(AdUnionError):
            tracker.accept(batch(clock, 1, 7))
    assert tracker.accept(batch(clock, 1, 7)).fresh.tolist() == [False, True]


def test_all_columns_survive_the_log(log: EventLog, clock: ManualClock) -> None:
    rng = generator(3)
    given = events(
        50,
        key=rng.integers(0, 2**63, 50).astype(np.uint64),
        item=np.frombuffer(rng.bytes(800), "V16"),
        slot=rng.integers(-1, 9, 50).astype(np.int16),
        pctr=rng.random(50).astype(np.float32),
        amount_minor=rng.integers(0, 10**12, 50),
        text=np.array(["", "奶粉 🍼"] * 25, object),
    )
    tracker = Tracker(log, clock)
    tracker.accept(given)
    ((_, found),) = tracker.read()
    for name in EVENT_SCHEMA.names:
        assert getattr(found, name).tolist() == getattr(given, name).tolist()


def test_forgetting_keys_leaves_all_others(clock: ManualClock) -> None:
    from adunion.tracking.dedupe import KeySet

    rng = generator(5)
    seen = KeySet(48)
    hours = np.zeros(1, np.int32)
    held: set[int] = set()
    for _ in range(300):
        some = rng.integers(0, 2_000, 40).astype(np.uint64) << np.uint64(40) | np.uint64(7)
        fresh = seen.add(some, np.broadcast_to(hours, 40).copy())
        assert fresh.sum() == len(set(some.tolist()) - held)
        held |= set(some.tolist())
        gone = some[::2]
        seen.forget(gone)
        held -= set(gone.tolist())
        assert len(seen) == len(held)
