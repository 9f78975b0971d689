"""Boosts on a plan's page (一键起量): start one, cancel it, and what each brought."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from adunion.campaigns import BoostDraft, Plan
from adunion.kernel.errors import AdUnionError, invalid
from adunion.trust import Principal

from .components import Column, Empty, Table
from .context import Context, party
from .forms import read_money, read_whole
from .i18n import N_

HOURS = (2, 6, 12, 24, 72)
HOURS_MAX = 168
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


def start(
    it: Context, who: Principal, plan_id: str, budget: str, hours: str, factor: str, regions: str
) -> Plan:
    """Push a plan from now on."""
    plan = it.services.plans.get(plan_id, party(who))
    amount = read_money("boost", budget, plan.currency)
    if amount is None:
        raise invalid("boost", "A boost has a budget of its own.", "Name it.")
    end = it.services.clock.now() + timedelta(hours=read_whole("hours", hours, 1, HOURS_MAX))
    if plan.end_at is not None:
        end = min(end, plan.end_at)
    names = tuple(name.strip() for name in regions.replace("，", ",").split(",") if name.strip())
    draft = BoostDraft(amount, end, None, factor.strip(), regions=names or None)
    try:
        return it.services.boosts.create(plan_id, draft, who.id, party(who))
    except AdUnionError as error:
        if error.field == "budget":  # the page has the plan's own budget, too
            raise replace(error, field="boost") from None
        raise


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
