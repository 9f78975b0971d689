"""What a provider was paid today, shared by all processes of a market: a limit that holds."""

from __future__ import annotations

import fcntl
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import orjson

from adunion.kernel.clock import Clock
from adunion.kernel.errors import AdUnionError

_MILLION = 1_000_000


class Spending:
    """Tokens used on each day, in a small file; reserved before a call, settled after it."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        price_per_million: Decimal,
        per_day_max: Decimal | None,
        who: str,
        setting: str,
    ) -> None:
        self._path = path
        self._clock = clock
        self._price = price_per_million
        self._most = per_day_max
        self._who = who
        self._setting = setting

    def reserve(self, tokens: int) -> None:
        """Take up tokens before they are used; raises AdUnionError where the day's limit is met."""
        if self._most is None:
            self.settle(tokens)
            return
        used = self._add(tokens, int(self._most * _MILLION / self._price) if self._price else None)
        if used is not None:
            spent, again = self._cost(used), self._tomorrow()
            raise AdUnionError(
                f"{self._who.replace(' ', '_')}_budget",
                f"The {self._who} has cost {spent} today, and {self._cost(tokens)} more would pass "
                f"the limit of {self._most} a day.",
                429,
                hint=f"It goes on at {again:%Y-%m-%dT%H:%MZ}; or raise {self._setting}.",
            )

    def settle(self, more_tokens: int) -> None:
        """Correct a reservation by what was really used; may be negative."""
        if more_tokens:
            self._add(more_tokens, None)

    def tokens_today(self) -> int:
        """Tokens used since midnight, UTC."""
        return self._read(self._path.read_bytes() if self._path.exists() else b"")

    def _add(self, tokens: int, most: int | None) -> int | None:
        """Add to today's tokens; where that would pass `most`, add nothing and return them."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            used = self._read(file.read())
            if most is not None and used + tokens > most:
                return used
            file.truncate(0)
            file.write(orjson.dumps({"day": self._today(), "tokens": max(used + tokens, 0)}))
        return None

    def _read(self, text: bytes) -> int:
        try:
            kept = orjson.loads(text)
            return int(kept["tokens"]) if kept["day"] == self._today() else 0
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return 0

    def _today(self) -> str:
        return f"{self._clock.now():%Y-%m-%d}"

    def _tomorrow(self) -> datetime:
        midnight = self._clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0)
        return midnight + timedelta(days=1)

    def _cost(self, tokens: int) -> Decimal:
        return (self._price * tokens / _MILLION).normalize()
