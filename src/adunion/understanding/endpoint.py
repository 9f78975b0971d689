"""A hosted model behind an address: time-outs, retries and a day's limit of cost that hold.

Every attempt ends by its time-out, also where the answer drips; 429, 5xx and broken answers are
tried again after the time the server names, or a growing one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
import orjson

from adunion.kernel.clock import Clock, SystemClock, monotonic_s, random_bytes, sleep
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError, invalid

from .spending import Spending

T = TypeVar("T")
ANSWER_BYTES_MAX = 64 << 20
WAIT_S_MAX = 60.0
_FIRST_WAIT_S = 0.5
_ERROR_BYTES_MAX, _ERROR_CHARS_MAX = 4096, 120
_KEYS = re.compile(r"(?i)\b(?:bearer\s+|sk-)[^\s\"',}]+")
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class TryAgain(Exception):
    """An attempt failed in a way that may pass; `wait_s` is what the server asked for."""

    def __init__(self, what: str, wait_s: float | None = None, *, billed: bool = True) -> None:
        super().__init__(what)
        self.wait_s = wait_s
        self.billed = billed  # perhaps: an answer that came too late may still cost


class Refused(Exception):
    """The server will not have this, however often it is asked."""

    def __init__(self, status: int, said: str, body: bytes) -> None:
        super().__init__(said)
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Words:
    """Where the settings of an endpoint are, and how errors speak of it."""

    prefix: str  # of its settings: embed, llm
    path: str  # what is asked: /embeddings
    code: str  # of errors: embedder, llm
    name: str  # embedding endpoint
    without: str  # how to do without it


class Endpoint:
    """One address; one client, safe to use from several threads."""

    def __init__(
        self,
        words: Words,
        settings: Settings,
        clock: Clock | None = None,
        wait: Callable[[float], None] = sleep,
    ) -> None:
        """By `ADUNION_<prefix>_*`. Raises AdUnionError where no address is set."""
        held = {
            name.removeprefix(f"{words.prefix}_"): value
            for name, value in dict(settings).items()
            if name.startswith(f"{words.prefix}_")
        }
        self._words = words
        self._setting = f"ADUNION_{words.prefix.upper()}"
        if not held["url"]:
            raise invalid(
                f"{self._setting}_URL",
                f"The {words.name} needs an address.",
                f"Set it to the part before {words.path}, e.g. http://127.0.0.1:8100/v1.",
            )
        self._url = held["url"].rstrip("/").removesuffix(words.path) + words.path
        self._timeout_s: float = held["timeout_s"]
        self._retries: int = held["retries"]
        self._clock = clock or SystemClock()
        self._wait = wait
        self.spending = Spending(
            settings.home / "cache" / words.prefix / "spent.json",
            self._clock,
            held["price_per_million"],
            held["cost_per_day_max"],
            words.code,
            f"{self._setting}_COST_PER_DAY_MAX",
        )
        self._key: str = held["key"] or ""
        headers = {"Authorization": f"Bearer {held['key']}"} if held["key"] else {}
        self._client = httpx.Client(timeout=self._timeout_s, headers=headers)

    def ask(self, body: Mapping[str, Any], estimate: int, read: Callable[[Any], T]) -> T:
        """What `read` makes of the answer; it raises `TryAgain` where that is not as it should be.

        `estimate` tokens are reserved, and settled by the answer's usage. Raises AdUnionError where
        the endpoint is not to be had or the day is spent, `Refused` where it will not have this.
        """
        for turn in range(self._retries + 1):
            self.spending.reserve(estimate)
            used = estimate
            try:
                answer = self._post(body)
                used = _tokens(answer, estimate)
                return read(answer)
            except Refused:
                used = 0
                raise
            except TryAgain as error:
                used = used if error.billed else 0
                wait_s = error.wait_s
                if wait_s is None:
                    wait_s = min(_FIRST_WAIT_S * 2**turn, WAIT_S_MAX) * _jitter()
                if turn == self._retries or wait_s > WAIT_S_MAX:
                    raise self._unavailable(str(error), turn + 1, wait_s) from None
                self._wait(wait_s)
            finally:
                self.spending.settle(used - estimate)
        raise AssertionError("unreachable")

    def refused(self, why: str) -> AdUnionError:
        """The error for what asking again will not mend."""
        return AdUnionError(
            f"{self._words.code}_refused", f"The {self._words.name} cannot be used: {why}.", 502,
            hint=f"Check {self._setting}_URL, _KEY and _MODEL.",
        )  # fmt: skip

    def _post(self, body: Mapping[str, Any]) -> Any:
        ends = monotonic_s() + self._timeout_s
        held = bytearray()
        try:
            with self._client.stream("POST", self._url, json=dict(body)) as answer:
                for chunk in answer.iter_bytes():
                    held += chunk
                    if len(held) > ANSWER_BYTES_MAX:
                        raise self.refused("its answer is longer than 64 MB")
                    if monotonic_s() > ends:
                        raise TryAgain(f"no whole answer in {self._timeout_s:g} s")
                status, headers = answer.status_code, answer.headers
        except httpx.TimeoutException:
            raise TryAgain(f"no answer in {self._timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TryAgain(f"{type(error).__name__}: {error}") from None
        if status != 200:
            said = f"it answered {status}: {self._told(bytes(held))}"
            if status in _AGAIN:
                wait_s = _seconds(headers.get("retry-after"), self._clock.now())
                raise TryAgain(said, wait_s, billed=False)
            raise Refused(status, said, bytes(held))
        try:
            return orjson.loads(bytes(held))
        except orjson.JSONDecodeError:
            raise TryAgain("its answer is no JSON") from None

    def _told(self, body: bytes) -> str:
        """The start of what an error says, on one line, without a key."""
        text = body[:_ERROR_BYTES_MAX].decode("utf-8", "replace")
        if self._key:
            text = text.replace(self._key, "***")
        text = " ".join(_KEYS.sub("***", text).split())
        return text if len(text) <= _ERROR_CHARS_MAX else f"{text[:_ERROR_CHARS_MAX]}…"

    def _unavailable(self, why: str, times: int, wait_s: float) -> AdUnionError:
        return AdUnionError(
            f"{self._words.code}_unavailable",
            f"The {self._words.name} was asked {times} time{'s' if times > 1 else ''} in vain: "
            f"{why}.",
            503,
            hint=f"Try again in {wait_s:.0f} s, or {self._words.without}.",
        )


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


def _jitter() -> float:
    return 0.75 + 0.5 * random_bytes(1)[0] / 255
