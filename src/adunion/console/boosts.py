"""Boosts on a plan's page (一键起量): start one, cancel it, and what each brought."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from adunion.campaigns import BoostDraft, Plan
from adunion.kernel.errors import invalid
from adunion.trust import Principal

from .components import Column, Empty, Table
from .context import Context, party
from .i18n import N_
from .promote import read_money

HOURS = (2, 6, 12, 24, 72)
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


def start(
    it: Context, who: Principal, plan_id: str, budget: str, hours: int, factor: str, regions: str
) -> Plan:
    """Push a plan from now on."""
    plan = it.services.plans.get(plan_id, party(who))
    amount = read_money(budget, plan.currency)
    if amount is None:
        raise invalid("budget_minor", "A boost has a budget of its own.", "Name it.")
    names = tuple(name.strip() for name in regions.replace("，", ",").split(",") if name.strip())
    now = it.services.clock.now()
    end = now + timedelta(hours=hours)
    draft = BoostDraft(
        amount, end if plan.end_at is None else min(end, plan.end_at), None, factor.strip(),
        regions=names or None,
    )  # fmt: skip
    return it.services.boosts.create(plan_id, draft, who.id, party(who))


def boosts_of(it: Context, plan: Plan) -> Table:
    """Every boost of a plan with its own figures, newest first."""
    until = it.services.clock.now() + timedelta(hours=1)
    rows: list[dict[str, Any]] = []
    for boost in it.services.boosts.list(plan.id):
        result = it.services.insight.plan_report(boost.id, _EVER, until).result
        rows.append(
            {
                "id": boost.id,
                "status": boost.status,
                "start": boost.start_at,
                "end": boost.end_at,
                "where": ", ".join(boost.regions) if boost.regions else it.say(N_("everywhere")),
                "factor": float(boost.factor),
                "budget_minor": boost.budget_minor,
                "spend_minor": boost.spend_minor,
                "gmv_minor": result.gmv_minor,
                "orders": result.orders,
                "roi": result.gmv_minor / boost.spend_minor if boost.spend_minor else None,
            }
        )
    columns = (
        Column("status", N_("State"), "state"),
        Column("start", N_("Start"), "time"),
        Column("end", N_("End"), "time"),
        Column("where", N_("Where")),
        Column("factor", N_("Times the bid"), "ratio"),
        Column("budget_minor", N_("Budget"), "money"),
        Column("spend_minor", N_("Spend"), "money"),
        Column("gmv_minor", N_("Sales (GMV)"), "money"),
        Column("orders", N_("Orders"), "number"),
        Column("roi", N_("ROI"), "ratio"),
        Column("act", N_("Cancel"), "actions", sortable=False),
    )
    empty = Empty(
        N_("No boost yet"),
        N_("A boost buys more sales for some hours, with money of its own, told apart here."),
    )
    return Table("boosts", columns, rows, plan.currency, empty)
