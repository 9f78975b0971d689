"""The one place that reads the time or draws chance; everything else is given them."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

import numpy as np

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the time in UTC."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The machine's time, UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told; drives simulations and tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The time it was last set to."""
        return self._now

    def set(self, at: datetime) -> None:
        """Move to a time, never backwards."""
        if at < self._now:
            raise ValueError(f"clock may not run backwards: {at} < {self._now}")
        self._now = at

    def advance(self, by: timedelta) -> None:
        """Move forward by a span."""
        self.set(self._now + by)


def micros(at: datetime) -> int:
    """Microseconds since the epoch of an aware time."""
    delta = at - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_micros(at_us: int) -> datetime:
    """The aware UTC time of microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=at_us)


def rfc3339(at: datetime) -> str:
    """`2026-11-11T08:00:00Z`, with micros only where there are any."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat()[: -len("+00:00")] + "Z"


def rfc3339_micros(at_us: int) -> str:
    """The same of microseconds since the epoch."""
    second, rest = divmod(at_us, 1_000_000)
    return f"{_to_the_second(second)}.{rest:06d}Z" if rest else f"{_to_the_second(second)}Z"


@lru_cache(16)
def _to_the_second(second: int) -> str:
    return from_micros(second * 1_000_000).isoformat()[: -len("+00:00")]


def generator(*seed: int) -> np.random.Generator:
    """A seeded stream; give several integers to derive independent streams from one seed."""
    return np.random.default_rng(list(seed))


def random_bytes(count: int) -> bytes:
    """Unpredictable bytes for secrets, keys and ids."""
    return os.urandom(count)


def monotonic_s() -> float:
    """Seconds of a clock that never steps back; for measuring, not for telling the time."""
    return time.perf_counter()


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)
