"""Events from outside: each checked on its own, all that pass written as one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from adunion.kernel.clock import micros
from adunion.kernel.errors import AdUnionError, invalid
from adunion.kernel.ids import decode, encode
from adunion.serving.decide import item_bytes
from adunion.serving.http import of_validation
from adunion.serving.types import MarketPort
from adunion.trust.pseudonym import shopper_key
from adunion.trust.token import CHARGE_SECONDS, TOKEN_SECONDS

from .keys import beacon_keys, order_key, order_step_keys
from .schemas import (
    Beacon,
    IncomingEvent,
    OrderEvent,
    OrderStep,
    PaymentEvent,
    RefundEvent,
    incoming,
)
from .types import EventBatch, EventType, concat, events

EVENTS_MAX = 1_000
_AHEAD_US_MAX = 300_000_000
_ORDER_AGE_US_MAX = 90 * 86_400_000_000
_STEP_TYPES = {
    "order": EventType.ORDER, "payment": EventType.PAYMENT, "receipt": EventType.RECEIPT,
    "refund": EventType.REFUND,
}  # fmt: skip
_BEACON_TYPES = {
    "impression": EventType.IMPRESSION, "click": EventType.CLICK, "visit": EventType.VISIT,
    "favourite": EventType.FAVOURITE, "cart": EventType.CART,
}  # fmt: skip


@dataclass(frozen=True)
class Prepared:
    """The rows to write, which event each came from, and the answers known so far."""

    batch: EventBatch
    source: npt.NDArray[np.int64]  # (rows,) index of the event
    results: list[dict[str, Any] | None]  # None: depends on whether it was seen before

    def finished(self, fresh: npt.NDArray[np.bool_]) -> list[dict[str, Any]]:
        """The answer to each event, given which rows were new."""
        count = np.bincount(self.source[fresh], minlength=len(self.results)).tolist()
        orders: dict[int, bytes] = {}
        for row in np.flatnonzero(self.batch.type >= EventType.ORDER).tolist():
            orders[int(self.source[row])] = bytes(self.batch.order[row])
        out = []
        for i, result in enumerate(self.results):
            if result is None:
                result = {"status": "accepted" if count[i] else "duplicate"}
                if i in orders:
                    result["order"] = f"ord_{encode(orders[i])}"
            out.append(result)
        return out


def prepare(market: MarketPort, body: object, secret: str | None) -> Prepared:
    """Check each event; a bad one is answered with its reason and does not hold up the others.

    Raises:
        AdUnionError: the body as a whole is not a list of 1 to 1,000 events, or the key is wrong.
    """
    given = _listed(body)
    merchant = _merchant(market, secret)
    results: list[dict[str, Any] | None] = [None] * len(given)
    parsed = [_parsed(event, results, i) for i, event in enumerate(given)]
    tokens = _Tokens(market, parsed)
    now_us = micros(market.clock.now())
    beacons = [i for i, event in enumerate(parsed) if event and event.type in _BEACON_TYPES]
    batches, sources = _beacons(parsed, beacons, tokens, now_us, results)
    for i, event in enumerate(parsed):
        if event is None or event.type in _BEACON_TYPES:
            continue
        try:
            rows = _order_rows(market, event, tokens.of(i), merchant, now_us)  # type: ignore[arg-type]
        except AdUnionError as error:
            results[i] = rejected(error)
            continue
        batches.append(rows)
        sources.append(np.full(len(rows), i, np.int64))
    source = np.concatenate(sources) if sources else np.zeros(0, np.int64)
    return Prepared(concat(batches), source, results)


def rejected(error: AdUnionError) -> dict[str, Any]:
    """The answer to one event that was refused."""
    out = {"status": "rejected", "code": error.code, "reason": error.message}
    return out | {
        name: value for name, value in (("field", error.field), ("hint", error.hint)) if value
    }


def _listed(body: object) -> Sequence[object]:
    listed = body.get("events") if isinstance(body, dict) else None
    if not isinstance(listed, list) or not listed:
        raise invalid("events", "The body is an object with a list `events`.")
    if len(listed) > EVENTS_MAX:
        raise invalid("events", f"There are {len(listed)} events; send at most {EVENTS_MAX}.")
    return listed


def _merchant(market: MarketPort, secret: str | None) -> str | None:
    if secret is None:
        return None
    merchant = market.merchant_of_key(secret)
    if merchant is None:
        raise AdUnionError(
            "bad_key", "The API key is not that of a merchant.", 401,
            hint="Make one in the console, or leave the header out for beacons.",
        )  # fmt: skip
    return merchant


def _parsed(event: object, results: list[dict[str, Any] | None], i: int) -> IncomingEvent | None:
    try:
        return incoming.validate_python(event)
    except ValidationError as error:
        results[i] = rejected(of_validation(error))
        return None


class _Tokens:
    """The tokens of all events, verified together."""

    def __init__(self, market: MarketPort, parsed: list[IncomingEvent | None]) -> None:
        self._place = {}
        texts: list[str] = []
        for i, event in enumerate(parsed):
            if event is not None and event.token is not None:
                self._place[i] = len(texts)
                texts.append(event.token)
        now_s = micros(market.clock.now()) // 1_000_000
        self._rows, self._errors = market.signer.verify_batch(texts, now_s)

    def of(self, i: int) -> np.void | None:
        """The token of event i; None where it has none. Raises what is wrong with it."""
        place = self._place.get(i)
        if place is None:
            return None
        error = self._errors[place]
        if error is not None:
            raise error
        return self._rows[place]  # type: ignore[no-any-return]

    def rows(self, chosen: list[int]) -> npt.NDArray[np.void]:
        return self._rows[[self._place[i] for i in chosen]]


def _beacons(
    parsed: list[IncomingEvent | None], chosen: list[int], tokens: _Tokens, now_us: int,
    results: list[dict[str, Any] | None],
) -> tuple[list[EventBatch], list[npt.NDArray[np.int64]]]:  # fmt: skip
    """Rows of all good beacons: their columns are those of their tokens."""
    good, times = [], []
    for i in chosen:
        event: Beacon = parsed[i]  # type: ignore[assignment]
        try:
            token = tokens.of(i)
            assert token is not None
            issued_us = (int(token["expires_s"]) - TOKEN_SECONDS) * 1_000_000
            times.append(_when(event.at, now_us, issued_us))
            good.append(i)
        except AdUnionError as error:
            results[i] = rejected(error)
    if not good:
        return [], []
    rows = tokens.rows(good)
    types = np.array([_BEACON_TYPES[parsed[i].type] for i in good], np.uint8)  # type: ignore[union-attr]
    slot = rows["slot"].astype(np.int16)
    same = (
        "request", "placement", "item", "plan", "shopper", "link", "price_micros", "flags",
        "exposure", "exposure_organic", "pctr", "pcvr", "propensity",
    )  # fmt: skip
    issued_s = rows["expires_s"].astype(np.int64) - TOKEN_SECONDS
    late = now_us > (issued_s + CHARGE_SECONDS) * 1_000_000
    rows["price_micros"][late] = 0
    batch = events(
        len(good),
        type=types,
        at_us=np.array(times, np.int64),
        key=beacon_keys(types, rows["request"], slot),
        slot=slot,
        **{name: np.ascontiguousarray(rows[name]) for name in same},
    )
    return [batch], [np.array(good, np.int64)]


def _when(at: datetime | None, now_us: int, earliest_us: int) -> int:
    if at is None:
        return now_us
    at_us = micros(at)
    if not earliest_us <= at_us <= now_us + _AHEAD_US_MAX:
        raise invalid("at", "The time is before the event could happen, or in the future.")
    return min(at_us, now_us)


def _order_rows(
    market: MarketPort, event: OrderStep, token: np.void | None, merchant: str | None, now_us: int
) -> EventBatch:
    """One row for each line of an order, one for any other step."""
    owner = merchant if merchant is not None else _owner_by_token(market, token)
    order = np.frombuffer(order_key(decode(owner[4:]), event.order_id), "V16")
    at_us = _when(event.at, now_us, now_us - _ORDER_AGE_US_MAX)
    kind = _STEP_TYPES[event.type]
    if isinstance(event, OrderEvent):
        return _lines(market, event, token, owner, order, at_us, trusted=merchant is not None)
    refund = event if isinstance(event, RefundEvent) else None
    types = np.array([kind], np.uint8)
    line = np.array([refund.line if refund else 0], np.int16)
    number = np.array([refund.number if refund else 0], np.int32)
    return events(
        1,
        type=types,
        at_us=at_us,
        key=order_step_keys(types, order, line, number),
        order=order,
        line=line,
        number=number,
        amount_minor=event.amount_minor if isinstance(event, PaymentEvent | RefundEvent) else 0,
    )


def _owner_by_token(market: MarketPort, token: np.void | None) -> str:
    """In the demo shop a slot's token stands for the key of its item's merchant."""
    if token is None or not market.storefront:
        raise AdUnionError(
            "key_required", "An order is reported with the merchant's API key.", 401,
            hint="Send it as Authorization: Bearer ...",
        )  # fmt: skip
    row = _row(market, bytes(token["item"]))
    return market.catalog.merchant_ids[int(market.catalog.merchant[row])]


def _lines(
    market: MarketPort, event: OrderEvent, token: np.void | None, owner: str,
    order: npt.NDArray[np.void], at_us: int, *, trusted: bool,
) -> EventBatch:  # fmt: skip
    catalog = market.catalog
    if event.currency != catalog.currency:
        raise invalid("currency", f"This market counts in {catalog.currency}.")
    items = [item_bytes(line.item) for line in event.lines]
    for nth, (line, item) in enumerate(zip(event.lines, items, strict=True)):
        row = _row(market, item)
        if catalog.merchant_ids[int(catalog.merchant[row])] != owner:
            raise invalid(f"lines.{nth}.item", "The item is another merchant's.")
        if not trusted and line.amount_minor > int(catalog.price_minor[row]) * line.quantity:
            raise invalid(f"lines.{nth}.amount_minor", "This is more than the item's price.")
    shopper = bytes(16)
    if token is not None:
        shopper = bytes(token["shopper"])
    elif event.shopper is not None:
        shopper = shopper_key(event.shopper)
    count = len(items)
    types = np.full(count, EventType.ORDER, np.uint8)
    number = np.zeros(count, np.int32)
    line_numbers = np.arange(1, count + 1, dtype=np.int16)
    orders = np.repeat(order, count)
    return events(
        count,
        type=types,
        at_us=at_us,
        key=order_step_keys(types, orders, line_numbers, number),
        item=np.frombuffer(b"".join(items), "V16"),
        shopper=np.repeat(np.frombuffer(shopper, "V16"), count),
        order=orders,
        line=line_numbers,
        quantity=np.array([line.quantity for line in event.lines], np.int32),
        amount_minor=np.array([line.amount_minor for line in event.lines], np.int64),
        text=np.full(count, event.order_id, object),
    )


def _row(market: MarketPort, item: bytes) -> int:
    row = int(market.catalog.rows(np.frombuffer(item, "V16"))[0])
    if row < 0:
        raise invalid("item", "The catalog has no such item, or it was withdrawn.")
    return row
