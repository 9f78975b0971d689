"""The figures of a course: by plan, then over the market. `docs/roi.md` defines them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from adunion.decision.book import UNLIMITED
from adunion.decision.goods import goods

from .course import Course
from .hindsight import hindsight, options
from .people import F64
from .world import PLACEMENTS, START

ORDERS_MANY = 200  # from here on chance no longer hides the return
ORDERS_DAY = 20  # of a day, from which on the guarantee holds
GUARANTEED = 0.9


@dataclass(frozen=True)
class PlanFigures:
    """Of one plan; money in major units."""

    target: float
    budget: float | None
    spend: float
    gmv: float
    orders: int
    attained: float | None  # realised
    expected: float | None  # by the true chances
    net: float | None  # realised, without what came back
    value: float  # true expected GMV of the sampled requests
    best: float  # hindsight's, of the same requests
    single: float  # of the best one multiplier in hindsight
    clairvoyant: float
    best_spend: float  # hindsight's, of all requests
    added: float  # true expected GMV that the bids added, of the sampled requests
    best_added: float  # that those of hindsight's would have added
    credit: float
    pacing_error: float | None
    unreachable: bool
    says_unreachable: bool
    step: float  # mean |change of log multiplier| a tick
    turns: float  # share of ticks in which the multiplier turns round


def plans(course: Course) -> list[PlanFigures]:
    """The plans compared with hindsight, in the order of the book."""
    world = course.world
    settings = world.settings
    found = options(
        course.kept, course.chance,
        goods(world.catalog, PLACEMENTS, settings.experience_bps), settings.rules,
    )  # fmt: skip
    credits = credit(course)
    out = []
    for row, plan in enumerate(world.plans[: world.market.measured]):
        target = float(plan.target_roi)
        budget = float(course.budget[row])
        spend, gmv = float(course.spend[:, row].sum()), float(course.gmv[:, row].sum())
        against = hindsight(found, row, target, budget, spend, int(course.seen[row]))
        aimed = spend * target
        limited = budget < UNLIMITED
        moves = np.diff(np.log(course.alpha[24:, row]))
        out.append(
            PlanFigures(
                target, budget / 1e6 if limited else None, spend / 1e6, gmv / 1e6,
                int(course.orders[:, row].sum()), _ratio(gmv, aimed),
                _ratio(float(course.expected[:, row].sum()), aimed),
                _ratio(float(course.net[:, row].sum()), aimed),
                against.value / 1e6, against.best / 1e6, against.single / 1e6,
                against.clairvoyant / 1e6,
                against.best_spend / 1e6, against.added / 1e6, against.best_added / 1e6,
                float(credits[row]) / 1e6,
                _pacing(course, row) if limited else None,
                world.unreachable[row], bool(course.says_unreachable[row]),
                float(np.abs(moves).mean()) if len(moves) else 0.0,
                float((moves[1:] * moves[:-1] < 0).mean()) if len(moves) > 1 else 0.0,
            )
        )  # fmt: skip
    return out


def credit(course: Course) -> F64:
    """The guarantee's credits by plan, micros: sales count to the day of their impression."""
    hours, count = course.spend.shape
    spend, gmv, orders = (
        part.reshape(hours // 24, 24, count).sum(axis=1)
        for part in (course.spend, course.gmv, course.orders)
    )
    target = np.array([float(plan.target_roi) for plan in course.world.plans])
    return credit_of(spend, gmv, orders, target)


def credit_of(spend: F64, gmv: F64, orders: F64, target: F64) -> F64:
    """The sum of max(0, spend - GMV / (.9 target)) over days with enough orders; (d, p) -> (p,)."""
    short = np.maximum(spend - gmv / (GUARANTEED * target), 0)
    owed: F64 = np.where(orders > ORDERS_DAY, short, 0).sum(axis=0)
    return owed


def _pacing(course: Course, row: int) -> float:
    """Mean distance of spend from the traffic's share of it, in the plan's hours."""
    spend = course.spend[:, row]
    live = np.flatnonzero(_live(course, row))
    total = spend[live].sum()
    if not total:
        return 1.0
    traffic = np.array(
        [course.world.rate(hour) * course.world.conditions(hour)[0] for hour in live.tolist()]
    )
    apart = spend[live].cumsum() / total - traffic.cumsum() / traffic.sum()
    return float(np.abs(apart).mean())


def _live(course: Course, row: int) -> np.ndarray:
    plan = course.world.plans[row]
    hours = np.arange(len(course.spend))
    begin = (plan.start_at - START).total_seconds() / 3600
    end = np.inf if plan.end_at is None else (plan.end_at - START).total_seconds() / 3600
    return (hours >= begin) & (hours < end)


def figures(found: list[PlanFigures]) -> dict[str, Any]:
    """Over the plans of one course, or of several."""
    able = [plan for plan in found if not plan.unreachable]
    many = [plan for plan in able if plan.orders >= ORDERS_MANY]
    limited = [plan for plan in able if plan.budget is not None]
    spend = sum(plan.spend for plan in found)
    best = sum(plan.best for plan in able)
    pacing = [plan.pacing_error for plan in limited if plan.pacing_error is not None]
    wanted = sum(min(plan.budget or 0, plan.best_spend) for plan in limited)
    hopeless = [plan for plan in found if plan.unreachable]
    step, turns = ([getattr(plan, name) for plan in found] for name in ("step", "turns"))
    return {
        "plans": len(found),
        "plans_many": len(many),
        "realised_90": _share(many, lambda plan: (plan.attained or 0) >= 0.9),
        "expected_95": _share(many, lambda plan: (plan.expected or 0) >= 0.95),
        "attained": _total(many, "gmv"),
        "expected_median": _median([plan.expected for plan in able]),
        "value_of_best": _ratio(sum(min(plan.value, plan.best) for plan in able), best),
        "single_of_best": _ratio(sum(plan.single for plan in able), best),
        "added_of_best": _ratio(
            sum(plan.added for plan in able), sum(plan.best_added for plan in able)
        ),
        "value_of_clairvoyant": _ratio(
            sum(min(plan.value, plan.clairvoyant) for plan in able),
            sum(plan.clairvoyant for plan in able),
        ),
        "budget_use": _ratio(sum(plan.spend for plan in limited), wanted),
        "pacing_error": float(np.mean(pacing)) if pacing else None,
        "compensation": _ratio(sum(plan.credit for plan in found), spend),
        "step": float(np.mean(step)) if step else None,
        "turns": float(np.mean(turns)) if turns else None,
        "unreachable_spend": _ratio(sum(plan.spend for plan in hopeless), spend),
        "unreachable_said": _share(hopeless, lambda plan: plan.says_unreachable),
    }


def _total(found: list[PlanFigures], column: str) -> float | None:
    aimed = sum(plan.spend * plan.target for plan in found)
    return _ratio(sum(getattr(plan, column) for plan in found), aimed)


def _share(found: list[PlanFigures], test: Any) -> float | None:
    return sum(map(test, found)) / len(found) if found else None


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None
