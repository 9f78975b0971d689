"""Tracker: takes events in, once each and durably, and reads them back in order."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

import numpy as np

from adunion.engines.eventlog import EventLog
from adunion.kernel.clock import Clock, micros

from .arrow import from_arrow, to_arrow
from .dedupe import KeySet
from .types import Accepted, EventBatch, events

_HOUR_US = 3_600_000_000
HORIZON_HOURS = 48


class Tracker:
    """The door to the event log.

    Args:
        log: opened with `EVENT_SCHEMA`.
        clock: arrival times, by which keys grow old; a beacon's own time is not to be trusted.
        horizon_hours: how long a duplicate is recognised; tokens expire well within it, and orders
            are unique in PostgreSQL for ever.
    """

    def __init__(self, log: EventLog, clock: Clock, horizon_hours: int = HORIZON_HOURS) -> None:
        self._log = log
        self._clock = clock
        self._lock = Lock()
        self._seen = KeySet(horizon_hours)
        self._latest: tuple[int, EventBatch] = (0, events(0))  # what was written last, and where
        for _, batch in self.read(self.position_of(micros(clock.now()) - horizon_hours * _HOUR_US)):
            self._seen.add(batch.key, (batch.at_us // _HOUR_US).astype(np.int32))

    @property
    def rows(self) -> int:
        """Durable events: the position after the last one."""
        return self._log.rows

    def accept(self, batch: EventBatch) -> Accepted:
        """Append the events not seen before; when it returns they are on the disk.

        A duplicate is acknowledged only when the event it repeats is durable too.

        Raises:
            AdUnionError: `event_log_failed`; then nothing was accepted and it may be tried again.
        """
        hour = np.full(len(batch), micros(self._clock.now()) // _HOUR_US, np.int32)
        with self._lock:
            fresh = self._seen.add(batch.key, hour)
            count = int(np.count_nonzero(fresh))
            new = batch if count == len(batch) else batch.take(fresh)
            try:
                ticket = self._log.enqueue(to_arrow(new)) if count else self._log.ticket()
            except BaseException:
                self._seen.forget(new.key)
                raise
        try:
            self._log.wait(ticket)
        except BaseException:
            with self._lock:
                self._seen.forget(new.key)
            raise
        if count:
            self._latest = ticket - count, new
        return Accepted(count, len(batch) - count, fresh, ticket)

    def read(self, position: int = 0, rows_max: int = 262_144) -> Iterator[tuple[int, EventBatch]]:
        """Durable events from a position on: `(next_position, batch)`, see `EventLog.read`.

        Those written last are at hand: whoever applies the log as it grows reads no file.
        """
        first, latest = self._latest
        if position == first and 0 < len(latest) <= rows_max:
            position += len(latest)
            yield position, latest
        for next_position, batch in self._log.read(position, rows_max):
            yield next_position, from_arrow(batch)

    def position_of(self, since_us: int) -> int:
        """A position at or before the first event of a time on; coarse, by segments."""
        earlier = 0
        for position in self._log.segment_positions():
            _, first = next(self.read(position, 1))
            if int(first.at_us[0]) >= since_us - _HOUR_US:
                break
            earlier = position
        return earlier
