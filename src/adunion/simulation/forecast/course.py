"""The hours of a plan to come: the production bidder steers through the expected landscape.

Each row is one course: a target and a budget, and, where chance is wanted, one draw of how far
predictions, prices and traffic err and of the orders that come. Since the controller answers to
what happens, an error of the predictions is mostly made good; intervals that ignored that would be
too wide for the return and wrong for the volume.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.decision.bidding.drift import FIRST_SD, STEP_SD
from adunion.decision.bidding.launch import STEPS
from adunion.decision.bidding.types import (
    ALPHA_MAX,
    GRID,
    Controller,
    Landscape,
    Outlook,
    Results,
)

LAUNCH_REQUESTS = 3_000.0  # that a landscape seen before the launch counts for
MEMORY_KEPT_AN_HOUR = 0.5 ** (1 / 24)  # as `bidding.memory` fades landscapes
WINDOW_HOURS = 168  # that results reach back
HORIZON_HOURS = (6, 72)  # within which a return is to be back at its target, as in `bidding.pilot`
UNLIMITED = 1 << 61
CURVES = ("spend", "moved", "added", "orders", "newcomers")
SUMS = ("spend", "gmv", "added", "orders", "newcomers", "due")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Setting:
    """p courses; money in micros."""

    target: Floats  # (p,)
    budget: Floats  # (p,) what may be spent; inf without limit
    volume: Floats  # (p,) factor on what requests bring
    cost: Floats  # (p,) factor on prices
    sales: Floats  # (p,) orders per predicted order
    glimpses: dict[str, Floats] | None = None  # curves by few requests, (k, g), p a multiple of k


@dataclass(frozen=True)
class Steering:
    """What the courses share."""

    controller: Controller
    alpha: float  # the multiplier that a plan's bidder starts from
    traffic: Floats  # (h,) requests expected in the plan's hours, one hour a column
    endless: bool  # the plan goes on after the last of these hours
    matured: Floats  # (h + 1,) share of orders that have come k hours after the impression
    level: float  # sales over predictions as all plans' bidders know them now, over those to come
    spread: float  # variance of an order's worth over its squared mean
    lasting: float = 1.0  # what that level will be by the sales of all other plans
    orders: float = np.inf  # an hour, of all other plans: by them the level is told
    misjudged: float = 0.0  # variance of its logarithm, as bidders know it at the launch


@dataclass(frozen=True)
class Course:
    """What each course comes to, (p,): expected, or drawn where there was chance; micros."""

    spend: Floats
    gmv: Floats
    added: Floats
    orders: Floats
    newcomers: Floats
    due: Floats  # GMV that all it showed should bring, whatever the luck of its orders
    alpha: Floats  # the multiplier, weighted by spend


def drive(
    curves: dict[str, Floats], steering: Steering, setting: Setting,
    rng: np.random.Generator | None = None,
) -> Course:  # fmt: skip
    """Steer hour by hour; `curves` are per request at each of `multipliers`, (g,).

    They are `spend`, `moved`, `added`, `orders` and `newcomers`, beside `multipliers`. Without
    `rng` orders come as expected. An hour that would overspend the budget stops in the middle.
    Where the setting has glimpses, they are all that the bidder sees at its launch and in an hour.
    """
    rows, hours = len(setting.target), len(steering.traffic)
    glance = _landscape(curves if setting.glimpses is None else setting.glimpses, setting)
    seen = _glimpsed(glance, setting, None)
    left = setting.budget.copy()
    sums = {name: np.zeros(rows) for name in SUMS}
    steered, span = np.zeros(rows), np.full(rows, steering.misjudged)
    level = np.full(rows, np.log(steering.level))
    if rng is not None:
        level += rng.normal(size=rows) * np.sqrt(span * (1 - span / FIRST_SD**2))
    alpha, landscape = _first(steering, setting, seen, np.exp(level)), seen * LAUNCH_REQUESTS
    hourly = np.zeros((3, rows, hours))  # predicted GMV, GMV, orders by hour of the impression
    spent = np.zeros((rows, hours))
    for hour in range(hours):
        traffic = steering.traffic[hour]
        won = _won(curves, setting, alpha, traffic)
        share = np.minimum(1.0, left / np.maximum(won["spend"], 1e-9))
        won = {name: amount * share for name, amount in won.items()}
        gmv, orders = _orders(won, setting, steering.spread, rng)
        left = np.maximum(left - won["spend"], 0)
        spent[:, hour] = won["spend"]
        hourly[:, :, hour] = won["moved"], gmv, orders
        ratio = gmv / np.maximum(won["moved"], 1e-300)
        new = won["newcomers"] / np.maximum(won["orders"], 1e-300)
        due = won["moved"] * setting.sales
        told = (won["spend"], gmv, won["added"] * ratio, orders, new * orders, due)
        for name, amount in zip(SUMS, told, strict=True):
            sums[name] += amount
        steered += alpha * won["spend"]
        landscape = landscape * MEMORY_KEPT_AN_HOUR + _glimpsed(glance, setting, rng) * traffic
        gain, span = _gain(span, won["orders"], steering)
        level += gain * (_lasting(won["orders"], steering) - level)
        if rng is not None:
            level += rng.normal(size=rows) * np.sqrt(gain * span)
        results = _results(spent, hourly, hour, steering, np.exp(level))
        outlook = _outlook(steering, setting.target, alpha, left, hour + 1)
        if hour + 1 < hours:
            wanted = steering.controller(landscape, results, outlook)
            alpha = np.clip(np.nan_to_num(wanted, nan=1.0), 0, ALPHA_MAX)
    mean_alpha = np.where(sums["spend"] > 0, steered / np.maximum(sums["spend"], 1e-300), alpha)
    sums["spend"] = np.minimum(sums["spend"], setting.budget)
    return Course(**sums, alpha=mean_alpha)


def _first(steering: Steering, setting: Setting, seen: Landscape, level: Floats) -> Floats:
    """The first multipliers: a new plan bids in requests of before, see `bidding.launch`."""
    rows = len(setting.target)
    nothing = np.zeros((rows, 0))
    results = _results(nothing, np.zeros((3, rows, 0)), -1, steering, level)
    alpha = np.full(rows, steering.alpha)
    for _ in range(STEPS):
        outlook = _outlook(steering, setting.target, alpha, setting.budget, 0)
        alpha = np.maximum(steering.controller(seen * LAUNCH_REQUESTS, results, outlook), 1e-6)
    return alpha


def _landscape(curves: dict[str, Floats], setting: Setting) -> Landscape:
    """Curves at the controller's multipliers, per request, (p, GRID)."""
    at = np.log(GRID[None, :] / setting.target[:, None])
    names = ("spend", "moved", "added", "orders")
    return Landscape(np.ones(len(at)), *(_between(at, curves, name) for name in names))


def _glimpsed(glance: Landscape, setting: Setting, rng: np.random.Generator | None) -> Landscape:
    """What the controller observes; with `rng` a glimpse of the cell at random for each course."""
    if setting.glimpses is not None and rng is not None:
        of, rows = len(setting.glimpses["spend"]), np.arange(len(setting.target))
        glance = glance.take(rows - rows % of + rng.permutation(of)[rows % of])
    volume = setting.volume[:, None]
    return Landscape(
        glance.traffic, glance.spend * volume * setting.cost[:, None], glance.moved * volume,
        glance.added * volume, glance.orders * volume,
    )  # fmt: skip


def _between(at: Floats, curves: dict[str, Floats], name: str) -> Floats:
    """A curve at logs of multipliers: a power of them between, flat above, to 0 below them.

    Curves of (k, g) are taken in turn by the rows of `at`.
    """
    logs, curve = np.log(curves["multipliers"]), np.atleast_2d(curves[name])
    place = np.interp(at, logs, np.arange(len(logs)))
    left = np.minimum(place.astype(np.int64), len(logs) - 2)
    own = np.arange(len(at)) % len(curve)
    own = own if at.ndim == 1 else own[:, None]
    here, there = curve[own, left], curve[own, left + 1]
    part, power = place - left, (here > 0) & (there > 0)
    steep = np.where(power, there, 1.0) / np.where(power, here, 1.0)
    found = np.where(power, here * steep**part, here + part * (there - here))
    lower: Floats = found * np.exp(np.minimum(at - logs[0], 0))
    return lower


def _won(
    curves: dict[str, Floats], setting: Setting, alpha: Floats, traffic: float
) -> dict[str, Floats]:
    """What an hour brings as the market predicts it."""
    at = np.log(np.maximum(alpha, 1e-9) / setting.target)
    won = {name: _between(at, curves, name) * setting.volume * traffic for name in CURVES}
    won["spend"] = won["spend"] * setting.cost
    return won


def _orders(
    won: dict[str, Floats], setting: Setting, spread: float, rng: np.random.Generator | None
) -> tuple[Floats, Floats]:
    """(GMV, orders) of an hour: as expected, or a compound Poisson with gamma worths."""
    gmv, orders = won["moved"] * setting.sales, won["orders"] * setting.sales
    if rng is None:
        return gmv, orders
    count = rng.poisson(orders).astype(np.float64)
    mean = gmv / np.maximum(orders, 1e-300)
    if spread > 0:
        mean = mean * rng.gamma(np.maximum(count, 1e-9) / spread, spread) / np.maximum(count, 1)
    return count * mean, count


def _gain(span: Floats, own: Floats, steering: Steering) -> tuple[Floats, Floats]:
    """How far another hour of orders takes the level, and its variance then, (p,) each.

    By the filter that follows it, `bidding.drift`.
    """
    noise = (1 + steering.spread) / np.maximum(steering.orders + own, 1e-9)
    span = span + STEP_SD**2
    gain = span / (span + noise)
    return gain, (1 - gain) * span


def _lasting(own: Floats, steering: Steering) -> Floats:
    """Where orders take the level, its logarithm, (p,); 0 is the plan's own sales."""
    if not np.isfinite(steering.orders):
        return np.full(len(own), np.log(steering.lasting))
    others = steering.orders / np.maximum(steering.orders + own, 1e-9)
    logs: Floats = np.log(others * steering.lasting + 1 - others)
    return logs


def _results(
    spent: Floats, hourly: Floats, hour: int, steering: Steering, level: Floats
) -> Results:
    """What the controller knows at the end of an hour: late orders have not come yet."""
    first = max(hour + 1 - WINDOW_HOURS, 0)
    window = slice(first, hour + 1)
    come = steering.matured[hour + 1 - np.arange(first, hour + 1)]
    predicted, gmv, orders = hourly[:, :, window] @ come
    expected = hourly[0][:, window].sum(axis=1)
    return Results(
        spend_micros=spent[:, window].sum(axis=1).astype(np.int64),
        gmv_micros=gmv.astype(np.int64),
        orders=np.rint(orders).astype(np.int64),
        expected_micros=expected,
        matured_micros=predicted,
        level=level,  # type: ignore[arg-type]  # one a course
        likely_micros=expected * level,
        likely_matured_micros=predicted * level,
        square_micros=(1 + steering.spread) * gmv**2 / np.maximum(orders, 1e-9),
        apart=True,
    )


def _outlook(steering: Steering, target: Floats, alpha: Floats, left: Floats, hour: int) -> Outlook:
    ahead = steering.traffic[hour:]
    least, most = HORIZON_HOURS
    mean = float(steering.traffic.mean()) if len(steering.traffic) else 0.0
    near = float(ahead[:most].sum())
    if steering.endless:
        near += mean * max(most - len(ahead), 0)
    else:
        near = max(near, mean * least)
    to_end = np.inf if steering.endless else float(ahead.sum())
    rows = len(target)
    return Outlook(
        target_roi=target,
        alpha=alpha,
        budget_left_micros=np.minimum(left, UNLIMITED).astype(np.int64),
        traffic_to_end=np.full(rows, to_end),
        traffic_to_horizon=np.full(rows, near),
    )
