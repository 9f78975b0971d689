"""What may be asked of a forecast, and what it may have to assume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adunion.campaigns import Selector
from adunion.campaigns.types import Goal

TARGETS = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""The grid where no target is named."""
_AROUND = (0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5)
CELLS_MAX = 100

ASSUMPTIONS = {
    "no_traffic": "No requests are logged yet: 1,000 a day are assumed, asking for items of the"
    " catalog at random, and clicks and orders at the usual rates of each placement.",
    "short_history": "Less than a day of requests is logged: every hour is assumed to be like"
    " those seen.",
    "other_days": "Few requests are logged in these hours of the week: those of the same hours of"
    " other days stand for them.",
    "other_hours": "Few requests are logged in these hours: those of all hours stand for them.",
    "untrained": "The predictions have not been trained yet: clicks and orders come at the usual"
    " rates of each placement.",
    "not_reached": "None of the requests looked at could show the items: nothing is expected until"
    " people ask for what they are, and at most what is between the ends of the interval.",
    "rarely_reached": "Few of the requests looked at could show the items, so the interval is"
    " wide.",
    "no_sales": "No plan of the market has sold yet: orders are assumed to come as predicted.",
    "few_orders": "Too few orders: fewer than 20 a week are expected at any of these targets. The"
    " plan would stay in its learning stage, its return mostly chance. Add items or ask for less.",
    "new_share": "The least share of new customers is not expected to be reached, even when nothing"
    " is bid for people who bought before.",
    "no_end": "A budget without an end is spent as soon as the target allows, and the plan sells"
    " nothing after it. With an end it is spread until then at lower bids, which buys more sales"
    " for the same money.",
    "wallet": "The wallet holds less than the plan may spend: it is assumed to be topped up.",
}
"""What each code that a forecast carries says."""


@dataclass(frozen=True)
class Ask:
    """A plan that might be launched: items by id or selector, or a plan that there is."""

    merchant_id: str = ""
    item_ids: tuple[str, ...] = ()
    selector: Selector | None = None
    plan_id: str | None = None
    targets: tuple[float, ...] = ()  # none: `TARGETS`; one: a grid around it
    budgets_minor: tuple[int | None, ...] = (None,)
    start_at: datetime | None = None  # None: now
    end_at: datetime | None = None  # None: no end
    dayparts: tuple[int, ...] | None = None
    goal: Goal = "target_roi"  # of a draft; see `promise`
    target_cost_minor: int | None = None
    new_customer_minor: int | None = None
    min_new_share: float | None = None  # of orders, by new customers; None: any


def grid(targets: Sequence[float]) -> tuple[float, ...]:
    """Nine targets where none or one is asked for, else those asked for, rising."""
    if not targets:
        return TARGETS
    if len(targets) > 1:
        return tuple(sorted(set(targets)))
    return tuple(round(targets[0] * factor, 3) for factor in _AROUND)
