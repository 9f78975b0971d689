"""Heavy work takes turns, so that deciding keeps its processor and no face runs out of threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from adunion.kernel.errors import AdUnionError


class Turns:
    """`at_once` callers work, `waiting_max` more wait; others, and who waits too long, hear 503."""

    def __init__(self, at_once: int, waiting_max: int, wait_s: float) -> None:
        self._wait_s = wait_s
        self._here = BoundedSemaphore(at_once + waiting_max)
        self._work = BoundedSemaphore(at_once)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Work inside. Raises AdUnionError where there is no turn to be had."""
        if not self._here.acquire(blocking=False):
            raise _busy()
        try:
            if not self._work.acquire(timeout=self._wait_s):
                raise _busy()
            try:
                yield
            finally:
                self._work.release()
        finally:
            self._here.release()


def _busy() -> AdUnionError:
    return AdUnionError(
        "busy", "Too many texts and pictures are being read.", 503,
        hint="Try again in a few seconds.", extra={"retry_after_s": 5},
    )  # fmt: skip
