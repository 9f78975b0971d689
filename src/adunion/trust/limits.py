"""Rate limits: token buckets in memory, one for each caller, bounded in number."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from math import ceil
from threading import Lock
from typing import NamedTuple

from adunion.kernel.clock import Clock

CALLERS_MAX = 20_000


class Allowance(NamedTuple):
    """What a caller has left: `allowed` now, `remaining` calls, a full bucket in `reset_s`."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    retry_after_s: int


class TokenBuckets:
    """`burst` calls at once, refilled evenly over `refill_s` seconds, for each caller."""

    def __init__(self, clock: Clock, burst: int, refill_s: float) -> None:
        self._clock = clock
        self._burst = burst
        self._per_second = burst / refill_s
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()
        self._lock = Lock()

    def take(self, caller: str, tokens: int = 1) -> Allowance:
        """Spend tokens if there are enough; with 0 tokens, only look (one must be left)."""
        now = self._clock.now()
        with self._lock:
            level = self._level(caller, now)
            allowed = level >= max(tokens, 1)
            if allowed:
                level -= tokens
            self._buckets[caller] = (level, now)
            self._buckets.move_to_end(caller)
            while len(self._buckets) > CALLERS_MAX:
                self._buckets.popitem(last=False)
        return Allowance(
            allowed,
            self._burst,
            int(level),
            ceil((self._burst - level) / self._per_second),
            0 if allowed else max(1, ceil((max(tokens, 1) - level) / self._per_second)),
        )

    def _level(self, caller: str, now: datetime) -> float:
        level, at = self._buckets.get(caller, (float(self._burst), now))
        passed = max(0.0, (now - at).total_seconds())
        return min(float(self._burst), level + passed * self._per_second)
