"""One decide call: a JSON body to a request batch of one, the decision to slots with tokens."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adunion.catalog.types import CatalogSnapshot
from adunion.decision.types import DecisionBatch, Placement, RequestBatch
from adunion.kernel.clock import micros, rfc3339
from adunion.kernel.errors import AdUnionError, invalid
from adunion.kernel.ids import decode, encode
from adunion.trust.pseudonym import shopper_key
from adunion.trust.token import FLAG_CONSENT, TOKEN_SECONDS, SlotToken

from .answer import SLOTS_MAX, body, is_english
from .http import of_validation
from .types import LinkTarget, MarketPort, Noted

CART_ITEMS_MAX = 200
_NOBODY = bytes(16)
_Items = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=CART_ITEMS_MAX)]


class Context(BaseModel):
    """What the place is about; any may be absent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    query: str = Field("", max_length=1_000)
    page: str = Field("", max_length=20_000, description="The page's text or topic")
    room: str = Field("", max_length=1_000, description="What a live room is about")
    cart: _Items = Field(default_factory=list)
    item: str | None = Field(None, max_length=64, description="The item being viewed")
    region: str = Field("", max_length=32, description="Where it is asked from, coarsely: CN-31")


class DecideBody(BaseModel):
    """The body of `POST /v1/decide`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    placement: str = Field(max_length=200, description="The placement's code")
    pseudonym: str | None = Field(None, description="The shopper; absent: unknown")
    context: Context = Field(default_factory=Context)
    locale: str = Field("zh-CN", max_length=35)
    slots: int | None = Field(None, ge=1, le=SLOTS_MAX, description="At most; absent: all")
    consent: bool = Field(False, description="Without it the context alone decides")
    link: str | None = Field(None, max_length=64, description="The publisher's link code")
    explain: bool = Field(False, description="Keep every candidate's parts for a later look-up")


@dataclass(frozen=True)
class Served:
    """An answer, and what to note of it."""

    body: bytes  # JSON
    noted: Noted

    @property
    def answer(self) -> dict[str, Any]:
        """The body, read."""
        read: dict[str, Any] = orjson.loads(self.body)
        return read


def decide_one(market: MarketPort, given: object) -> Served:
    """Decide one request.

    Raises:
        AdUnionError: `invalid` naming the field, `no_such_placement`, `no_such_link`.
    """
    asked = _parse(given)
    with market.lock:
        return _decide(market, asked)


def _decide(market: MarketPort, asked: DecideBody) -> Served:
    placement_row, placement = _placement(market, asked.placement)
    request, now = market.ids.raw(), market.clock.now()
    now_us = micros(now)
    shopper = _shopper(asked, request)
    link = _link(market, asked.link)
    batch = _batch(market, asked, placement_row, request, now_us, shopper)
    decisions = market.decide(batch)
    place = _raw(placement.id)
    slots = _slots(market, asked, batch, decisions, place, link)
    answer = body(f"req_{encode(request)}", rfc3339(now), slots)
    viewed = asked.context.item or next(iter(asked.context.cart), None)
    item = item_bytes(viewed) if viewed else _NOBODY
    flags = FLAG_CONSENT if asked.consent else 0
    text = batch.queries[0] if batch.queries else ""
    noted = Noted(now_us, request, shopper, item, place, link, flags, text[:200])
    return Served(answer, noted)


@lru_cache(1024)
def _raw(id_: str) -> bytes:
    """The 16 bytes of one of the few ids that every call names."""
    return decode(id_[4:])


def _parse(given: object) -> DecideBody:
    try:
        return DecideBody.model_validate(given)
    except ValidationError as error:
        raise of_validation(error) from None


def _placement(market: MarketPort, code: str) -> tuple[int, Placement]:
    row = market.placement_row(code)
    if row is not None:
        return row, market.placements[row]
    codes = ", ".join(placement.code for placement in market.placements[:20])
    raise AdUnionError(
        "no_such_placement", f"No placement has the code {code[:60]!r}.", 404, "placement",
        hint=f"There are: {codes}.",
    )  # fmt: skip


def _shopper(asked: DecideBody, request: bytes) -> bytes:
    """Without consent a shopper is a stranger at each request, known by nothing else."""
    known = None if asked.pseudonym is None else shopper_key(asked.pseudonym, "pseudonym")
    if known is not None and asked.consent:
        return known
    return hashlib.blake2b(request, digest_size=16).digest()


def _link(market: MarketPort, code: str | None) -> bytes:
    if code is None:
        return _NOBODY
    return usable_link(market, code).link


def usable_link(market: MarketPort, code: str) -> LinkTarget:
    """The target of a link code; 404 where there is none, 410 where it was switched off."""
    target = market.link(code)
    if target is None:
        raise AdUnionError("no_such_link", "There is no such link.", 404, "link")
    if target.disabled:
        raise AdUnionError("link_disabled", "This link was switched off.", 410, "link")
    return target


def _batch(
    market: MarketPort, asked: DecideBody, placement: int, request: bytes, at_us: int, who: bytes
) -> RequestBatch:
    context = asked.context
    words = context.query or context.page or context.room
    beside = context.page or context.room
    near = [*context.cart, context.item] if context.item else context.cart
    rows = _rows(market.catalog, near) if near else _NO_ROWS
    slots = len(market.placements[placement].exposures)
    shopper = np.frombuffer(who, "V16")
    known = asked.consent and asked.pseudonym is not None
    return RequestBatch(
        request=np.frombuffer(request, "V16"),
        at_us=np.array([at_us], np.int64),
        placement=_one(placement, "i2"),
        slots=_one(min(asked.slots or slots, slots), "i2"),
        shopper=shopper,
        profile=market.profile_rows(shopper, _one(True, "?")) if known else _one(-1, "i4"),
        query=_one(0 if words else -1, "i4"),
        queries=[words] if words else [],
        context_offsets=_NO_CONTEXT if not len(rows) else np.array([0, len(rows)], np.int64),
        context_items=rows,
        consent=_one(asked.consent, "?"),
        keep=asked.explain,
        region=_one(0, "i4") if context.region else None,
        regions=[context.region] if context.region else (),
        harmful=_one(True, "?") if beside and market.harmful(beside) else None,
    )


@lru_cache(4096)
def _one(value: int, dtype: str) -> npt.NDArray[Any]:
    """A column of one of the few values that most calls have; do not write to it."""
    return np.array([value], dtype)


_NO_ROWS = np.zeros(0, np.int32)
_NO_CONTEXT = np.zeros(2, np.int64)


def _rows(catalog: CatalogSnapshot, ids: list[str]) -> npt.NDArray[np.int32]:
    """Catalog rows of item ids, in order, without those it does not hold (withdrawn)."""
    if not len(catalog):
        return _NO_ROWS
    raw = np.frombuffer(b"".join(item_bytes(item) for item in ids), "V16")
    rows = catalog.rows(raw)
    return rows[rows >= 0]


def item_bytes(item: str) -> bytes:
    """The 16 bytes of an `itm_` id."""
    if not item.startswith("itm_"):
        raise invalid("item", f"{item[:40]!r} is not the id of an item.", "Ids begin with itm_.")
    return decode(item[4:])


def _slots(
    market: MarketPort, asked: DecideBody, batch: RequestBatch, decisions: DecisionBatch,
    placement: bytes, link: bytes,
) -> bytes:  # fmt: skip
    """The JSON of the filled slots."""
    english = is_english(asked.locale)
    shared = SlotToken(
        FLAG_CONSENT if asked.consent else 0, 0, batch.request.tobytes(), _NOBODY, _NOBODY,
        placement, batch.shopper.tobytes(), link, 0, 0.0, 0.0, 0.0, 0.0, 0.0,
        int(batch.at_us[0]) // 1_000_000 + TOKEN_SECONDS,
    )  # fmt: skip
    rows = decisions.item[0].tolist()
    count = rows.index(-1) if -1 in rows else len(rows)
    tokens = market.signer.sign_page(shared, count, decisions, market.catalog.raw, market.plan_ids)
    reasons = market.why(batch, decisions, asked.locale)
    return market.cards(english=english).slots(
        decisions.item, decisions.moved, tokens, count, reasons
    )
