"""The rooms of one currency's market, and what is asked of their records alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine, text

from adunion.campaigns import BoostDraft, Boosts, Plans, SharedBudgets
from adunion.campaigns.types import Period
from adunion.catalog import Catalog
from adunion.catalog.snapshot import raw_ids
from adunion.commission import Commissions
from adunion.decision.types import Placement
from adunion.insight import Insight
from adunion.kernel.clock import Clock
from adunion.kernel.ids import IdFactory
from adunion.kernel.money import micros_per_minor
from adunion.ledger import CheckReport, Ledger, Posting, merchant_wallet
from adunion.publishers import Publishers
from adunion.simulation.types import Billed

from . import books


class Rooms:
    """Services over one database; nothing in it is remembered but the numbers of merchants."""

    def __init__(self, engine: Engine, clock: Clock, ids: IdFactory, currency: str) -> None:
        self.engine = engine
        self.clock = clock
        self.ids = ids
        self.currency = currency
        self.catalog_service = Catalog(engine, clock, ids)
        self.plans_service = Plans(engine, clock, ids, currency)
        self.boosts = Boosts(engine, clock, ids)
        self.shared_budgets = SharedBudgets(engine, clock, ids, currency)
        self.publishers = Publishers(engine, clock, ids, currency)
        self.ledger = Ledger(ids, clock)
        self.commissions = Commissions(ids, clock, self.ledger)
        self.insight = Insight(engine, currency)
        self._unit = micros_per_minor(currency)
        self._merchant_number: dict[str, int] = {}

    def edit(self, plan_id: str, changes: Mapping[str, object]) -> None:
        """Change a plan as its merchant may; `paused` besides."""
        fields = dict(changes)
        paused = fields.pop("paused", None)
        if fields:
            self.plans_service.update(plan_id, fields, by="scenario")
        if paused is not None:
            turn = self.plans_service.pause if paused else self.plans_service.resume
            turn(plan_id, by="scenario")

    def boost(self, plan_id: str, draft: BoostDraft) -> str:
        """Push a running plan; the boost's id."""
        return self.boosts.create(plan_id, draft, by="scenario").id

    def share_budget(self, merchant_id: str, name: str, amount_minor: int, period: Period) -> str:
        """Make a budget for several plans; its id."""
        return self.shared_budgets.create(merchant_id, name, amount_minor, period).id

    def shared_spend(self) -> dict[str, int]:
        """What is billed of each shared budget in all, micros by id."""
        with self.engine.connect() as conn:
            return books.shared_spend(conn)

    def top_up(self, merchant_ids: Sequence[str], amount_minor: int, key: str) -> None:
        """Put money into wallets; `key` makes it happen once."""
        with self.engine.begin() as conn:
            self.ledger.post(
                conn,
                [
                    Posting(
                        key=f"{key}:{merchant_id}",
                        debit="platform:cash",
                        credit=merchant_wallet(merchant_id),
                        amount_minor=amount_minor,
                        currency=self.currency,
                        memo="top_up",
                    )
                    for merchant_id in merchant_ids
                ],
            )

    def check_ledger(self) -> CheckReport:
        """The books, proved."""
        with self.engine.connect() as conn:
            return self.ledger.check(conn)

    def ledger_moves(self) -> dict[str, int]:
        """Posted minor units by memo."""
        with self.engine.connect() as conn:
            return books.moves(conn)

    def billed(self) -> dict[str, Billed]:
        """What plans were charged, by id."""
        with self.engine.connect() as conn:
            return books.billed(conn, self._unit)

    def earned(self) -> dict[str, int]:
        """Clicks, sales and commissions over publishers' links."""
        with self.engine.connect() as conn:
            return books.earned(conn)

    def wallets_micros(self, conn: Connection, merchant_ids: Collection[str]) -> dict[str, int]:
        """What merchants have to spend, by id."""
        owner = {merchant_wallet(id_): id_ for id_ in merchant_ids}
        return {
            owner[balance.code]: balance.available_minor * self._unit
            for balance in self.ledger.balances_of(conn, list(owner), self.currency)
        }

    def items_and_merchants(self) -> tuple[npt.NDArray[np.void], npt.NDArray[np.int32]]:
        """Every item ever, sorted, and its merchant's number, which outlives reloads."""
        with self.engine.connect() as conn:
            rows = books.merchants_of_items(conn)
        numbers = self._merchant_number
        known = [numbers.setdefault(merchant, len(numbers)) for _, merchant in rows]
        return raw_ids([id_ for id_, _ in rows]), np.array(known, np.int32)

    def known_placements(self) -> list[Placement]:
        """Where items are shown; a market's first ones are made."""
        found = self.publishers.all_placements() or self.publishers.ensure_on_site()
        return [
            Placement(each.id, each.code, each.kind, each.exposures, each.publisher_id)
            for each in found
        ]

    def audiences(self) -> dict[str, dict[str, float]]:
        """What each publisher's audience is interested in, by its id."""
        with self.engine.connect() as conn:
            rows = conn.execute(text("select id, audience from publishers"))
            return dict(rows.all())
