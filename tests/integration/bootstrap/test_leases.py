"""Budgets leased to nodes: whatever they do and whenever they die, nothing is overspent."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from adunion.bootstrap.leases import Leases
from adunion.campaigns import PlanDraft, Plans, SharedBudgets, leases
from adunion.campaigns.leases import LAG_MINUTES
from adunion.catalog.tables import items, merchants
from adunion.kernel.clock import ManualClock
from adunion.kernel.ids import IdFactory
from adunion.ledger import Ledger, Posting, merchant_wallet
from adunion.trust.token import CHARGE_SECONDS

pytestmark = pytest.mark.integration
BUDGET, WALLET = 1_000, 1_500  # minor units: two plans may not spend both their budgets
NODES = ("a", "b", "c")
DOINGS = ["renew"] * 4 + ["promise"] * 6 + ["see", "see", "wait", "kill", "end"]


class Town:
    """Two plans of one merchant, three nodes, and the promises that wait to be seen."""

    def __init__(self, engine: Engine, shared: int | None = None) -> None:
        self.engine, self.clock = engine, ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
        self.ids = IdFactory(self.clock)
        self.plans = Plans(engine, self.clock, self.ids)
        self.ledger = Ledger(self.ids, self.clock)
        with engine.begin() as conn:
            conn.execute(
                text("truncate promises, budget_leases, plan_charges, plan_spend, shared_spend")
            )
        self.merchant = self.ids("mer")
        self.plan_ids = [self._plan(nth) for nth in range(2)]
        if shared is not None:
            budgets = SharedBudgets(engine, self.clock, self.ids, "CNY")
            pool = budgets.create(self.merchant, "both", shared, "total").id
            for id_ in self.plan_ids:
                self.plans.update(id_, {"shared_budget_id": pool})
        with engine.begin() as conn:
            wallet = merchant_wallet(self.merchant)
            key = f"up:{self.merchant}"
            self.ledger.post(
                conn, [Posting(key, "platform:cash", wallet, WALLET, "CNY", memo="top_up")]
            )
        self.nodes = {name: self._node(name) for name in NODES}
        self.waiting: list[tuple[str, int, datetime]] = []
        self.charges = 0

    def _plan(self, nth: int) -> str:
        now, item = self.clock.now(), self.ids("itm")
        with self.engine.begin() as conn:
            if nth == 0:
                conn.execute(
                    merchants.insert().values(
                        id=self.merchant, external_id=self.merchant, name="m", created_at=now
                    )
                )
            conn.execute(
                items.insert().values(
                    id=item,
                    merchant_id=self.merchant,
                    external_id=item,
                    title="x",
                    price_minor=1_000,
                    currency="CNY",
                    content_hash=b"",
                    created_at=now,
                    updated_at=now,
                )
            )
        draft = PlanDraft(self.merchant, 4, (item,), budget_minor=BUDGET)
        return self.plans.create(draft).id

    def _node(self, name: str) -> Any:
        made = Leases(self.engine, self.ledger, self.clock, self.ids, name, "CNY")
        book = SimpleNamespace(
            ids=self.plan_ids,
            wallet_micros=np.zeros(1, np.int64),
            pool_micros=np.zeros(1, np.int64),
            leased=None,
        )
        made.swap(book)  # type: ignore[arg-type]
        return made, book

    def do(self, what: str, name: str, plan: int, amount: int) -> None:
        node, book = self.nodes[name]
        if what == "renew":
            node.expire()
            node.renew(nullcontext(), all_plans=True)
        elif what == "promise":
            node.expire()
            price = min(int(book.leased[0][plan]), amount)
            book.leased[0][plan] -= price
            self.waiting.append((self.plan_ids[plan], price, self.clock.now()))
        elif what == "kill":
            self.nodes[name] = self._node(name)
        elif what == "end":
            node.close(nullcontext())
            self.nodes[name] = self._node(name)
        elif what == "see":
            self.see(amount)
        else:
            self.clock.set(self.clock.now() + timedelta(seconds=amount % 400))

    def see(self, share: int) -> None:
        """Some of the promises are seen; what is seen too late costs nothing."""
        self.charges += 1
        seen = self.waiting[:: 1 + share % 3]
        self.waiting = [one for one in self.waiting if one not in seen]
        in_time = self.clock.now() - timedelta(seconds=CHARGE_SECONDS)
        spend: dict[str, int] = {}
        minutes: dict[tuple[str, int], int] = {}
        for plan, price, at in seen:
            if at >= in_time:
                spend[plan] = spend.get(plan, 0) + price
                minute = plan, int(at.timestamp()) // 60
                minutes[minute] = minutes.get(minute, 0) + price
        with self.engine.begin() as conn:
            self.ledger.post(conn, self.plans.charge(conn, spend, f"{self.charges}"))
            leases.settle(conn, minutes)

    def spent(self) -> tuple[int, int]:
        """(micros billed, micros shown beyond the budgets)"""
        sums = "select coalesce(sum(spend_micros),0), coalesce(sum(over_micros),0) from plan_spend"
        with self.engine.connect() as conn:
            billed, over = conn.execute(text(sums)).one()
        return int(billed), int(over)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(DOINGS),
            st.sampled_from(NODES),
            st.integers(0, 1),
            st.integers(1, 4_000_000),
        ),
        min_size=20, max_size=80,
    ),
    shared=st.sampled_from([None, 700]),
)  # fmt: skip
def test_no_history_of_nodes_overspends(
    engine: Engine, steps: list[Any], shared: int | None
) -> None:
    town = Town(engine, shared)
    for step in steps:
        town.do(*step)
    town.see(0)
    billed, over = town.spent()
    assert over == 0
    assert billed <= (shared or WALLET) * 10_000


def test_a_shared_budget_is_used_up_and_no_more(engine: Engine) -> None:
    town = Town(engine, 700)
    for turn in range(40):
        for name in NODES:
            for plan in (0, 1):
                town.do("promise", name, plan, 90_000)
            town.do("kill" if turn == 20 and name == "b" else "renew", name, 0, 0)
        town.see(0)
        town.do("wait", "a", 0, 1 + turn % 3)
    town.clock.set(town.clock.now() + timedelta(seconds=CHARGE_SECONDS + 60 * LAG_MINUTES + 120))
    for _ in range(30):
        town.do("promise", "a", 0, 10_000_000)
        town.do("renew", "a", 0, 0)
        town.see(0)
    billed, over = town.spent()
    assert over == 0
    assert 0.95 * 700 * 10_000 < billed <= 700 * 10_000


def test_a_budget_is_used_up_in_the_end(engine: Engine) -> None:
    town = Town(engine)
    for turn in range(60):
        for name in NODES:
            for plan in (0, 1):
                town.do("promise", name, plan, 150_000)
            town.do("renew", name, 0, 0)
        town.see(0)
        town.do("wait", "a", 0, 1 + turn % 3)
    billed, over = town.spent()
    assert over == 0
    assert billed > 0.97 * WALLET * 10_000


def test_what_a_killed_node_held_is_free_again_after_the_promises_ran_out(engine: Engine) -> None:
    town = Town(engine)
    town.do("renew", "a", 0, 0)
    held = int(np.sum(town.nodes["a"][1].leased[0]))
    assert held > 0
    town.do("kill", "a", 0, 0)
    assert np.sum(town.nodes["a"][1].leased[0]) == 0
    waiting = text("select sum(promised_micros - charged_micros) from promises")
    with engine.connect() as conn:
        assert conn.execute(waiting).scalar_one() == held
    town.clock.set(town.clock.now() + timedelta(seconds=CHARGE_SECONDS + 60 * LAG_MINUTES + 120))
    for _ in range(40):
        town.do("promise", "b", 0, 10_000_000)
        town.do("renew", "b", 0, 0)
    town.see(0)
    assert town.spent()[0] > 0.97 * BUDGET * 10_000
    assert town.spent()[1] == 0


def test_an_impression_long_after_its_decision_costs_nothing(engine: Engine) -> None:
    town = Town(engine)
    town.do("renew", "a", 0, 0)
    town.do("promise", "a", 0, 100_000)
    town.clock.set(town.clock.now() + timedelta(seconds=CHARGE_SECONDS + 1))
    town.see(0)
    assert town.spent() == (0, 0)
