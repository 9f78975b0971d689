"""Queries embedded beside the work that asks for them, which does not wait longer than it can."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor, wait

from adunion.kernel.errors import AdUnionError

from .cache import Cached

_WAITING_MAX = 64

log = logging.getLogger(__name__)


class Background:
    """Embeds queries in a thread of its own, a bounded number at a time; a failure is left out."""

    def __init__(self, reads: Cached) -> None:
        self._reads = reads
        self._worker = ThreadPoolExecutor(1, "embedding")
        self._waiting: set[str] = set()

    def ready(self, text: str, patience_s: float) -> bool:
        """Whether a query's vector is in memory, after waiting so long at most."""
        if self._reads.known(text):
            return True
        if text in self._waiting or len(self._waiting) >= _WAITING_MAX:
            return False
        self._waiting.add(text)
        wait([self._worker.submit(self._embed, text)], patience_s)
        return self._reads.known(text)

    def _embed(self, text: str) -> None:
        try:
            self._reads.embed([text], "query")
        except AdUnionError as error:
            log.warning("a query was searched by words alone: %s", error)
        finally:
            self._waiting.discard(text)
