"""Commissions: facts in (credited lines, receipts, refunds), money moved accordingly.

Each use case writes the facts it is told, works out where the money of the commissions concerned
belongs, and books the difference. So facts may come in any order, twice, or in one batch, with the
same end; a fact is known by its order, line and number, and the first one told stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from adunion.kernel.clock import Clock
from adunion.kernel.errors import invalid, not_found
from adunion.kernel.ids import Ids
from adunion.ledger import Ledger

from . import repository
from .rates import Agreed, check, terms_for
from .shares import postings, shares_of
from .types import Commission, CreditedLine, RefundedLine, Shares, Terms


class Commissions:
    """Keeps what publishers earn; the caller owns the transaction of `conn`."""

    def __init__(self, ids: Ids, clock: Clock, ledger: Ledger) -> None:
        self._ids = ids
        self._clock = clock
        self._ledger = ledger

    def agree(self, conn: Connection, merchant_id: str, terms: Terms, category: str = "") -> None:
        """Set a merchant's terms for orders from now on, in a category and all below it."""
        check(terms)
        agreed = Agreed(merchant_id, category, self._clock.now(), terms)
        repository.add_terms(conn, self._ids("cot"), agreed)

    def terms(self, conn: Connection, merchant_id: str, category: str = "") -> Terms:
        """The terms an order placed now would fall under."""
        agreed = repository.agreed_terms(conn, [merchant_id])
        return terms_for(agreed, merchant_id, category, self._clock.now())

    def rates(
        self,
        conn: Connection,
        merchant_ids: Sequence[str],
        categories: Sequence[str],
        merchant: npt.NDArray[np.integer],
        category: npt.NDArray[np.integer],
    ) -> npt.NDArray[np.int64]:
        """(n,) rate of a sale now, ten-thousandths, of n items by their rows in the two lists."""
        pair, row = np.unique(
            merchant.astype(np.int64) * len(categories) + category, return_inverse=True
        )
        agreed: dict[str, list[Agreed]] = {}
        for each in repository.agreed_terms(conn, list(merchant_ids)):
            agreed.setdefault(each.merchant_id, []).append(each)
        now = self._clock.now()
        rates = [
            terms_for(agreed.get(merchant_ids[m], ()), merchant_ids[m], categories[c], now).rate_bps
            for m, c in (divmod(each, len(categories)) for each in pair.tolist())
        ]
        return np.array(rates, np.int64)[row]

    def on_orders(self, conn: Connection, lines: Sequence[CreditedLine]) -> int:
        """Reserve the estimated commission of each line in its merchant's wallet.

        Returns how many commissions changed. Raises `invalid` (422) for a negative amount.
        """
        if not lines:
            return 0
        for line in lines:
            if line.amount_minor < 0:
                raise invalid("amount_minor", f"{line.order_id}/{line.line}: {line.amount_minor}")
        repository.lock(conn)
        agreed = repository.agreed_terms(conn, sorted({line.merchant_id for line in lines}))
        repository.add_lines(
            conn,
            [
                (self._ids("com"), o, terms_for(agreed, o.merchant_id, o.category, o.at))
                for o in lines
            ],
        )
        return self._rebook(conn, {line.order_id for line in lines}, "estimated")

    def on_receipt(
        self, conn: Connection, order_ids: Sequence[str], at: datetime | Sequence[datetime]
    ) -> int:
        """The shoppers hold the goods: what was estimated is now held for the publisher.

        `at` is one time for all orders or one for each. Returns how many commissions changed.
        """
        if not order_ids:
            return 0
        times = [at] * len(order_ids) if isinstance(at, datetime) else at
        repository.lock(conn)
        repository.add_receipts(conn, dict(zip(order_ids, times, strict=True)))
        return self._rebook(conn, set(order_ids), "received")

    def on_refund(self, conn: Connection, refunds: Sequence[RefundedLine]) -> int:
        """Take back the commission of what was refunded, from wherever it is by now.

        What was paid out already leaves the publisher's payable negative. Refunds beyond the
        line's amount take no more than the commission. Returns how many commissions changed.
        """
        if not refunds:
            return 0
        for refund in refunds:
            if refund.amount_minor <= 0:
                raise invalid("amount_minor", f"A refund of {refund.amount_minor} is not positive.")
        repository.lock(conn)
        repository.add_refunds(conn, refunds)
        return self._rebook(conn, {refund.order_id for refund in refunds}, "refunded")

    def release(self, conn: Connection, until: datetime) -> int:
        """Make payable, less the platform's fee, what was received `hold_days` before `until`."""
        repository.lock(conn)
        return self._book(conn, repository.due(conn, until), "released")

    def page(
        self,
        conn: Connection,
        *,
        publisher_id: str | None = None,
        merchant_id: str | None = None,
        limit: int = 50,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> tuple[list[Commission], bool]:
        """Newest first, of a party where one is given, and whether more follow; cursors are ids."""
        return repository.page(
            conn, publisher_id, merchant_id, limit, starting_after, ending_before
        )

    def get(self, conn: Connection, id_: str) -> Commission:
        """One commission; raises `not_found`."""
        found = repository.get(conn, id_)
        if found is None:
            raise not_found("commission", id_)
        return found

    def of_orders(self, conn: Connection, order_ids: Sequence[str]) -> list[Commission]:
        """The commissions of some orders."""
        return repository.of_orders(conn, order_ids)

    def _rebook(self, conn: Connection, order_ids: set[str], kind: str) -> int:
        return self._book(conn, repository.of_orders(conn, sorted(order_ids)), kind)

    def _book(self, conn: Connection, current: Sequence[Commission], kind: str) -> int:
        changes: list[tuple[Commission, Shares]] = []
        moves = []
        for c in current:
            after = shares_of(
                c.base_minor,
                c.refunded_minor,
                c.terms,
                received=c.received_at is not None,
                released=c.released or kind == "released",
            )
            added = after - c.shares
            if c.changes and added == Shares() and kind != "released":
                continue
            changes.append((c, added))
            moves += postings(c, after)
        if changes:
            repository.add_changes(conn, changes, kind, self._clock.now())
            self._ledger.post(conn, moves)
        return len(changes)
