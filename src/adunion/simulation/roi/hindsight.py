"""The best a plan could have had of its requests, knowing them all: a linear programme.

With rivals as they were, a plan has in each request one option a bid: a cost and a value. Hindsight
chooses among them, in fractions, so that the value is greatest while
    value >= target * cost   and   cost <= budget.
Requests are a sample of those the plan could bid in, with the budget scaled to it. An option's
value is what the platform could know of it: the predicted value, times true over predicted of that
bid over all requests. `clairvoyant` also knows the true chance of every order, which nobody can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.decision.auction.batch import Goods, Rules, facts_of, rank
from adunion.decision.auction.pricing import EXPOSURE_ONE
from adunion.decision.auction.rank import SCORE_MAX, Scratch, scratch
from adunion.decision.bidding.sample import Kept
from adunion.kernel.errors import AdUnionError

from .people import F64, I64

STEPS = np.geomspace(0.004, 4.0, 36)
"""Bids tried, as shares of the predicted value of a sale."""
AS_IT_WAS = 0  # the first option: the bid that was made


@dataclass(frozen=True)
class Options:
    """Of sampled requests, (s, 1 + steps), micros; exposures taken as they are expected."""

    plan: I64  # (s,)
    cost: F64
    predicted: F64
    true: F64
    added: F64  # the part of `true` that the bid added, by the exposure with and without it


@dataclass(frozen=True)
class Hindsight:
    """Of one plan, over the sampled requests."""

    value: float  # as it was, true
    best: float  # the optimum; 0 where nothing meets the target
    single: float  # of the best one multiplier for all requests
    clairvoyant: float
    best_spend: float
    added: float  # what its bids added to the sales of its items, as it was
    best_added: float  # what those of the optimum would have added


@njit(cache=True, nogil=True)
def _options(
    kept: Kept,
    goods: Goods,
    rules: Rules,
    chances: F64,
    true_chances: F64,
    steps: F64,
    work: Scratch,
    cost: F64,
    predicted: F64,
    true: F64,
    added: F64,
) -> None:
    for pair in range(len(kept.pair_request)):
        request, plan = kept.pair_request[pair], kept.pair_plan[pair]
        begin, end = kept.offsets[request], kept.offsets[request + 1]
        item, organic = kept.item[begin:end], kept.organic[begin:end]
        bid = kept.bid[begin:end].copy()
        theta = goods.exposures[kept.placement[request]]
        slots, paid = min(int(kept.slots[request]), len(theta)), int(kept.paid[request])
        for step in range(len(steps) + 1):
            if step > 0:
                for row in range(end - begin):
                    if kept.plan[begin + row] == plan:
                        worth = chances[begin + row] * goods.promised_micros[item[row]]
                        wanted = min(steps[step - 1] * worth, float(SCORE_MAX // 2))
                        bid[row] = max(int(wanted) - rules.reserve_micros, 0)
            filled = rank(work, organic, bid, item, goods.merchant, goods.group, slots, paid, rules)
            for slot in range(filled):
                winner = work.chosen[slot]
                if kept.plan[begin + winner] != plan or not work.counted[slot]:
                    continue
                without, payment, _ = facts_of(
                    work, slot, organic, bid, kept.plan[begin:end], item, goods.merchant,
                    goods.group, theta, slots, paid, rules,
                )  # fmt: skip
                if theta[slot] <= without:
                    continue
                reserve = rules.reserve_micros * (theta[slot] - without)
                cost[pair, step] += (payment + reserve) / EXPOSURE_ONE
                shown = theta[slot] / EXPOSURE_ONE * goods.promised_micros[item[winner]]
                predicted[pair, step] += shown * chances[begin + winner]
                true[pair, step] += shown * true_chances[begin + winner]
                gained = (theta[slot] - without) / theta[slot]
                added[pair, step] += gained * shown * true_chances[begin + winner]


def options(kept: Kept, true_chances: F64, goods: Goods, rules: Rules) -> Options:
    """What each sampled request would have brought its plan at each bid, by the uplift price."""
    shape = (len(kept.pair_request), len(STEPS) + 1)
    columns = [np.zeros(shape) for _ in range(4)]
    work = scratch(int(np.diff(kept.offsets).max(initial=1)))
    _options(kept, goods, rules, kept.chance, true_chances, STEPS, work, *columns)
    return Options(kept.pair_plan, *columns)


def hindsight(
    found: Options, plan: int, target: float, budget: float, spend: float, seen: int
) -> Hindsight:
    """Compare a plan with the optimum over the same requests.

    The sample stands for all requests by its part of the plan's whole `spend`; where the plan spent
    nothing, by its part of the requests `seen`.
    """
    mine = found.plan == plan
    cost, predicted, true = found.cost[mine], found.predicted[mine], found.true[mine]
    added = found.added[mine]
    share = float(cost[:, AS_IT_WAS].sum()) / spend if spend > 0 else len(cost) / max(seen, 1)
    level = true.sum(axis=0) / np.maximum(predicted.sum(axis=0), 1)
    was = float(true[:, AS_IT_WAS].sum())
    value = predicted[:, 1:] * level[1:]
    chosen = choice(cost[:, 1:], value, target, budget * share)
    best, spend = float((chosen * value).sum()), float((chosen * cost[:, 1:]).sum())
    clairvoyant, _ = optimum(cost[:, 1:], true[:, 1:], target, budget * share)
    one = single(cost[:, 1:].sum(axis=0), true[:, 1:].sum(axis=0), target, budget * share)
    return Hindsight(
        was, best, one, clairvoyant, spend / share if share else 0.0,
        float(added[:, AS_IT_WAS].sum()), float((chosen * added[:, 1:]).sum()),
    )  # fmt: skip


def single(cost: F64, value: F64, target: float, budget: float) -> float:
    """The most value of one bid for all requests, between two of `STEPS` in part; (g,) arrays."""
    at = np.linspace(0, len(cost) - 1, 20 * len(cost))
    spend, worth = (np.interp(at, np.arange(len(cost)), column) for column in (cost, value))
    fits = (spend <= budget) & (worth >= target * spend)
    return float(np.where(fits, worth, 0.0).max())


def optimum(cost: F64, value: F64, target: float, budget: float) -> tuple[float, float]:
    """(value, cost) of the best fractional choice of at most one option a row; (r, o) arrays."""
    chosen = choice(cost, value, target, budget)
    return float((chosen * value).sum()), float((chosen * cost).sum())


def choice(cost: F64, value: F64, target: float, budget: float) -> F64:
    """That choice: how far each option is taken, (r, o)."""
    try:
        import highspy
    except ImportError:
        raise AdUnionError(
            "no_highs", "The hindsight optimum is solved by HiGHS, which is not installed.", 424,
            hint="pip install 'adunion[bench]', or pip install highspy",
        ) from None  # fmt: skip
    row, option = np.nonzero(_distinct(cost, value))
    count, found = len(row), np.zeros(cost.shape)
    if not count:
        return found
    scale = float(value.sum(axis=0).max())
    worth, price = value[row, option] / scale, cost[row, option] / scale
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    rows = np.unique(row)
    starts = np.concatenate([[0], np.searchsorted(row, rows[1:]), [count]])
    every = np.arange(count)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, len(rows) + 2
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = worth
    model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
    model.row_lower_ = np.concatenate([np.full(len(rows) + 1, -np.inf), [0.0]])
    model.row_upper_ = np.concatenate([np.ones(len(rows)), [budget / scale, np.inf]])
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.concatenate([starts, [2 * count, 3 * count]]).astype(np.int32)
    matrix.index_ = np.concatenate([every, every, every]).astype(np.int32)
    matrix.value_ = np.concatenate([np.ones(count), price, worth - target * price])
    solver.passModel(model)
    solver.run()
    found[row, option] = solver.getSolution().col_value
    return found


def _distinct(cost: F64, value: F64) -> npt.NDArray[np.bool_]:
    """Options worth something that differ from the one before them in the row."""
    change = np.ones(cost.shape, np.bool_)
    change[:, 1:] = (np.diff(cost, axis=1) != 0) | (np.diff(value, axis=1) != 0)
    return change & (value > 0)
