"""What shoppers did, as the events that serving would have received."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.decision.book import PlanBook
from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.kernel.money import micros_per_minor
from adunion.tracking import (
    FLAG_CONSENT,
    FLAG_MOVED,
    NO_ID,
    EventBatch,
    EventType,
    beacon_keys,
    concat,
    events,
    order_key,
    order_step_keys,
)

from .world.types import LINK, Orders, Response, Traffic

Ids = npt.NDArray[np.void]
Rows = npt.NDArray[np.int64]

_PARTS_MOST = 8  # what is still to happen is put together where it lies in more batches
SEEN_AFTER_US = 1_000_000  # a slot counts as seen one second after the page came
CLICK_AFTER_US = 5_000_000
CART_AFTER_US = 20_000_000


class EventMaker:
    """Builds event columns from decisions and responses; knows ids, draws nothing."""

    def __init__(
        self,
        catalog: CatalogSnapshot,
        row_of_item: npt.NDArray[np.int32],
        placement_raw: Ids,
        shopper_raw: Ids,
        link_raw: Ids,
        merchant_raw: Ids,
    ) -> None:
        self._catalog = catalog
        self._row_of_item = row_of_item  # world item -> catalog row
        self._placement_raw = placement_raw  # by engine placement row
        self._shopper_raw = shopper_raw  # by world shopper
        self._link_raw = link_raw  # by world link
        self._merchant_raw = merchant_raw  # by catalog merchant row
        self._order_number = 0

    def number_orders_like(self, other: EventMaker) -> None:
        """Go on counting orders where another arm's maker stands."""
        self._order_number = other._order_number

    def request_ids(self, traffic: Traffic) -> Ids:
        """16 bytes for each request: its time, then its key; equal in every arm."""
        out = np.zeros((len(traffic), 16), np.uint8)
        out[:, :6] = _bytes(traffic.at_us // 1000)[:, 2:]
        out[:, 8:] = _bytes(traffic.key)
        return out.reshape(-1).view("V16")

    def shoppers(self, traffic: Traffic, request: Ids) -> Ids:
        """Who asks: without consent a stranger, known by this one request only."""
        known = self._shopper_raw[traffic.shopper]
        return np.where(traffic.consent, known, request)

    def of_decisions(
        self, requests: RequestBatch, decided: DecisionBatch, response: Response, plans: PlanBook
    ) -> EventBatch:
        """REQUEST, IMPRESSION, CLICK and CART events of decided requests, in order of time."""
        shown, count = decided.item >= 0, len(requests)
        parts = [(EventType.REQUEST, np.arange(count), np.full(count, -1), requests.at_us)]
        for kind, after_us, happened in (
            (EventType.IMPRESSION, SEEN_AFTER_US, response.seen),
            (EventType.CLICK, CLICK_AFTER_US, response.clicked),
            (EventType.CART, CART_AFTER_US, response.carted),
        ):
            row, slot = np.nonzero(happened & shown)
            parts.append((kind, row, slot, requests.at_us[row] + after_us + slot * 200_000))
        at_us = np.concatenate([at_us for *_, at_us in parts])
        order = np.argsort(at_us, kind="stable")
        kinds = np.repeat(
            np.array([kind for kind, *_ in parts], np.uint8), [len(row) for _, row, *_ in parts]
        )
        rows = np.concatenate([row for _, row, *_ in parts])[order]
        slots = np.concatenate([slot for *_, slot, _ in parts])[order]
        return self._of_pages(kinds[order], at_us[order], rows, slots, requests, decided, plans)

    def of_link_visits(self, traffic: Traffic, request: Ids) -> EventBatch:
        """CLICK events over publishers' links."""
        rows = np.flatnonzero(traffic.kind == LINK)
        count = len(rows)
        kind = np.full(count, EventType.CLICK, np.uint8)
        item = self._row_of_item[traffic.context_items[traffic.context_offsets[rows]]]
        slot = np.full(count, -1, np.int16)
        return events(
            count,
            type=kind,
            at_us=traffic.at_us[rows],
            key=beacon_keys(kind, request[rows], slot),
            request=request[rows],
            slot=slot,
            item=self._catalog.raw[item],
            shopper=self.shoppers(traffic, request)[rows],
            link=self._link_raw[traffic.link[rows]],
            flags=traffic.consent[rows] * np.uint8(FLAG_CONSENT),
        )

    def of_orders(self, orders: Orders, traffic: Traffic, request: Ids) -> EventBatch:
        """ORDER, PAYMENT, RECEIPT and REFUND events, most of them still to come."""
        count = len(orders)
        numbers = np.arange(self._order_number, self._order_number + count)
        self._order_number += count
        item = self._row_of_item[orders.item]
        merchant = self._merchant_raw[self._catalog.merchant[item]]
        external = [f"S{number:09d}" for number in numbers]
        order = np.frombuffer(
            b"".join(order_key(bytes(m), e) for m, e in zip(merchant, external, strict=True)), "V16"
        )
        amount = orders.quantity.astype(np.int64) * orders.unit_price_minor
        flags = traffic.consent[orders.row] * np.uint8(FLAG_CONSENT)
        shopper = self.shoppers(traffic, request)[orders.row]
        refunded = orders.refund_us > 0

        def step(
            kind: EventType, at_us: Rows, line: int, amount_minor: Rows, rows: Rows | slice
        ) -> EventBatch:
            n = len(at_us[rows])
            types = np.full(n, kind, np.uint8)
            lines = np.full(n, line, np.int16)
            first = kind == EventType.ORDER
            return events(
                n,
                type=types,
                at_us=at_us[rows],
                key=order_step_keys(types, order[rows], lines, np.zeros(n, np.int32)),
                order=order[rows],
                line=lines,
                item=self._catalog.raw[item[rows]],
                shopper=shopper[rows],
                quantity=orders.quantity[rows] if first else 0,
                amount_minor=amount_minor[rows],
                flags=flags[rows],
                text=np.array(external if first else [""] * count, object)[rows],
            )

        whole = slice(None)
        return in_time(
            [
                step(EventType.ORDER, orders.at_us, 1, amount, whole),
                step(EventType.PAYMENT, orders.paid_us, 0, amount, whole),
                step(EventType.RECEIPT, orders.received_us, 0, amount, whole),
                step(
                    EventType.REFUND, orders.refund_us, 1, orders.refund_minor,
                    np.flatnonzero(refunded),
                ),
            ]
        )  # fmt: skip

    def _of_pages(
        self,
        kind: npt.NDArray[np.uint8],
        at_us: Rows,
        row: Rows,
        slot: Rows,
        requests: RequestBatch,
        decided: DecisionBatch,
        plans: PlanBook,
    ) -> EventBatch:
        """The events (n,) of some requests and slots; slot -1: of the request itself."""
        asked = kind == EventType.REQUEST
        moved = ~asked & decided.moved[row, slot]
        seen = moved & (kind == EventType.IMPRESSION)
        slots, request = slot.astype(np.int16), requests.request[row]
        texts = np.array([*requests.queries, ""], object)
        plan_raw = np.append(plans.raw, np.array([NO_ID], "V16"))

        def of_slot(column: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
            return np.where(asked, np.float32(0), column[row, slot])

        return events(
            len(kind),
            type=kind,
            at_us=at_us,
            key=beacon_keys(kind, request, slots),
            request=request,
            slot=slots,
            placement=self._placement_raw[requests.placement][row],
            item=np.where(
                asked, self._near(requests)[row], self._catalog.raw[decided.item[row, slot]]
            ),
            plan=plan_raw[np.where(asked, -1, decided.plan[row, slot])],
            shopper=requests.shopper[row],
            price_micros=np.where(seen, decided.price_micros[row, slot], 0),
            flags=(moved * np.uint8(FLAG_MOVED) | requests.consent[row] * np.uint8(FLAG_CONSENT)),
            exposure=of_slot(decided.exposure),
            exposure_organic=of_slot(decided.exposure_organic),
            pctr=of_slot(decided.pctr),
            pcvr=of_slot(decided.pcvr),
            propensity=of_slot(decided.propensity),
            text=texts[np.where(asked, requests.query[row], -1)],
        )

    def _near(self, requests: RequestBatch) -> Ids:
        """The item looked at, or the cart's first, of each request."""
        item = np.full(len(requests), NO_ID, "V16")
        near = np.diff(requests.context_offsets) > 0
        item[near] = self._catalog.raw[requests.context_items[requests.context_offsets[:-1][near]]]
        return item


class Later:
    """Events that are still to happen, given back when their time comes."""

    def __init__(self) -> None:
        self._parts: list[tuple[EventBatch, int]] = []  # and how many were given back

    def add(self, batch: EventBatch) -> None:
        """Keep a batch sorted by time."""
        if len(batch):
            self._parts.append((batch, 0))

    def copy(self) -> Later:
        """The same events, to be given out on their own."""
        twin = Later()
        twin._parts = list(self._parts)
        return twin

    def due(self, until_us: int) -> EventBatch:
        """Take out all events before a time, in order."""
        ready: list[EventBatch] = []
        left: list[tuple[EventBatch, int]] = []
        for part, given in self._parts:
            cut = int(np.searchsorted(part.at_us, until_us))
            if cut > given:
                ready.append(part.between(given, cut))
            if cut < len(part):
                left.append((part, max(cut, given)))
        self._parts = left if len(left) <= _PARTS_MOST else [(_rest(left), 0)]
        return in_time(ready)


def _rest(parts: list[tuple[EventBatch, int]]) -> EventBatch:
    """What was not given back of each part, as one: a part costs the same however few it gives."""
    return in_time([part.between(given, len(part)) for part, given in parts])


def in_time(parts: list[EventBatch]) -> EventBatch:
    """Batches put together in order of time; ties keep the order given."""
    whole = concat(parts)
    in_order = len(parts) == 1 and bool((np.diff(whole.at_us) >= 0).all())
    return whole if in_order else whole.take(np.argsort(whole.at_us, kind="stable"))


def spend_minor(price_micros: npt.NDArray[np.int64], currency: str) -> float:
    """Micros as (fractional) minor units; for reports, never for posting."""
    return int(price_micros.sum()) / micros_per_minor(currency)


def _bytes(numbers: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    return numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
