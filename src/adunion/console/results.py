"""What a form was answered, for a short while, so that its page can be shown again.

A change of language is a new page, and what was sent is gone by then. Only the answer is held, in
this process, for whom it was made; nothing of it is written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from adunion.kernel.clock import monotonic_s, random_bytes

KEPT_S = 900.0
KEPT_MAX = 100


@dataclass(frozen=True)
class _Kept:
    owner: str
    path: str
    until_s: float
    answer: Any


class Results:
    """Answers by a key that nobody guesses; the oldest go first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, _Kept] = {}

    def keep(self, owner: str, path: str, answer: Any) -> str:
        """Hold an answer; its key."""
        key = random_bytes(12).hex()
        with self._lock:
            while len(self._kept) >= KEPT_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = _Kept(owner, path, monotonic_s() + KEPT_S, answer)
        return key

    def find(self, owner: str, path: str, key: str) -> Any:
        """The answer held for this owner on this page; None where there is none any more."""
        with self._lock:
            kept = self._kept.get(key)
        if kept is None or kept.until_s < monotonic_s() or (kept.owner, kept.path) != (owner, path):
            return None
        return kept.answer
