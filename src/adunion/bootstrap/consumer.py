"""The consumer: applies the event log to orders, attribution, money and reports, exactly once.

One chunk is one PostgreSQL transaction which also moves the position kept in table `consumed`.
A crash before the commit repeats the chunk; a crash after it goes on with the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine

from adunion.attribution import AttributionRule, Credits
from adunion.attribution import repository as attribution
from adunion.campaigns import Plans, leases
from adunion.commission import Commissions, CreditedLine, RefundedLine
from adunion.insight import Insight
from adunion.insight.types import Dimensions, prefixed_ids
from adunion.kernel.clock import from_micros
from adunion.kernel.id_columns import given
from adunion.ledger import Ledger
from adunion.tracking import (
    FLAG_MOVED,
    EventBatch,
    EventType,
    Tracker,
    position,
    record,
    set_position,
)

from . import books

CONSUMER = "market"
CHUNK_ROWS = 100_000


class Directory(Protocol):
    """What the consumer looks up: the market as it stands now."""

    def dimensions(self) -> Dimensions:
        """Placements, items and their plans."""
        ...


@dataclass(frozen=True)
class Services:
    """The rooms that the consumer writes to."""

    plans: Plans
    commissions: Commissions
    ledger: Ledger
    insight: Insight


class Consumer:
    """Goes on in the event log from where it stood."""

    def __init__(
        self,
        engine: Engine,
        tracker: Tracker,
        rule: AttributionRule,
        services: Services,
        directory: Directory,
    ) -> None:
        self._engine = engine
        self._tracker = tracker
        self._rule = rule
        self._to = services
        self._directory = directory
        self._at: int | None = None  # how far it came itself

    def position(self) -> int:
        """How many events have been applied."""
        with self._engine.begin() as conn:
            return position(conn, CONSUMER)

    def apply(self) -> list[tuple[EventBatch, Credits]]:
        """Apply all that is in the log; returns the chunks applied and their new credits."""
        applied: list[tuple[EventBatch, Credits]] = []
        at = self.position() if self._at is None else self._at
        while self._tracker.rows > at:
            chunk = next(iter(self._tracker.read(at, CHUNK_ROWS)), None)
            if chunk is None:
                break
            next_position, batch = chunk
            with self._engine.begin() as conn:
                now_at = position(conn, CONSUMER)
                if now_at != at:
                    at = now_at  # another program applied it meanwhile
                    continue
                credits = self._write(conn, batch, at)
                set_position(conn, CONSUMER, next_position)
            applied.append((batch, credits))
            at = next_position
        self._at = at
        return applied

    def _write(self, conn: Connection, batch: EventBatch, at: int) -> Credits:
        taken = record(conn, batch).applied
        credits = self._credit(conn, batch, taken)
        refunds = taken.take(taken.type == EventType.REFUND)
        refunded = attribution.of_lines(conn, refunds.order, refunds.line, refunds.at_us)
        charge_impressions(conn, self._to.plans, self._to.ledger, batch, at)
        self._commission(conn, taken, credits, refunds)
        self._to.insight.rollup(
            conn, batch, credits, refunded, refunds.amount_minor, self._directory.dimensions()
        )
        return credits

    def _credit(self, conn: Connection, batch: EventBatch, taken: EventBatch) -> Credits:
        self._rule.observe(batch)
        credits = self._rule.credit(taken.take(taken.type == EventType.ORDER))
        attribution.save(conn, credits)
        return credits

    def _commission(
        self, conn: Connection, taken: EventBatch, credits: Credits, refunds: EventBatch
    ) -> None:
        self._to.commissions.on_orders(conn, self._credited(conn, credits))
        receipts = taken.take(taken.type == EventType.RECEIPT)
        self._to.commissions.on_receipt(
            conn,
            prefixed_ids("ord", receipts.order),
            [from_micros(at_us) for at_us in receipts.at_us.tolist()],
        )
        self._to.commissions.on_refund(
            conn,
            [
                RefundedLine(order, int(line), int(number), int(amount), from_micros(int(at_us)))
                for order, line, number, amount, at_us in zip(
                    prefixed_ids("ord", refunds.order),
                    refunds.line,
                    refunds.number,
                    refunds.amount_minor,
                    refunds.at_us,
                    strict=True,
                )
            ],
        )

    def _credited(self, conn: Connection, credits: Credits) -> list[CreditedLine]:
        """Lines owed to a link; links and items as the records have them, withdrawn ones too."""
        linked = credits.take(given(credits.link))
        if not len(linked):
            return []
        links, items = prefixed_ids("lnk", linked.link), prefixed_ids("itm", linked.item)
        publisher_of = books.publishers_of_links(conn, sorted(set(links)))
        goods = books.goods(conn, sorted(set(items)))
        return [
            CreditedLine(
                order_id=order,
                line=int(linked.line[i]),
                link_id=links[i],
                publisher_id=publisher_of[links[i]],
                merchant_id=goods[items[i]].merchant_id,
                category=goods[items[i]].category,
                amount_minor=int(linked.amount_minor[i]),
                currency=goods[items[i]].currency,
                at=from_micros(int(linked.at_us[i])),
            )
            for i, order in enumerate(prefixed_ids("ord", linked.order))
        ]


def charge_impressions(
    conn: Connection, plans: Plans, ledger: Ledger, batch: EventBatch, at: int
) -> None:
    """Charge plans for the sponsored impressions of the log from position `at`."""
    paid = (
        (batch.type == EventType.IMPRESSION)
        & given(batch.plan)
        & (batch.flags & FLAG_MOVED > 0)
        & (batch.price_micros > 0)
    )
    if not paid.any():
        return
    owing, rows = np.unique(batch.plan[paid], return_inverse=True)
    sums = np.zeros(len(owing), np.int64)
    np.add.at(sums, rows, batch.price_micros[paid])
    spend = dict(zip(prefixed_ids("cmp", owing), sums.tolist(), strict=True))
    latest = from_micros(int(batch.at_us[paid].max()))
    ledger.post(conn, plans.charge(conn, spend, f"log:{at}", latest))
    if leases.waiting(conn):
        leases.settle(conn, _by_minute(batch, paid))


def _by_minute(batch: EventBatch, paid: npt.NDArray[np.bool_]) -> dict[tuple[str, int], int]:
    """What was paid by (plan, minute of the decision), which a request's id begins with."""
    heads = np.ascontiguousarray(batch.request[paid]).view(np.uint8).reshape(-1, 16)[:, :6]
    minute = heads.astype(np.int64) @ (256 ** np.arange(5, -1, -1)) // 60_000
    plans, row = np.unique(batch.plan[paid], return_inverse=True)
    code, place = np.unique(np.stack([row, minute]), axis=1, return_inverse=True)
    sums = np.zeros(code.shape[1], np.int64)
    np.add.at(sums, place.reshape(-1), batch.price_micros[paid])
    ids = prefixed_ids("cmp", plans[code[0]])
    return dict(zip(zip(ids, code[1].tolist(), strict=True), sums.tolist(), strict=True))
