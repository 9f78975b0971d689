"""Boosts (一键起量): for some hours, and perhaps regions, a plan's items may bid more.

A boost is a row of `plans` of kind `boost`, without items: so charges, leases and reports count it
as they count a plan, apart from its own. Its items bid `factor` times what the plan bids, and never
so much that a sale is expected to return less than the floor, its own `target_roi`; the plan goes
on paying for the slots that its own bid wins, the boost for those that only the higher bid
wins (`decision/auction/batch.py`). It ends with its hours, its budget or its plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from sqlalchemy import Connection, Engine

from adunion.kernel.clock import Clock
from adunion.kernel.errors import AdUnionError, conflict, invalid, not_found
from adunion.kernel.ids import Ids

from . import checks, repository
from .types import BoostDraft, Edit, Plan

FACTORS = Decimal("1.05"), Decimal(5)
LONGEST = timedelta(days=7)
REGIONS_MAX = 100
REGION_LETTERS_MAX = 32


class Boosts:
    """Each method is one transaction."""

    def __init__(self, engine: Engine, clock: Clock, ids: Ids) -> None:
        self._engine, self._clock, self._ids = engine, clock, ids

    def create(
        self, plan_id: str, draft: BoostDraft, by: str = "merchant", merchant_id: str | None = None
    ) -> Plan:
        """Push a running plan; 422 for a bad field, 409 where it does not run or has one then."""
        now = self._clock.now()
        with self._engine.begin() as conn:
            plan = _plan(conn, plan_id, merchant_id)
            if plan.status != "active":
                _refuse(plan)
            factor = factor_of(draft.factor)
            start = now if draft.start_at is None else checks.time("start_at", draft.start_at)
            start, end = max(start, now, plan.start_at), checks.time("end_at", draft.end_at)
            checks.span(start, end, now, needed=True)
            if end - start > LONGEST:
                raise invalid("end_at", "A boost takes a week at most.", "Name an earlier end.")
            if plan.end_at is not None and end > plan.end_at:
                raise invalid("end_at", "The plan ends before the boost.", "Name an earlier end.")
            for other in repository.boosts(conn, plan_id):
                if (
                    other.status != "ended"
                    and other.end_at
                    and start < other.end_at
                    and (end > other.start_at)
                ):
                    raise conflict(
                        "boost_running", "The plan has a boost in these hours already.",
                        "Cancel it, or choose other hours.",
                    )  # fmt: skip
            target = _floor(draft.floor_roi, plan.target_roi, factor)
            budget = checks.budget_minor(
                _given(draft.budget_minor), plan.target_roi / factor,
                plan.target_cost_minor or repository.cheapest(conn, plan_id), plan.currency,
                needed=True,
            )  # fmt: skip
            boost_id = self._ids("cmp")
            repository.insert_plan(
                conn,
                {
                    "id": boost_id, "merchant_id": plan.merchant_id, "name": plan.name,
                    "kind": "boost", "goal": plan.goal, "target_roi": target,
                    "target_cost_minor": plan.target_cost_minor,
                    "new_customer_minor": plan.new_customer_minor, "parent_id": plan.id,
                    "factor": factor, "regions": _regions(draft.regions),
                    "currency": plan.currency, "budget_minor": budget, "start_at": start,
                    "end_at": end, "status": "active", "stage": "stable", "stage_since": start,
                    "created_at": now, "updated_at": now,
                },
            )  # fmt: skip
            self._record(conn, boost_id, by, [None, "active"])
            return _boost(conn, plan_id, boost_id, merchant_id)

    def cancel(
        self, plan_id: str, boost_id: str, by: str = "merchant", merchant_id: str | None = None
    ) -> Plan:
        """End a boost now; what it has not spent stays in the wallet. Once ended it stays so."""
        with self._engine.begin() as conn:
            boost = _boost(conn, plan_id, boost_id, merchant_id, lock=True)
            if boost.status != "ended":
                changed = {"status": "ended", "updated_at": self._clock.now()}
                repository.change_plan(conn, boost_id, changed)
                self._record(conn, boost_id, by, [boost.status, "ended"])
            return _boost(conn, plan_id, boost_id, merchant_id)

    def get(self, plan_id: str, boost_id: str, merchant_id: str | None = None) -> Plan:
        """One boost of a plan."""
        with self._engine.begin() as conn:
            return _boost(conn, plan_id, boost_id, merchant_id)

    def list(self, plan_id: str, merchant_id: str | None = None) -> Sequence[Plan]:
        """The boosts of a plan, newest first."""
        with self._engine.begin() as conn:
            _plan(conn, plan_id, merchant_id, lock=False)
            return repository.boosts(conn, plan_id)

    def _record(self, conn: Connection, id_: str, by: str, status: Sequence[str | None]) -> None:
        edit = Edit(self._ids("edt"), id_, self._clock.now(), by, {"status": [*status]}, False)
        repository.insert_edit(conn, edit)


def _plan(conn: Connection, plan_id: str, merchant_id: str | None, *, lock: bool = True) -> Plan:
    plan = repository.find(conn, plan_id, lock=lock)
    if plan is None or plan.parent_id or merchant_id not in (None, plan.merchant_id):
        raise not_found("plan", plan_id)
    return plan


def _refuse(plan: Plan) -> NoReturn:
    if plan.status == "ended":
        raise conflict("plan_ended", f"Plan {plan.name!r} has ended.", "Boost a plan that runs.")
    raise conflict("plan_not_active", f"Plan {plan.name!r} is {plan.status}.", "Resume it first.")


def _boost(
    conn: Connection, plan_id: str, boost_id: str, merchant_id: str | None, *, lock: bool = False
) -> Plan:
    boost = repository.find(conn, boost_id, lock=lock)
    if boost is None or boost.parent_id != plan_id or merchant_id not in (None, boost.merchant_id):
        raise not_found("boost", boost_id)
    return boost


def factor_of(value: object) -> Decimal:
    """How many times the plan's bid a boost may bid."""
    low, high = FACTORS
    try:
        factor = Decimal(str(value).strip())
    except InvalidOperation:
        factor = Decimal("NaN")
    if isinstance(value, bool) or not factor.is_finite() or not low <= factor <= high:
        raise invalid(
            "factor", f"{str(value)[:40]!r} is not a number from {low} to {high}.",
            "It is how many times the plan's bid a boost may bid: 1.5 pays up to half as much"
            " again for a sale.",
        )  # fmt: skip
    return factor.quantize(Decimal("0.01"))


def _floor(value: object, target: Decimal, factor: Decimal) -> Decimal:
    """The return below which no sale is bought: by default 1, or a lower target over the factor."""
    if value is None:
        return max(min(checks.FLOOR, round(target / factor, 3)), checks.TARGET_MIN)
    try:
        floor = checks.target_roi(value)
    except AdUnionError as error:
        raise invalid("floor_roi", error.message, error.hint) from None
    if floor > target:
        raise invalid(
            "floor_roi", f"A floor of {floor} is above the plan's target of {target}.",
            "A boost buys sales beyond those of the plan: they return less.",
        )  # fmt: skip
    return floor


def _given(budget_minor: object) -> object:
    if budget_minor is None:
        raise invalid("budget", "A boost has a budget of its own.", "Name it.")
    return budget_minor


def _regions(given: Sequence[str] | None) -> list[str] | None:
    if given is None:
        return None
    names = sorted({checks.text("regions", str(name)) for name in given})
    if (
        not names
        or len(names) > REGIONS_MAX
        or not all(1 <= len(name) <= REGION_LETTERS_MAX for name in names)
    ):
        raise invalid(
            "regions",
            f"Regions are 1 to {REGIONS_MAX} names of at most {REGION_LETTERS_MAX} letters, as"
            " requests give them.",
            "Leave them out for everywhere.",
        )
    return names
