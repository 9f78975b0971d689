"""Ids: a type prefix and a ULID (48 bits of milliseconds, 80 of chance), sortable by time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import numpy as np
import numpy.typing as npt

from .clock import Clock, SystemClock, generator, micros, random_bytes
from .errors import invalid

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""

_PAIRS = [left + right for left in ALPHABET for right in ALPHABET]
_DIGITS = bytes(  # of Crockford's letters as Python writes base 32, of any other none
    ord("0123456789abcdefghijklmnopqrstuv"[ALPHABET.index(chr(code))]) if chr(code) in ALPHABET
    else ord("!") for code in range(256)
)  # fmt: skip

Ids = Callable[[str], str]
"""A source of new ids: `ids("itm") -> "itm_01J..."`."""


def encode(raw: bytes) -> str:
    """16 bytes to 26 letters of Crockford's base 32."""
    number = int.from_bytes(raw, "big")
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])


def decode(text: str) -> bytes:
    """26 letters back to 16 bytes."""
    try:
        number = int(text.encode("ascii").translate(_DIGITS), 32) if len(text) == 26 else -1
    except ValueError:  # another letter, ASCII or not
        number = -1
    if number < 0 or number >> 128:
        raise invalid("id", f"{text[:40]!r} is not an id.")
    return number.to_bytes(16, "big")


class IdFactory:
    """New ids in time order. With a seed they are a function of the clock and the count alone."""

    def __init__(self, clock: Clock | None = None, seed: int | None = None) -> None:
        self._clock = clock or SystemClock()
        self._rng = None if seed is None else generator(seed, 0x1D5)
        self._lock = Lock()
        self._last = 0  # the newest id as a number

    def __call__(self, prefix: str) -> str:
        """A new id such as `itm_01J8...`."""
        return f"{prefix}_{encode(self.raw())}"

    def raw(self) -> bytes:
        """The 16 bytes of a new id, larger than those before, in one millisecond too (ULID)."""
        with self._lock:
            millis = micros(self._clock.now()) // 1000
            chance = random_bytes(10) if self._rng is None else self._rng.bytes(10)
            fresh = millis << 80 | int.from_bytes(chance, "big") >> 1  # leaves room to count up
            self._last = fresh if fresh >> 80 > self._last >> 80 else self._last + 1
            return self._last.to_bytes(16, "big")

    def raw_batch(self, at_us: npt.NDArray[np.int64]) -> npt.NDArray[np.void]:
        """Ids for many events at once: times in micros, shape (n,) -> (n,) of 16 bytes (`V16`)."""
        count = len(at_us)
        out = np.empty((count, 16), np.uint8)
        big = (at_us // 1000).astype(">u8").view(np.uint8).reshape(count, 8)
        out[:, :6] = big[:, 2:]
        chance = random_bytes(10 * count) if self._rng is None else self._rng.bytes(10 * count)
        out[:, 6:] = np.frombuffer(chance, np.uint8).reshape(count, 10)
        return out.reshape(-1).view("V16")

    def batch(self, prefix: str, count: int) -> list[str]:
        """Many new ids of one moment at once, sorted."""
        at_us = np.full(count, micros(self._clock.now()), np.int64)
        return encode_batch(prefix, np.sort(self.raw_batch(at_us)))


def encode_batch(prefix: str, raw: npt.NDArray[np.void]) -> list[str]:
    """Rows of 16 bytes (`V16`, shape (n,)) as prefixed ids."""
    count = len(raw)
    bits = np.unpackbits(np.ascontiguousarray(raw).view(np.uint8).reshape(count, 16), axis=1)
    digits = np.zeros((count, 26, 5), np.uint8)
    digits.reshape(count, 130)[:, 2:] = bits
    values = digits @ np.array([16, 8, 4, 2, 1], np.uint8)
    letters = np.frombuffer(ALPHABET.encode(), "S1")[values]
    texts = np.ascontiguousarray(letters).view("S26")[:, 0].astype(str)
    return [f"{prefix}_{text}" for text in texts.tolist()]
