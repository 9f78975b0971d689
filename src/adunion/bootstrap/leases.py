"""What a deciding node holds of the plans' budgets: kept in its book, renewed in the records."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection, Engine

from adunion.campaigns import leases
from adunion.campaigns.leases import LEASE_SECONDS, Wish
from adunion.decision.book import UNLIMITED, PlanBook
from adunion.kernel.clock import Clock
from adunion.kernel.ids import Ids
from adunion.kernel.money import micros_per_minor
from adunion.ledger import Ledger

QUIET_SECONDS = 5  # a plan that promises nothing is renewed this often
AHEAD = 8  # times what was promised since the last time is asked for


class Leases:
    """The leases of one node, by plan id.

    `swap` and `expire` are called with the market's lock held, `renew` without it.
    """

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        clock: Clock,
        ids: Ids,
        node: str,
        currency: str,
    ) -> None:
        self._engine, self._ledger, self._clock, self._ids = engine, ledger, clock, ids
        self._node, self._currency, self._unit = node, currency, micros_per_minor(currency)
        self._book: PlanBook | None = None
        self._held = np.zeros(0, np.int64)  # by row of the book
        self._given = self._held  # the same when it was last looked at
        self._left: dict[str, int] = {}
        self._promised: dict[str, int] = {}
        self._renewed: dict[str, datetime] = {}
        with engine.begin() as conn:
            leases.retire(conn, node, clock.now())

    def swap(self, book: PlanBook) -> None:
        """Bid from this book from now on, with what is held."""
        self._collect()
        held = np.array([self._left.get(id_, 0) for id_ in book.ids], np.int64)
        # Leases mind the wallets and the budgets that plans share.
        wallets, pools = (
            np.full_like(of, UNLIMITED) for of in (book.wallet_micros, book.pool_micros)
        )
        book.leased = held, wallets, pools
        self._book, self._held, self._given = book, held, held.copy()

    def expire(self) -> None:
        """Hold nothing of what was not renewed in time: the records count it as promised."""
        latest = self._clock.now() - timedelta(seconds=LEASE_SECONDS - 1)
        gone = [id_ for id_, at in self._renewed.items() if at < latest and self._left.get(id_)]
        if gone:
            self._collect()
            self._left |= dict.fromkeys(gone, 0)
            self._show(gone)

    def renew(self, lock: AbstractContextManager[object], *, all_plans: bool = False) -> None:
        """Tell the records what was promised and fill up what is held."""
        now = self._clock.now()
        with lock:
            self._collect()
            wishes = self._wishes(now, all_plans=all_plans)
            for id_ in wishes:
                self._promised.pop(id_, None)
            before = {id_: self._left.get(id_, 0) for id_ in wishes}
        try:
            with self._engine.begin() as conn:
                held = leases.renew(conn, self._ids, self._node, wishes, self._wallets, now)
        except BaseException:
            with lock:  # told again next time: twice holds too much for a while, never too little
                for id_, wish in wishes.items():
                    self._promised[id_] = self._promised.get(id_, 0) + wish.promised_micros
            raise
        with lock:
            self._collect()
            for id_, micros in held.items():
                since = before[id_] - self._left.get(id_, 0)
                self._left[id_] = max(micros - since, 0)
                self._renewed[id_] = now
            self._show(list(held))

    def close(self, lock: AbstractContextManager[object]) -> None:
        """Give everything back."""
        with lock:
            self._collect()
            self._left = {}
            self._show(list(self._book.ids) if self._book else [])
        with self._engine.begin() as conn:
            leases.give_back(conn, self._node, self._promised, self._clock.now())

    def _collect(self) -> None:
        """Note what the book's decisions promised since it was last looked at."""
        book = self._book
        if book is None:
            return
        spent = self._given - self._held
        for row in np.flatnonzero(spent).tolist():
            id_, micros = book.ids[row], int(spent[row])
            self._promised[id_] = self._promised.get(id_, 0) + micros
            self._left[id_] = self._left.get(id_, 0) - micros
        self._given = self._held.copy()

    def _show(self, plan_ids: list[str]) -> None:
        """Put what is held of these plans into the book."""
        book = self._book
        if book is None:
            return
        row_of = {id_: row for row, id_ in enumerate(book.ids)}
        for id_ in plan_ids:
            if id_ in row_of:
                self._held[row_of[id_]] = self._left.get(id_, 0)
        self._given = self._held.copy()

    def _wishes(self, now: datetime, *, all_plans: bool) -> dict[str, Wish]:
        quiet = now - timedelta(seconds=QUIET_SECONDS)
        ids = {*self._promised, *(self._book.ids if self._book else ())}
        return {
            id_: Wish(self._promised.get(id_, 0), AHEAD * self._promised.get(id_, 0))
            for id_ in sorted(ids)
            if all_plans or self._promised.get(id_) or self._renewed.get(id_, quiet) <= quiet
        }

    def _wallets(self, conn: Connection) -> Mapping[str, int]:
        return {
            balance.code.split(":")[1]: balance.available_minor * self._unit
            for balance in self._ledger.balances(conn, "merchant:")
            if balance.currency == self._currency and balance.code.endswith(":wallet")
        }
