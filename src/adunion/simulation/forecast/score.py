"""How forecasts did: what was told of each launched plan beside what then happened to it.

Beside every error stands its floor: what a forecast would score that knew each plan's true
expectation, given what was shown. Only the chance of single orders is left in it. That of spend,
which is no sum of chances, is told by launching some plans a second time among people of another
luck: two such lives differ by the noise of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from .answer import Cell

ORDERS_MIN = 20
"""Plans that sell less are reported apart: their return is mostly chance."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Launched:
    """One plan: told before, and had in the end; minor units."""

    market: int
    plan: str  # the same in every arm that launched it
    arm: str  # its setting
    told: Cell
    spend_minor: float
    gmv_minor: float
    added_minor: float
    orders: int
    expected_gmv_minor: float  # the simulator's truth of what was shown
    expected_orders: float
    spend_again_minor: float | None = None  # of the same launch among people of another luck

    @property
    def roi(self) -> float:
        """Counted sales over spend."""
        return self.gmv_minor / self.spend_minor

    @property
    def expected_roi(self) -> float:
        """The same without the chance of orders."""
        return self.expected_gmv_minor / self.spend_minor


@dataclass(frozen=True)
class Alone:
    """One plan launched alone, beside a life without it; expected sales by the simulator's truth.

    Changes are of all sales, moved by a bid or not; minor units.
    """

    market: int
    plan: str
    told: Cell
    gmv_minor: float  # counted sales
    gained_minor: float  # of all that its merchant sells
    others_minor: float  # of the items of other merchants' plans
    organic_minor: float  # of everything else


def score_alone(found: Sequence[Alone]) -> dict[str, Any]:
    """What was told of everyone's sales and what came, all over the plans' counted sales."""
    gmv = np.array([plan.gmv_minor for plan in found])
    outside = [plan.told.outside for plan in found]
    scores: dict[str, Any] = {"plans": len(found)}
    for name, told, had in (
        ("gained", [o.own_minor if o else 0.0 for o in outside], [p.gained_minor for p in found]),
        ("others", [o.gmv_minor if o else 0.0 for o in outside], [p.others_minor for p in found]),
        ("organic", [o.organic_minor if o else 0.0 for o in outside],
         [p.organic_minor for p in found]),
    ):  # fmt: skip
        apart = np.abs(np.array(told) - np.array(had)) / gmv
        scores[name] = {
            "told": float(np.sum(told) / gmv.sum()), "had": float(np.sum(had) / gmv.sum()),
            "error": float(np.median(apart)),
            "rank": _spearman(np.array(told) / gmv, np.array(had) / gmv),
        }  # fmt: skip
    return scores


def score(launched: Sequence[Launched]) -> dict[str, Any]:
    """Errors, bias, coverage, direction and rank of the plans that sold enough."""
    spent = [plan for plan in launched if plan.spend_minor > 0 and plan.gmv_minor > 0]
    sold = [plan for plan in spent if plan.orders >= ORDERS_MIN]
    few = [plan for plan in spent if plan.orders < ORDERS_MIN]
    return {
        "plans": len(launched),
        "scored": len(sold),
        "orders_min": ORDERS_MIN,
        "orders_median": float(np.median([plan.orders for plan in sold])) if sold else 0.0,
        **_scored(sold),
        "few_orders": {"plans": len(few), "unspent": len(launched) - len(spent),
                       **({"roi": _errors(few)["roi"]} if few else {})},
    }  # fmt: skip


def _scored(sold: Sequence[Launched]) -> dict[str, Any]:
    if len(sold) < 2:
        return {}
    return {**_errors(sold), "direction": _direction(sold), "rank": _rank(sold)}


def _errors(plans: Sequence[Launched]) -> dict[str, dict[str, float]]:
    """By figure: median absolute error, bias, share within the interval, and the floors."""
    gmv = np.array([plan.expected_gmv_minor / plan.gmv_minor for plan in plans])
    orders = np.array([plan.expected_orders / max(plan.orders, 1) for plan in plans])
    twice = [plan for plan in plans if plan.spend_again_minor]
    again = np.array([float(plan.spend_again_minor or 0) / plan.spend_minor for plan in twice])
    found: dict[str, dict[str, float]] = {}
    for name, key, had, floor in (
        ("roi", "roi", [plan.roi for plan in plans], gmv),
        ("spend", "spend_minor", [plan.spend_minor for plan in plans], None),
        ("gmv", "gmv_minor", [plan.gmv_minor for plan in plans], gmv),
        ("orders", "orders", [max(plan.orders, 1) for plan in plans], orders),
    ):
        bands = [getattr(plan.told, key) for plan in plans]
        ratio = np.array([band.value for band in bands]) / np.array(had)
        inside = [band.low <= each <= band.high for band, each in zip(bands, had, strict=True)]
        found[name] = {
            "error": _median_error(ratio), "bias": _bias(ratio), "covered": float(np.mean(inside)),
        }  # fmt: skip
        if floor is not None:
            found[name] |= {"error_floor": _median_error(floor), "bias_floor": _bias(floor)}
        elif len(again):
            found[name] |= {"error_floor": _median_error(again) / float(np.sqrt(2))}
    return found


def _median_error(ratio: Floats) -> float:
    return float(np.median(np.abs(ratio - 1)))


def _bias(ratio: Floats) -> float:
    """Of the geometric mean, which errors up and down by one factor leave at 0."""
    return float(np.expm1(np.mean(np.log(np.maximum(ratio, 1e-6)))))


def _direction(sold: Sequence[Launched]) -> dict[str, float]:
    """Of pairs of settings of one plan, which had the better return and the larger sales."""
    by_plan: dict[tuple[int, str], list[Launched]] = {}
    for plan in sold:
        by_plan.setdefault((plan.market, plan.plan), []).append(plan)
    pairs = [pair for plans in by_plan.values() for pair in combinations(plans, 2)]
    if not pairs:
        return {"pairs": 0}
    return {
        "pairs": len(pairs),
        "roi": _right((a.told.roi.value - b.told.roi.value, a.roi - b.roi) for a, b in pairs),
        "roi_floor": _right((a.expected_roi - b.expected_roi, a.roi - b.roi) for a, b in pairs),
        "gmv": _right(
            (a.told.gmv_minor.value - b.told.gmv_minor.value, a.gmv_minor - b.gmv_minor)
            for a, b in pairs
        ),
        "gmv_floor": _right(
            (a.expected_gmv_minor - b.expected_gmv_minor, a.gmv_minor - b.gmv_minor)
            for a, b in pairs
        ),
    }


def _right(differences: Iterable[tuple[float, float]]) -> float:
    return float(np.mean([told * had > 0 for told, had in differences]))


def _rank(sold: Sequence[Launched]) -> dict[str, float]:
    """Spearman's rank correlations over all plans."""
    told_roi = np.array([plan.told.roi.value for plan in sold])
    told_gmv = np.array([plan.told.gmv_minor.value for plan in sold])
    roi, gmv = np.array([plan.roi for plan in sold]), np.array([plan.gmv_minor for plan in sold])
    return {
        "roi": _spearman(told_roi, roi),
        "roi_floor": _spearman(np.array([plan.expected_roi for plan in sold]), roi),
        "gmv": _spearman(told_gmv, gmv),
        "gmv_floor": _spearman(np.array([plan.expected_gmv_minor for plan in sold]), gmv),
    }


def _spearman(a: Floats, b: Floats) -> float:
    first, second = (np.argsort(np.argsort(each)).astype(np.float64) for each in (a, b))
    return float(np.corrcoef(first, second)[0, 1])
