"""One decide call: a JSON body to a request batch of one, the decision to slots with tokens."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from adunion.catalog.types import CatalogSnapshot
from adunion.decision.types import DecisionBatch, Placement, RequestBatch
from adunion.kernel.clock import micros
from adunion.kernel.errors import AdUnionError, invalid
from adunion.kernel.ids import decode
from adunion.trust.pseudonym import shopper_key
from adunion.trust.token import FLAG_CONSENT, TOKEN_SECONDS, SlotToken

from .answer import is_english
from .asked import Asked, parse
from .types import LinkTarget, MarketPort, Noted

_NOBODY = bytes(16)
_V16 = np.dtype("V16")


class Served(NamedTuple):
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
    asked = parse(given)
    with market.lock:
        return _decide(market, asked)


def _decide(market: MarketPort, asked: Asked) -> Served:
    placement_row, placement = _placement(market, asked.placement)
    request, now_us = market.ids.raw(), micros(market.clock.now())
    shopper = _shopper(asked, request)
    link = _link(market, asked.link)
    batch = _batch(market, asked, placement_row, request, now_us, shopper)
    decisions = market.decide(batch)
    viewed = asked.item or (asked.cart[0] if asked.cart else None)
    item = item_bytes(viewed) if viewed else _NOBODY
    flags = FLAG_CONSENT if asked.consent else 0
    text = batch.queries[0][:200] if batch.queries else ""
    noted = Noted(now_us, request, shopper, item, _raw(placement.id), link, flags, text)
    return Served(_answer(market, asked.locale, batch, decisions, noted), noted)


@lru_cache(1024)
def _raw(id_: str) -> bytes:
    """The 16 bytes of one of the few ids that every call names."""
    return decode(id_[4:])


def _placement(market: MarketPort, code: str) -> tuple[int, Placement]:
    row = market.placement_row(code)
    if row is not None:
        return row, market.placements[row]
    codes = ", ".join(placement.code for placement in market.placements[:20])
    raise AdUnionError(
        "no_such_placement", f"No placement has the code {code[:60]!r}.", 404, "placement",
        hint=f"There are: {codes}.",
    )  # fmt: skip


def _shopper(asked: Asked, request: bytes) -> bytes:
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
    market: MarketPort, asked: Asked, placement: int, request: bytes, at_us: int, who: bytes
) -> RequestBatch:
    words = asked.query or asked.page or asked.room
    beside = asked.page or asked.room
    near = [*asked.cart, asked.item] if asked.item else asked.cart
    rows = _rows(market.catalog, near) if near else _NO_ROWS
    slots = len(market.placements[placement].exposures)
    shopper = np.frombuffer(who, _V16)
    known = asked.consent and asked.pseudonym is not None
    return RequestBatch(
        request=np.frombuffer(request, _V16),
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
        region=_one(0, "i4") if asked.region else None,
        regions=[asked.region] if asked.region else (),
        harmful=_one(True, "?") if beside and market.harmful(beside) else None,
    )


@lru_cache(4096)
def _one(value: int, dtype: str) -> npt.NDArray[Any]:
    """A column of one of the few values that most calls have; do not write to it."""
    return np.array([value], dtype)


_NO_ROWS = np.zeros(0, np.int32)
_NO_CONTEXT = np.zeros(2, np.int64)


def _rows(catalog: CatalogSnapshot, ids: Sequence[str]) -> npt.NDArray[np.int32]:
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


def _answer(
    market: MarketPort, locale: str, batch: RequestBatch, decisions: DecisionBatch, noted: Noted
) -> bytes:
    """The body, with the slots that are filled."""
    shared = SlotToken(
        noted.flags, 0, noted.request, _NOBODY, _NOBODY, noted.placement, noted.shopper, noted.link,
        0, 0.0, 0.0, 0.0, 0.0, 0.0, noted.at_us // 1_000_000 + TOKEN_SECONDS,
    )  # fmt: skip
    rows = decisions.item[0].tolist()
    count = rows.index(-1) if -1 in rows else len(rows)
    tokens = market.signer.sign_page(shared, count, decisions, market.catalog.raw, market.plan_ids)
    reasons = market.why(batch, decisions, locale)
    cards = market.cards(english=is_english(locale))
    return cards.body(batch, decisions, tokens, count, reasons)
