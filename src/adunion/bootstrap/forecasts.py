"""Forecasts of plans that merchants ask for: what they ask is checked as a launch is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from threading import Lock

import numpy as np
import numpy.typing as npt

from adunion.campaigns import Plan, PlanDraft, checks
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.bidding.reach import ORDERS_A_WEEK
from adunion.insight.types import raw_ids
from adunion.kernel.clock import micros, sleep
from adunion.kernel.errors import conflict, invalid
from adunion.kernel.money import micros_per_minor
from adunion.ledger import merchant_wallet
from adunion.simulation.forecast import Forecast
from adunion.simulation.forecast.answer import Cell
from adunion.simulation.forecast.ask import CELLS_MAX, Ask, grid

from .forecast import forecast
from .market import Market
from .replayed import Grounds, Wish

RUNS_OUT = 0.95  # of a budget: what else is left is less than a place costs
TURN_SECONDS = 0.0005  # that a forecast leaves the market's lock to others between two turns


class CatalogMoved(Exception):
    """The catalog became another one while a plan was tried on."""


class Forecasts:
    """What a market is asked before a launch."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._one = Lock()

    def of(self, ask: Ask) -> Forecast:
        """Raises what launching it would: a bad target, budget, time or item, 409 for a taken one.

        An existing plan is forecast from now on, with what is left of its budget.
        """
        found = self._of_plan(ask) if ask.plan_id else self._of_draft(ask)
        if max(cell.orders.value for cell in found.cells) < ORDERS_A_WEEK * found.days / 7:
            found.assumptions.append("few_orders")
        if found.endless and any(_runs_out(cell) for cell in found.cells):
            found.assumptions.append("no_end")
        spend = max(cell.spend_minor.value for cell in found.cells)
        if ask.merchant_id and spend > self._wallet(ask.merchant_id):
            found.assumptions.append("wallet")
        return found

    def _of_draft(self, ask: Ask) -> Forecast:
        targets = _targets(ask)
        lowest = min(ask.targets, default=targets[0])  # at which a click costs most
        drafts = [_draft(ask, lowest, budget) for budget in ask.budgets_minor]
        item_ids = [self._market.plans_service.check(draft) for draft in drafts]
        return self._forecast(replace(ask, item_ids=item_ids[-1], selector=None), targets)

    def _of_plan(self, ask: Ask) -> Forecast:
        service = self._market.plans_service
        plan = service.get(str(ask.plan_id), ask.merchant_id or None)
        if plan.status == "ended":
            raise conflict(
                "plan_ended", f"Plan {plan.name!r} has ended.", "Forecast a new plan of its items."
            )
        asked = replace(
            ask,
            merchant_id=plan.merchant_id,
            item_ids=tuple(service.item_ids(plan.id)),
            targets=ask.targets or (float(plan.target_roi),),
            budgets_minor=ask.budgets_minor if ask.budgets_minor != (None,) else (_left(plan),),
            start_at=plan.start_at,
            end_at=ask.end_at or plan.end_at,
            dayparts=ask.dayparts or plan.dayparts,
            goal=plan.goal,
            target_cost_minor=plan.target_cost_minor,
            new_customer_minor=plan.new_customer_minor,
            min_new_share=None if plan.min_new_share is None else float(plan.min_new_share),
        )
        now = self._market.clock.now()
        checks.span(max(plan.start_at, now), asked.end_at, now)
        return self._forecast(asked, _targets(asked))

    def _forecast(self, ask: Ask, targets: tuple[float, ...]) -> Forecast:
        while True:  # again where the catalog became another one meanwhile
            catalog = self._market.catalog
            rows = catalog.rows(raw_ids(list(ask.item_ids)))
            with suppress(CatalogMoved):
                return self.of_rows(self._wish(ask, rows[rows >= 0], targets), catalog)

    def of_rows(self, wish: Wish, catalog: CatalogSnapshot) -> Forecast:
        """What a plan of that catalog's rows would bring; decisions go on meanwhile.

        One at a time. Raises CatalogMoved where the market's catalog is, or becomes, another.
        """
        market, turn = self._market, partial(self._turn, catalog)
        with self._one:
            now_us = micros(market.clock.now())
            with turn():
                brain = market.brain.aside()
            return forecast(Grounds(brain, market.recent, market.outcomes, now_us, turn), wish)

    @contextmanager
    def _turn(self, catalog: CatalogSnapshot) -> Iterator[None]:
        """The market's lock, for a moment; then whoever decides has it."""
        with self._market.lock:
            if self._market.catalog is not catalog:
                raise CatalogMoved
            yield
        sleep(TURN_SECONDS)

    def _wish(self, ask: Ask, rows: npt.NDArray[np.int32], targets: tuple[float, ...]) -> Wish:
        if not len(rows):
            raise invalid(
                "item_ids",
                f"None of the items is live in this market of {self._market.currency}: they are"
                " withdrawn, or priced in other money.",
                f"Choose live items priced in {self._market.currency}.",
            )
        unit = micros_per_minor(self._market.currency)
        return Wish(
            np.sort(rows),
            targets,
            tuple(sorted(set(ask.budgets_minor), key=lambda b: (b is None, b or 0))),
            None if ask.start_at is None else micros(ask.start_at),
            None if ask.end_at is None else micros(ask.end_at),
            ask.dayparts,
            (ask.target_cost_minor or 0) * unit,
            ask.goal == "net_roi",
            (ask.new_customer_minor or 0) * unit,
            float(checks.min_new_share(ask.min_new_share) or 0),
        )

    def _wallet(self, merchant_id: str) -> int:
        account, currency = merchant_wallet(merchant_id), self._market.currency
        with self._market.engine.connect() as conn:
            return int(self._market.ledger.balance(conn, account, currency).available_minor)


def _runs_out(cell: Cell) -> bool:
    """Whether the budget is spent before the forecast's time is over."""
    budget = cell.budget_minor
    return budget is not None and cell.spend_minor.value > RUNS_OUT * budget


def _targets(ask: Ask) -> tuple[float, ...]:
    """The grid asked for; each target is one that a plan may have.

    Where orders may cost something, a target of 2 is half that cost.
    """
    if ask.goal in ("cost_per_order", "volume") and not ask.targets:
        ask = replace(ask, targets=(1.0,))
    asked = [float(checks.target_roi(target)) for target in ask.targets]
    targets = tuple(
        min(max(target, float(checks.TARGET_MIN)), float(checks.TARGET_MAX))
        for target in grid(asked)
    )
    budgets = len(ask.budgets_minor)
    if not budgets or len(targets) * budgets > CELLS_MAX:
        raise invalid(
            "targets",
            f"{len(targets)} targets at {budgets} budgets are not 1 to {CELLS_MAX} cells.",
            "Ask for fewer.",
        )  # fmt: skip
    return tuple(sorted(set(targets)))


def _draft(ask: Ask, target: float, budget_minor: int | None) -> PlanDraft:
    # What a volume plan needs besides is checked at its launch: a forecast may come before it.
    goal = "target_roi" if ask.goal == "volume" else ask.goal
    return PlanDraft(
        merchant_id=ask.merchant_id,
        goal=goal,
        target_roi=None if goal == "cost_per_order" else Decimal(str(target)),
        target_cost_minor=ask.target_cost_minor,
        new_customer_minor=ask.new_customer_minor,
        min_new_share=ask.min_new_share,
        item_ids=ask.item_ids,
        selector=ask.selector,
        budget_minor=budget_minor,
        start_at=ask.start_at,
        end_at=ask.end_at,
        dayparts=ask.dayparts,
    )


def _left(plan: Plan) -> int | None:
    return None if plan.budget_minor is None else max(plan.budget_minor - plan.spend_minor, 0)
