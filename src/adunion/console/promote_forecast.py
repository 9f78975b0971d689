"""What a draft would bring, as the wizard draws it: by target in step 2, by budget in step 3."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from adunion.kernel.errors import AdUnionError
from adunion.simulation.forecast import Ask, Cell, Forecast

from .components import Chart, Column, Empty, Series, Table
from .context import Context
from .i18n import N_
from .reports import major
from .repository import Draft

TARGET_DEFAULT = Decimal(4)
_NOTHING = Empty(N_("No items match"), N_("Search for fewer words, or choose all categories."))


def ask_of(draft: Draft) -> Ask:
    """What the draft's goal would bring; that of a return while it lacks what it needs."""
    goal = draft.goal if draft.asked else "target_roi"
    return Ask(
        draft.merchant_id,
        tuple(draft.item_ids),
        budgets_minor=(draft.budget_minor,),
        goal=goal,
        target_cost_minor=draft.target_cost_minor if goal == "cost_per_order" else None,
        new_customer_minor=draft.new_customer_minor if goal == "new_customers" else None,
        min_new_share=None if draft.min_new_share is None else float(draft.min_new_share),
    )


def _daily(found: Forecast, cell: Cell) -> dict[str, int]:
    """A cell's sums a day, minor units."""
    sums = {
        "spend": cell.spend_minor.value, "gmv": cell.gmv_minor.value, "low": cell.gmv_minor.low,
        "high": cell.gmv_minor.high, "added": cell.gained_minor,
        "organic": cell.organic_minor,
    }  # fmt: skip
    return {name: round(minor / found.days) for name, minor in sums.items()}


def curve_of(found: Forecast, currency: str) -> list[dict[str, float]]:
    """The predicted curve a day in major units, targets rising."""
    return [
        {"target": cell.target}
        | {name: major(minor, currency) for name, minor in _daily(found, cell).items()}
        for cell in found.cells
    ]


def sales_chart(it: Context, curve: list[dict[str, float]], target: Decimal) -> Chart:
    """Sales, their organic part and spend a day by target, with the band of sales."""
    return Chart(
        "forecast",
        it.say(N_("Predicted spend and sales a day by target ROI")),
        [f"{p['target']:g}" for p in curve],
        [
            Series(it.say(N_("Sales (GMV)")), [p["gmv"] for p in curve], "gmv"),
            Series(it.say(N_("Of them, sold anyway")), [p["organic"] for p in curve], "organic"),
            Series(it.say(N_("Spend")), [p["spend"] for p in curve], "spend"),
            Series(
                it.say(N_("Likely range")), [p["high"] for p in curve], "gmv", "band",
                base=[p["low"] for p in curve],
            ),
        ],
        (it.services.currency,),
        x_kind="value",
        x_unit=it.say(N_("Target ROI")),
        empty=it.say(N_("A prediction needs a day of traffic; set the target you want.")),
        marks={"x": float(target)},
    )  # fmt: skip


def roi_chart(it: Context, cells: list[Cell]) -> Chart:
    """The ROI that each target would bring, beside the target."""
    return Chart(
        "forecast-roi",
        it.say(N_("Predicted ROI by target")),
        [f"{cell.target:g}" for cell in cells],
        [
            Series(it.say(N_("Predicted ROI")), [round(c.roi.value, 3) for c in cells], "gmv"),
            Series(it.say(N_("Target ROI")), [c.target for c in cells], "target"),
            Series(
                it.say(N_("Likely range")), [round(c.roi.high, 3) for c in cells], "gmv", "band",
                base=[round(c.roi.low, 3) for c in cells],
            ),
        ],
        x_kind="value",
        x_unit=it.say(N_("Target ROI")),
    )  # fmt: skip


_COLUMNS = (
    Column("target", N_("Target ROI"), "ratio", sortable=False),
    Column("spend", N_("Spend a day"), "money", sortable=False),
    Column("gmv", N_("Sales a day"), "money", sortable=False),
    Column("low", N_("at least"), "money", sortable=False),
    Column("high", N_("at most"), "money", sortable=False),
    Column("added", N_("Shop gains"), "money", sortable=False),
    Column("organic", N_("Sold anyway"), "money", sortable=False),
    Column("orders", N_("Orders a day"), "ratio", sortable=False),
    Column("roi", N_("ROI"), "ratio", sortable=False),
    Column("newcomers", N_("New customers"), "rate", sortable=False),
    Column("others", N_("Other plans' sales"), "money", sortable=False),
)


def cell_table(found: Forecast, currency: str) -> Table:
    """What each target would bring a day."""
    rows = [
        _daily(found, cell)
        | {
            "target": cell.target,
            "orders": cell.orders.value / found.days,
            "roi": cell.roi.value,
            "newcomers": cell.newcomer_share,
            "others": None if cell.outside is None else round(cell.outside.gmv_minor / found.days),
        }
        for cell in found.cells
    ]
    return Table("forecast-cells", _COLUMNS, rows, currency, _NOTHING)


BUDGET_SHARES = (0.25, 0.5, 1.0)
"""Of what the target would spend without a limit: the budgets that step 3 shows."""

_BUDGET_COLUMNS = (
    Column("budget", N_("Budget of the whole plan"), "money", sortable=False),
    Column("spend", N_("Spend"), "money", sortable=False),
    Column("spend_low", N_("at least"), "money", sortable=False),
    Column("spend_high", N_("at most"), "money", sortable=False),
    Column("gmv", N_("Sales (GMV)"), "money", sortable=False),
    Column("low", N_("at least"), "money", sortable=False),
    Column("high", N_("at most"), "money", sortable=False),
    Column("orders", N_("Orders"), "ratio", sortable=False),
    Column("roi", N_("ROI"), "ratio", sortable=False),
    Column("newcomers", N_("New customers"), "rate", sortable=False),
)


@dataclass(frozen=True)
class Limits:
    """What step 3 asks for; None: not limited."""

    budget_minor: int | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None


UNLIMITED = Limits()


def by_budget(it: Context, draft: Draft, limits: Limits = UNLIMITED) -> tuple[Forecast, Cell]:
    """The chosen target at rising budgets and without one, and the cell of what was typed.

    Goals other than a return are forecast at their own budget alone.
    """
    own = limits.budget_minor
    target = float(draft.target_roi or TARGET_DEFAULT)
    ask = replace(ask_of(draft), start_at=limits.start_at, end_at=limits.end_at)
    if ask.goal != "target_roi":
        found = it.services.forecast(replace(ask, budgets_minor=(own,)))
        return replace(found, cells=[]), found.near(target, own)
    ask = replace(ask, targets=(target, target))
    free = it.services.forecast(replace(ask, budgets_minor=(None,))).cells[0]
    shares = {_round_sum(share * free.spend_minor.value) for share in BUDGET_SHARES}
    budgets = {*shares, own} - {None, 0}
    try:
        found = it.services.forecast(replace(ask, budgets_minor=(*budgets, None)))
    except AdUnionError:  # each of them too small for a click: the plan would spend next to nothing
        found = it.services.forecast(replace(ask, budgets_minor=(None,)))
    return found, found.near(target, own)


def _round_sum(minor: float) -> int:
    """To two digits."""
    return int(float(f"{minor:.1e}"))


def budget_table(found: Forecast, currency: str) -> Table:
    """What the target would bring at each budget."""
    rows = [
        {
            "budget": cell.budget_minor,
            "spend": round(cell.spend_minor.value),
            "spend_low": round(cell.spend_minor.low),
            "spend_high": round(cell.spend_minor.high),
            "gmv": round(cell.gmv_minor.value),
            "low": round(cell.gmv_minor.low),
            "high": round(cell.gmv_minor.high),
            "orders": cell.orders.value,
            "roi": cell.roi.value,
            "newcomers": cell.newcomer_share,
        }
        for cell in found.cells
    ]
    return Table("forecast-budgets", _BUDGET_COLUMNS, rows, currency, _NOTHING)
