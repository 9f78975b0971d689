"""How far a plan may be edited and keep its stage, in the amounts of the form."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from adunion.campaigns import Edit, Plan
from adunion.campaigns.stages import ADJUSTING, LARGE_BUDGET, LARGE_TARGET, day_ago

from .context import Context
from .i18n import N_

_SHARES = {
    "target_roi": LARGE_TARGET, "target_cost_minor": LARGE_TARGET,
    "new_customer_minor": LARGE_TARGET, "budget_minor": LARGE_BUDGET,
}  # fmt: skip
_KEEPS = N_(
    "From %(low)s to %(high)s the plan keeps its stage. Beyond, it adjusts for 24 hours."
    " Changes within 24 hours add up."
)
_KEEPS_NOT = N_(
    "Any other than now makes the plan adjust for 24 hours: changes within 24 hours add up."
)
_NO_BUDGET = N_("Left empty: no limit. Setting one makes the plan adjust for 24 hours.")
_LIMITED = N_("Left empty: no limit, and the plan adjusts for 24 hours.")


def kept_stage(it: Context, plan: Plan, edits: Iterable[Edit]) -> dict[str, str]:
    """What an edit of each field does to the stage, by the field's name."""
    since = it.services.clock.now() - ADJUSTING
    recent = [edit for edit in edits if edit.at >= since]
    said = {}
    for field in _SHARES:
        now = getattr(plan, field)
        if now is not None:
            said[field] = _range_said(it, plan, field, bounds(field, now, recent))
    limited = said.get("budget_minor")
    first = it.say(_LIMITED if limited else _NO_BUDGET)
    return said | {"budget_minor": f"{first} {limited}" if limited else first}


def bounds(
    field: str, now: Decimal | int, recent: Iterable[Edit]
) -> tuple[Decimal, Decimal] | None:
    """The least and greatest value that keeps the stage; None where none but today's does.

    `recent` are the edits of the last 24 hours, newest first: what they changed counts too.
    """
    old = day_ago({field: now}, recent)[field]
    if old is None:
        return None
    values = [Decimal(now), Decimal(old)]
    step = Decimal("0.01") if field == "target_roi" else Decimal(1)
    low = max(values) * (1 - _SHARES[field])
    high = min(values) * (1 + _SHARES[field])
    low, high = low.quantize(step, ROUND_CEILING), high.quantize(step, ROUND_FLOOR)
    return (low, high) if low <= high else None


def _range_said(
    it: Context, plan: Plan, field: str, span: tuple[Decimal, Decimal] | None
) -> str:  # fmt: skip
    if span is None:
        return it.say(_KEEPS_NOT)
    if field == "target_roi":
        low, high = (f"{each.normalize():f}" for each in span)
    else:
        low, high = (it.fmt.money(int(each), plan.currency) for each in span)
    return it.say(_KEEPS, low=low, high=high)
