"""What a plan would bring before it is launched: recent requests, decided again with it in.

The market's own parts answer: its log says who asks, its retrieval and predictions who could be
shown, its auction kernel who wins at which bid, its bidder how the plan is steered, and its rivals'
bidders how they answer. `simulation.forecast` puts that together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from adunion.campaigns.types import HOURS_OF_WEEK
from adunion.decision.auction.batch import HOUR_US, MONDAY_HOURS, Goods
from adunion.decision.bidding import bidder
from adunion.decision.bidding.drift import FIRST_SD
from adunion.decision.bidding.outcomes import WINDOW_HOURS
from adunion.decision.bidding.types import Results
from adunion.decision.book import ALPHA_FIRST, PlanBook
from adunion.decision.goods import promised
from adunion.kernel.clock import generator
from adunion.kernel.money import micros_per_minor
from adunion.simulation.forecast import (
    Forecast,
    Response,
    Steering,
    Trial,
    answer,
    multipliers,
    respond,
)
from adunion.simulation.forecast.answer import Cell, Doubt, Outside
from adunion.simulation.forecast.pages import Standing, standing
from adunion.simulation.forecast.rivals import Rivals, answered

from .brain import Brain
from .recent import Logged
from .replayed import Grounds, Replayed, Wish, replay, scored, with_and_without

HOURS_ENDLESS = 168  # that a forecast covers where the plan has no end
HOURS_MAX = 24 * 28
DELAY_HOURS = 168
TRUST_ORDERS = 200.0  # predictions count like this many orders when judged by sales
RATIO = (0.4, 2.5)  # how far sales may correct predictions
REACHED_FEW = 200
OUTSIDE_REQUESTS = 800  # that others' losses are worked out from
ASSUMED_A_DAY = 1_000  # requests, without any history
DOUBT, DOUBT_ASSUMED = Doubt(), Doubt(volume=1.0, cost=0.3, sales=0.5)
HANDICAPS = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)  # tried for a least share of new customers
SPREAD_MIN = 1.0  # an order's worth varies at least so much: pieces, sizes, baskets

Rows = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def forecast(grounds: Grounds, wish: Wish) -> Forecast:
    """Spend, sales, orders, return and newcomers for each target and budget."""
    brain, engine = grounds.brain, grounds.brain.engine
    start_us = max(wish.start_us or grounds.now_us, grounds.now_us)
    hours = _hours(start_us, wish.end_us)
    live = _live_hours(start_us, hours, wish.dayparts)
    with grounds.turn():
        logged = grounds.recent.logged()
        results = grounds.outcomes.results(brain.plans.ids, grounds.now_us)
        matured = grounds.outcomes.matured(np.arange(DELAY_HOURS + 1, dtype=np.float64) - 0.5)
        traffic = _traffic(brain, logged, grounds.now_us, start_us, hours, live)
    with brain.trying(wish.rows) as book:
        book.order_micros[-1], book.net[-1] = wish.order_micros, wish.net
        replayed = replay(grounds, wish, book, logged, start_us, live)
    grid, plan = multipliers(wish.targets), len(book) - 1
    middle = float(np.exp(np.log(grid[[0, -1]]).mean()))
    rivals = _rivals_alpha(grounds, replayed.trial, plan, middle, results)
    book.alpha = np.append(rivals, 0.0)
    goods = promised(engine.goods, book, brain.returned)
    rules, pricing = engine.settings.rules, engine.settings.pricing

    def at_handicap(handicap: float, trial: Trial) -> Response:
        weighed = scored(_weighed(trial, wish, goods, handicap), book, engine)
        return respond(weighed, plan, grid, goods, rules, pricing)

    response, handicap, short = _held(replayed.trial, wish, grid, at_handicap)
    sales, doubt = sales_ratio(results), DOUBT if logged else DOUBT_ASSUMED
    spread = _spread(brain, wish.rows)
    lasting, orders = _others(brain, results, book, sales, grounds.now_us)
    steering = Steering(
        controller=bidder.get(engine.settings.bidder),
        alpha=ALPHA_FIRST,
        traffic=traffic,
        endless=wish.end_us is None,
        matured=matured,
        level=results.level / sales,
        lasting=lasting / sales,
        spread=spread,
        orders=orders,
        misjudged=1 / (FIRST_SD**-2 + float(results.orders.sum()) / (1 + spread)),
    )
    cells = answer(
        response, steering, wish.targets, wish.budgets_minor,
        micros_per_minor(brain.catalog.currency), doubt, sales,
        generator(len(wish.rows), replayed.looked),
    )  # fmt: skip
    return Forecast(
        cells=_with_outside(
            cells,
            grounds,
            wish,
            replayed,
            book,
            goods,
            handicap,
            sales,
            float(steering.traffic.sum()),
        ),
        hours=hours,
        endless=wish.end_us is None,
        traffic=float(steering.traffic.sum()),
        requests=logged.count if logged else 0,
        looked=replayed.looked,
        reached=len(replayed.trial),
        assumptions=[
            *replayed.assumptions,
            *_assumed(grounds, logged, len(replayed.trial), results),
            *(["new_share"] if short else []),
        ],
    )


def _held(
    trial: Trial, wish: Wish, grid: Floats, at_handicap: Callable[[float, Trial], Response]
) -> tuple[Response, float, bool]:
    """What the plan would bring at the least handicap that holds its share of new customers.

    Also that handicap (see `decision/bidding/new_share.py`), and whether even the greatest does not
    hold the share. It is judged at the middle target. Whether shoppers without consent are new is
    not known: their orders have the share that all have without a handicap.
    """
    free = at_handicap(0.0, trial)
    at = int(np.searchsorted(grid, 1 / np.exp(np.log(wish.targets).mean())).clip(0, len(grid) - 1))
    orders, new = free.curve("orders")[at], free.newcomers()[at]
    if not wish.min_new or not orders or np.isnan(trial.newcomer).all():
        return free, 0.0, False
    told = np.where(np.isnan(trial.newcomer), new / orders, trial.newcomer)
    trial = replace(trial, newcomer=told)
    tried: dict[float, Response] = {}

    def holds(handicap: float) -> bool:
        tried[handicap] = found = at_handicap(handicap, trial)
        return bool(found.newcomers()[at] >= wish.min_new * found.curve("orders")[at])

    level = bisect_left(HANDICAPS, True, key=holds)
    handicap = HANDICAPS[min(level, len(HANDICAPS) - 1)]
    return tried[handicap], handicap, level == len(HANDICAPS)


def _weighed(trial: Trial, wish: Wish, goods: Goods, handicap: float = 0.0) -> Trial:
    """The trial with what the plan bids and counts a sale to each shopper for: who is new."""
    if not wish.new_micros and not handicap:
        return trial
    known = ~np.isnan(trial.newcomer)
    share = float(trial.newcomer[known].mean()) if known.any() else 1.0
    newness = np.where(known, trial.newcomer, share).repeat(np.diff(trial.requests.offsets))
    item = trial.candidates.item
    besides = wish.new_micros * newness / np.maximum(goods.promised_micros[item], 1)
    mine = np.isin(item, wish.rows)
    counts = np.where(mine, 1 + besides, 1).astype(np.float32)
    weight = np.where(mine, counts * (1 - handicap * (1 - newness)), 1).astype(np.float32)
    return replace(trial, candidates=trial.candidates._replace(weight=weight, counts=counts))


def _with_outside(
    cells: list[Cell], grounds: Grounds, wish: Wish, replayed: Replayed, book: PlanBook,
    goods: Goods, handicap: float, sales: float, traffic: float,
) -> list[Cell]:  # fmt: skip
    """Each cell with what becomes of the rest of the market, on the same pages with and without it.

    Without it its items are retrieved as any others are. Of as many requests as bring the plan its
    sales, of all its `traffic` at most: a budget may end it early. Of others sales are expected as
    predicted: only what auctions were won for is predicted too high.
    """
    engine = grounds.brain.engine
    if not len(replayed.trial):
        return cells
    pages, bare = with_and_without(grounds, wish, book, replayed, OUTSIDE_REQUESTS)
    pages = _weighed(pages, wish, goods, handicap)
    merchant = int(goods.merchant[wish.rows[0]])

    def stands(trial: Trial, alpha: float) -> Standing:
        book.alpha[-1] = alpha
        rules, pricing = engine.settings.rules, engine.settings.pricing
        return standing(trial, book.columns(), goods, rules, pricing, merchant)

    without, most = stands(bare, 0.0), traffic / micros_per_minor(grounds.brain.catalog.currency)
    owner = np.full(len(book), -1)
    held = book.item_plan >= 0
    owner[book.item_plan[held]] = goods.merchant[held]
    made = []
    for cell in cells:
        within = stands(pages, cell.alpha / cell.target)
        brings = float(within.counted[-1]) * sales  # micros, per average request
        scale = min(cell.gmv_minor.value / brings, most) if brings > 0 else 0.0
        made.append(replace(cell, outside=_change(within, without, owner != merchant, scale)))
    book.alpha[-1] = 0.0
    return made


def _change(within: Standing, without: Standing, others: Mask, scale: float) -> Outside:
    """Minor units, from what pages bring with and without the plan; `others` (p,) are plans."""
    sold, counted, spend = (
        (getattr(within, name) - getattr(without, name))[others] * scale
        for name in ("sold", "counted", "spend")
    )
    own = (within.merchant - without.merchant) * scale
    whole = (within.whole - without.whole) * scale
    return Outside(
        own_minor=own,
        plans=int((sold < -1.0).sum()),
        gmv_minor=float(sold.sum()),
        counted_minor=float(counted.sum()),
        spend_minor=float(spend.sum()),
        organic_minor=whole - own - float(sold.sum()),
    )


def _rivals_alpha(
    grounds: Grounds, trial: Trial, plan: int, multiplier: float, results: Results
) -> Floats:
    """Multipliers of the plans there are, their bidders having met the newcomer."""
    engine = grounds.brain.engine
    book, pilot = engine.plans, engine.pilot
    if not len(book) or not len(trial):
        return book.alpha
    with grounds.turn():
        landscape, outlook = pilot.memory.recall(book.ids), pilot.outlook(grounds.now_us)
    rivals = Rivals(
        controller=bidder.get(engine.settings.bidder),
        target=np.append(book.target_roi, 1.0),
        alpha=book.alpha,
        landscape=landscape,
        results=results,
        later=evened(results),
        outlook=outlook,
    )
    return answered(
        trial, plan, multiplier, rivals, engine.goods, engine.settings.rules,
        engine.settings.pricing,
    )  # fmt: skip


def _assumed(
    grounds: Grounds, logged: Logged | None, reached: int, results: Results
) -> list[str]:  # fmt: skip
    """Codes of what had to be assumed, see `ask.ASSUMPTIONS`."""
    said = {
        "no_traffic": logged is None,
        "short_history": logged is not None and logged.days < 1,
        "untrained": grounds.brain.models.version == "prior",
        "not_reached": not reached,
        "rarely_reached": 0 < reached < REACHED_FEW,
        "no_sales": not results.orders.sum(),
    }
    return [code for code, holds in said.items() if holds]


def evened(results: Results) -> Results:
    """What is known once chance has evened out: each plan sells as all do, and owes nothing."""
    nothing = np.zeros(len(results.orders))
    none = nothing.astype(np.int64)
    return Results(none, none, results.orders, nothing, nothing, level=sales_ratio(results))


def sales_ratio(results: Results) -> float:
    """Sales per predicted sale of all plans: auctions are won where predictions err upwards.

    Shrunk to 1 while there are few orders, of unequal worth fewer still (Kish 1965).
    """
    orders, matured = float(results.orders.sum()), float(results.matured_micros.sum())
    if results.square_micros is not None and orders:
        squares = float(results.square_micros.sum())
        orders = min(orders, float(results.gmv_micros.sum()) ** 2 / max(squares, 1.0))
    ratio = float(results.gmv_micros.sum()) / max(matured, 1.0)
    return float(np.clip(1 + (ratio - 1) * orders / (orders + TRUST_ORDERS), *RATIO))


def _hours(start_us: int, end_us: int | None) -> int:
    if end_us is None:
        return HOURS_ENDLESS
    return int(np.clip(-(-(end_us - start_us) // HOUR_US), 1, HOURS_MAX))


def _live_hours(start_us: int, hours: int, dayparts: Sequence[int] | None) -> Mask:
    """Which hours from the start on the plan runs in, (hours,)."""
    week = (start_us // HOUR_US + MONDAY_HOURS + np.arange(hours)) % HOURS_OF_WEEK
    return np.ones(hours, np.bool_) if dayparts is None else np.isin(week, list(dayparts))


def _traffic(
    brain: Brain, logged: Logged | None, now_us: int, start_us: int, hours: int, live: Mask
) -> Floats:
    """Requests expected in each hour from the start on."""
    rates = brain.engine.pilot.traffic.rates(now_us)
    if logged is None or not rates.sum():
        rates = np.full(HOURS_OF_WEEK, ASSUMED_A_DAY / 24)
    week = (start_us // HOUR_US + MONDAY_HOURS + np.arange(hours)) % HOURS_OF_WEEK
    expected: Floats = rates[week] * live
    return expected


def _others(
    brain: Brain, results: Results, book: PlanBook, sales: float, now_us: int
) -> tuple[float, float]:
    """Sales over predictions of all other plans in the days to come, and their orders an hour.

    Those that ran go on at the level they are known to have; one that is booked sells as any.
    """
    ran = np.clip((now_us - brain.plans.start_us) / HOUR_US, 1, WINDOW_HOURS)
    orders = float((results.orders / ran).sum())
    known = results.expected_micros > 0
    held = np.isin(np.arange(len(known)), book.item_plan)
    old, booked = int(known.sum()), int((held & ~known).sum())
    share = booked / max(old + booked, 1)
    return (1 - share) * results.level + share * sales, orders / max(1 - share, 0.1)


def _spread(brain: Brain, rows: Rows) -> float:
    price = brain.catalog.price_minor[rows].astype(np.float64)
    return max(float(np.var(price)) / max(float(np.mean(price)) ** 2, 1e-9), SPREAD_MIN)
