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
        shown = decided.item >= 0
        parts = [
            self._requests(requests),
            self._slots(
                EventType.IMPRESSION, SEEN_AFTER_US, response.seen & shown, requests, decided, plans
            ),
            self._slots(
                EventType.CLICK, CLICK_AFTER_US, response.clicked & shown, requests, decided, plans
            ),
            self._slots(
                EventType.CART, CART_AFTER_US, response.carted & shown, requests, decided, plans
            ),
        ]
        return in_time(parts)

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

    def _requests(self, requests: RequestBatch) -> EventBatch:
        count = len(requests)
        kind = np.full(count, EventType.REQUEST, np.uint8)
        slot = np.full(count, -1, np.int16)
        texts = np.array([*requests.queries, ""], object)
        near = np.diff(requests.context_offsets) > 0  # the item looked at, or the cart's first
        item = np.full(count, NO_ID, "V16")
        item[near] = self._catalog.raw[requests.context_items[requests.context_offsets[:-1][near]]]
        return events(
            count,
            type=kind,
            at_us=requests.at_us,
            key=beacon_keys(kind, requests.request, slot),
            request=requests.request,
            slot=slot,
            placement=self._placement_raw[requests.placement],
            item=item,
            shopper=requests.shopper,
            flags=requests.consent * np.uint8(FLAG_CONSENT),
            text=texts[requests.query],
        )

    def _slots(
        self,
        kind: EventType,
        after_us: int,
        happened: npt.NDArray[np.bool_],
        requests: RequestBatch,
        decided: DecisionBatch,
        plans: PlanBook,
    ) -> EventBatch:
        row, slot = np.nonzero(happened)
        at = (row, slot)
        types = np.full(len(row), kind, np.uint8)
        slots = slot.astype(np.int16)
        plan = decided.plan[at]
        plan_raw = np.append(plans.raw, np.array([NO_ID], "V16"))
        moved = decided.moved[at]
        seen = kind == EventType.IMPRESSION
        return events(
            len(row),
            type=types,
            at_us=requests.at_us[row] + after_us + slot * 200_000,
            key=beacon_keys(types, requests.request[row], slots),
            request=requests.request[row],
            slot=slots,
            placement=self._placement_raw[requests.placement[row]],
            item=self._catalog.raw[decided.item[at]],
            plan=plan_raw[plan],
            shopper=requests.shopper[row],
            price_micros=np.where(moved, decided.price_micros[at], 0) if seen else 0,
            flags=(
                moved * np.uint8(FLAG_MOVED) | requests.consent[row] * np.uint8(FLAG_CONSENT)
            ).astype(np.uint8),
            exposure=decided.exposure[at],
            exposure_organic=decided.exposure_organic[at],
            pctr=decided.pctr[at],
            pcvr=decided.pcvr[at],
            propensity=decided.propensity[at],
        )


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
        self._parts = left
        return in_time(ready)


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
