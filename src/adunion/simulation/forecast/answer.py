"""From a response to what is told: a cell for each target and budget, with 80 % intervals.

The expected course meets no luck; a bidder that does spends less, since it makes good what went
badly and may not what went well. So a figure is told where the courses lie that chance draws: the
expected course times how far those of the same budget lie from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from .course import SUMS, Course, Setting, Steering, drive
from .trial import Response

PATHS = 80  # draws of chance behind each interval
LOW, HIGH = 0.1, 0.9

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Doubt:
    """Relative standard deviations of what may differ from what the landscape says."""

    volume: float = 0.11  # what requests bring: drift of traffic, tastes and rivals
    cost: float = 0.05  # prices
    sales: float = 0.12  # orders per predicted order: a plan's items keep selling better or worse
    luck: float = 0.05  # sales and orders in the end, beyond what the bidder can make good


@dataclass(frozen=True)
class Band:
    """An expected value and the ends of its 80 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Outside:
    """What becomes of everyone's sales and spend, on the same pages; minor units, expected.

    Sales are all of them, moved by a bid or not: an item pushed down a place still sells there,
    and whether that place still counts as moved says little about what its merchant lost.
    """

    own_minor: float  # change of all that the plan's merchant sells, in plans or not
    plans: int  # plans of other merchants that lose sales
    gmv_minor: float  # change of all sales of their items
    counted_minor: float  # change of those of them that their bids moved
    spend_minor: float  # change of their spend
    organic_minor: float  # change of sales of what is in no plan, of other merchants


@dataclass(frozen=True)
class Cell:
    """What a plan brings at one target and budget over the whole forecast; minor units."""

    target: float
    budget_minor: int | None
    alpha: float
    spend_minor: Band
    gmv_minor: Band  # counted sales: of impressions that the bid moved
    added_minor: Band  # their part that each item would not have had anyway, as in reports
    orders: Band
    roi: Band  # counted sales over spend
    newcomer_share: float | None  # of orders, by people who never bought from the merchant
    outside: Outside | None = None

    @property
    def gained_minor(self) -> float:
        """What the merchant sells more in all; `added_minor` knows each item alone.

        Less than that where the plan's items take places of each other and of its other items.
        """
        return self.added_minor.value if self.outside is None else self.outside.own_minor

    @property
    def organic_minor(self) -> float:
        """Cannibalised: what of the counted sales the merchant would have sold without the plan.

        None where it gains more than is counted: items in plans are found for more requests, and
        so sell at places that no bid moved, too.
        """
        return max(self.gmv_minor.value - self.gained_minor, 0.0)


@dataclass(frozen=True)
class Forecast:
    """Cells by rising target, then rising budget (none last), and what they rest on."""

    cells: list[Cell]
    hours: int  # that the cells cover
    endless: bool  # the plan goes on after them
    traffic: float  # requests expected in the plan's hours
    requests: int  # logged requests that the replay was drawn from
    looked: int  # of them, retrieved again
    reached: int  # of them, whose candidates held an item
    assumptions: list[str]

    @property
    def days(self) -> float:
        """That the cells cover."""
        return self.hours / 24

    def near(self, target: float, budget_minor: int | None = None) -> Cell:
        """The cell of this budget whose target is nearest."""
        cells = [cell for cell in self.cells if cell.budget_minor == budget_minor] or self.cells
        return min(cells, key=lambda cell: abs(cell.target - target))


def answer(
    response: Response,
    steering: Steering,
    targets: Sequence[float],
    budgets_minor: Sequence[int | None],
    unit: int,
    doubt: Doubt,
    sales: float,
    rng: np.random.Generator,
) -> list[Cell]:
    """Cells of all targets and budgets; `unit` is micros per minor unit, `sales` orders each told.

    The ratio is what all plans of the market have shown, so the bidder knows it, too. Every cell
    meets the same draws of what may differ.
    """
    curves = {name: response.curve(name) * sales for name in ("moved", "added", "orders")}
    curves |= {"spend": response.curve("spend"), "newcomers": response.newcomers() * sales}
    curves |= {"multipliers": response.multipliers}
    pairs = [(target, budget) for target in targets for budget in budgets_minor]
    target = np.array([pair[0] for pair in pairs], np.float64)
    budget = np.array([np.inf if b is None else float(b) * unit for _, b in pairs])
    ones = np.ones(len(pairs))
    expected = drive(curves, steering, Setting(target, budget, ones, ones, ones))
    glimpses = response.glimpses(PATHS, rng)
    glimpses |= {name: glimpses[name] * sales for name in ("moved", "added", "orders")}
    glimpses |= {"multipliers": response.multipliers}
    drawn = _drawn(curves, glimpses, steering, target, budget, _doubt(response, doubt), rng)
    expected = _as_chance_has_it(expected, drawn, budget)
    known = bool((~np.isnan(response.newcomer)).any())
    return [
        _cell(pair, row, expected, drawn, unit, known) for row, pair in enumerate(pairs)
    ]  # fmt: skip


def _as_chance_has_it(expected: Course, drawn: Course, budget: Floats) -> Course:
    """The expected courses moved to where the drawn ones of their budget lie, in the mean of logs.

    Sales move as what should come of all that was shown: the luck of its orders is left out.
    """
    spend, sales = (
        _of_budget(before, after.reshape(len(before), PATHS), budget)
        for before, after in ((expected.spend, drawn.spend), (expected.due, drawn.due))
    )
    factor = {**dict.fromkeys(SUMS, sales), "spend": spend}
    return replace(expected, **{name: getattr(expected, name) * factor[name] for name in SUMS})


def _of_budget(before: Floats, after: Floats, budget: Floats) -> Floats:
    """How much more is drawn than expected, over the cells of each budget; 1 where nothing is."""
    ratio = after / np.maximum(before, 1e-300)[:, None]
    logs = np.log(np.where((ratio > 0) & (before > 0)[:, None], ratio, np.nan))
    factors = np.ones(len(before))
    for each in np.unique(budget):
        own = logs[budget == each]
        factors[budget == each] = np.exp(np.nanmean(own)) if np.isfinite(own).any() else 1.0
    return factors


def _doubt(response: Response, doubt: Doubt) -> Doubt:
    """With the error of the sample."""
    volume, cost = response.error()
    return replace(
        doubt,
        volume=float(np.hypot(doubt.volume, volume)),
        cost=float(np.hypot(doubt.cost, cost)),
    )


def _drawn(
    curves: dict[str, Floats],
    glimpses: dict[str, Floats],
    steering: Steering,
    target: Floats,
    budget: Floats,
    doubt: Doubt,
    rng: np.random.Generator,
) -> Course:
    """`PATHS` courses of each cell, cell by cell."""
    cells = len(target)
    draws = np.exp(_even_normals(4, rng) * _log_deviation(doubt)[:, None])
    volume, cost, ratio, luck = (np.tile(draw, cells) for draw in draws)
    setting = Setting(
        np.repeat(target, PATHS), np.repeat(budget, PATHS), volume, cost, ratio, glimpses
    )
    course = drive(curves, steering, setting, rng)
    return replace(
        course, gmv=course.gmv * luck, added=course.added * luck, orders=course.orders * luck
    )


def _even_normals(columns: int, rng: np.random.Generator) -> Floats:
    """(columns, PATHS) normal draws, each column spread evenly over the distribution."""
    quantiles = (np.arange(PATHS) + 0.5) / PATHS
    normals = np.array([NormalDist().inv_cdf(each) for each in quantiles])
    return np.array([rng.permutation(normals) for _ in range(columns)])


def _log_deviation(doubt: Doubt) -> Floats:
    relative = np.array([doubt.volume, doubt.cost, doubt.sales, doubt.luck])
    deviation: Floats = np.sqrt(np.log1p(relative**2))
    return deviation


def _cell(
    pair: tuple[float, int | None], row: int, expected: Course, drawn: Course, unit: int,
    known: bool,
) -> Cell:  # fmt: skip
    paths = slice(row * PATHS, (row + 1) * PATHS)

    def band(name: str, scale: float) -> Band:
        value = float(getattr(expected, name)[row]) / scale
        return _band(value, getattr(drawn, name)[paths] / scale)

    spend, orders = float(expected.spend[row]), float(expected.orders[row])
    roi = float(expected.gmv[row]) / spend if spend > 0 else 0.0
    spent = drawn.spend[paths]
    returns = drawn.gmv[paths][spent > 0] / spent[spent > 0]
    share = float(expected.newcomers[row]) / orders if known and orders > 0 else None
    return Cell(
        target=pair[0],
        budget_minor=pair[1],
        alpha=float(expected.alpha[row]),
        spend_minor=band("spend", unit),
        gmv_minor=band("gmv", unit),
        added_minor=band("added", unit),
        orders=band("orders", 1.0),
        roi=_band(roi, returns),
        newcomer_share=share,
    )


def _band(value: float, draws: Floats) -> Band:
    if not len(draws):
        return Band(value, value, value)
    low, high = np.quantile(draws, (LOW, HIGH))
    return Band(value, min(float(low), value), max(float(high), value))
