"""The selection judged off-policy in a made market, beside popularity and commission lists.

Publishers' pages first show random lists, from which clicks, orders and returns of the items are
learnt. Each way of choosing then names a list for every publisher. Other visitors see lists drawn
at random from a pool that holds them all; what each list would have earned is estimated from that
log by the position-based estimator (Li et al. 2018) and its doubly robust form, with intervals, and
beside it stands what the simulation knows to be true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from adunion.kernel.clock import generator
from adunion.simulation.shopper import respond
from adunion.simulation.traffic import traffic
from adunion.simulation.world.generate import generate
from adunion.simulation.world.types import PAGE, Response, Traffic, World

from .estimates import CLICKS_PRIOR, VIEWS_PRIOR, price_level, shrunk
from .selection import select
from .types import Channel, Floats, Goods, Ints, Needs, Wish

DAY_US = 86_400_000_000
START_US = 1_779_321_600_000_000
"""2026-05-21: a week is learnt from in May, and one is judged in June."""
SLOTS = 8
POOL = 48
NOISE, RISE_MIN = 0.1, 1.15
"""Of what trends tell of the coming month: its log error, and from where it counts as a rise."""
METRICS = ("commission", "gmv", "clicks")
WAYS = ("selection", "without_trends", "popularity", "commission", "random")
_SALES_PRIOR = 20.0

Told = Callable[[str, int, int], None]
Ways = dict[str, dict[str, dict[str, Floats]]]
"""Terms of each request, by way of choosing, metric, and ips, dr or truth."""


@dataclass(frozen=True)
class Size:
    """Of a trial."""

    items: int = 1_200
    merchants: int = 40
    shoppers: int = 8_000
    publishers: int = 10
    views: int = 120_000
    """To learn from; three times as many are judged by."""
    markets: int = 2


def trial(seed: int, size: Size, told: Told | None = None) -> dict[str, Any]:
    """Per thousand page views, by way of choosing: commission, GMV, clicks; estimates and truth.

    Money is minor units. `selection_over` holds the ratio of the selection to every other way.
    """
    markets = []
    for number in range(size.markets):
        markets.append(_market(seed + 100 * number, size))
        if told:
            told("markets", number + 1, size.markets)
    ways: Ways = {
        way: {
            metric: {
                name: np.concatenate([market[way][metric][name] for market in markets])
                for name in ("ips", "dr", "truth")
            }
            for metric in METRICS
        }
        for way in WAYS
    }
    return {
        "simulated": True, "seed": seed, "markets": size.markets,
        "views": len(ways["random"]["clicks"]["dr"]),
        "ways": {way: {name: _summary(terms) for name, terms in each.items()}
                 for way, each in ways.items()},
        "selection_over": {
            way: {name: _ratio(ways["selection"][name], ways[way][name]) for name in METRICS}
            for way in WAYS[1:]
        },
    }  # fmt: skip


def _market(seed: int, size: Size) -> Ways:
    world = generate(seed, size.items, size.merchants, size.shoppers, size.publishers, "CNY")
    rng = generator(seed, 0x5E1)
    rate_bps = rng.choice([300, 500, 800, 1_200, 2_000], size.merchants)[world.view.items.merchant]
    seen = _views(world, seed, START_US, size.views)
    shown = rng.integers(0, size.items, (len(seen), SLOTS)).astype(np.int32)
    history = respond(world, seed, seen, shown, _exposures(seen))
    goods = _goods(world, shown, history, rate_bps)
    lists = _lists(world, goods, history, shown, rng)
    after = _views(world, seed + 1, START_US + 14 * DAY_US, 3 * size.views)
    pools = _pools(lists, size.items, rng)
    column = rng.permuted(np.tile(np.arange(POOL), (len(after), 1)), axis=1)[:, :SLOTS]
    logged = pools[after.publisher[:, None], column].astype(np.int32)
    log = respond(world, seed + 2, after, logged, _exposures(after))
    return {
        way: _judge(world, after, logged, log, rows, goods, seed) for way, rows in lists.items()
    }


def _views(world: World, seed: int, start_us: int, count: int) -> Traffic:
    """Page views of publishers."""
    found = traffic(world, seed, start_us, 7 * DAY_US, count, {"page": 1.0})
    assert (found.kind == PAGE).all()
    return found


def _exposures(seen: Traffic) -> Any:
    return np.tile((0.9 ** np.arange(SLOTS)).astype(np.float32), (len(seen), 1))


def _goods(world: World, shown: Any, history: Response, rate_bps: Ints) -> Goods:
    """What the platform learnt, each item's figures shrunk to its category's and the market's."""
    items, count = world.view.items, len(world.view.items)
    leaf = items.leaf.astype(np.int64)
    theta = np.tile(0.9 ** np.arange(SLOTS), (len(shown), 1)).ravel()
    flat = shown.ravel()
    views = np.bincount(flat, theta, count)
    clicks = np.bincount(flat, history.clicked.ravel(), count)
    orders = np.bincount(history.orders.item, minlength=count).astype(float)
    sold = history.orders.quantity * history.orders.unit_price_minor
    money = np.bincount(history.orders.item, sold, count)
    back = np.bincount(history.orders.item, history.orders.refund_minor, count)
    level = price_level(items.price_minor, leaf)
    return Goods(
        category=leaf, categories=world.view.leaves.path,
        merchant=items.merchant.astype(np.int64), group=items.group.astype(np.int64),
        price_minor=items.price_minor.astype(np.int64),
        clicks=shrunk(clicks, views, leaf, VIEWS_PRIOR, level),
        orders=shrunk(orders, clicks, leaf, CLICKS_PRIOR, level),
        returned=shrunk(back, money, leaf, _SALES_PRIOR * float(items.price_minor.mean())),
        rate_bps=rate_bps.astype(np.int64),
        experience=np.clip((items.rating.astype(float) - 3.0) / 2.0, 0, 1),
        in_stock=np.ones(count, bool),
    )  # fmt: skip


def _lists(
    world: World, goods: Goods, history: Response, shown: Any, rng: np.random.Generator
) -> dict[str, Ints]:
    """(publishers, SLOTS) items by way of choosing."""
    audience = world.view.publishers.audience.astype(float)
    top = world.view.leaves.top
    interest = (audience / np.maximum(audience.mean(axis=0), 1e-9))[:, top]
    month = world.truth.leaf_month.astype(float)
    told = month[:, 5] / month[:, 4] * np.exp(rng.normal(0, NOISE, len(month)))
    rise = np.where(told > RISE_MIN, told, 1.0)[goods.category]
    none = np.full(len(goods), -1)
    plain = Needs(np.ones(len(goods)), none)
    moved = Needs(rise, none)
    linked = np.zeros(len(goods), bool)
    sales = np.bincount(history.orders.item, minlength=len(goods)) * 1_000.0
    popular = sales + np.bincount(shown[history.clicked], minlength=len(goods))
    found: dict[str, list[Any]] = {way: [] for way in WAYS}
    for row in range(len(audience)):
        channel = Channel(interest[row], linked)
        for way, needs in (("selection", moved), ("without_trends", plain)):
            picks = select(goods, channel, needs, Wish(top=SLOTS)).picks
            found[way].append([pick.row for pick in picks])
        found["popularity"].append(np.argsort(-popular, kind="stable")[:SLOTS])
        paid = goods.rate_bps * 1e6 + popular  # the best paid, of them the most popular
        found["commission"].append(np.argsort(-paid, kind="stable")[:SLOTS])
        found["random"].append(rng.choice(len(goods), SLOTS, replace=False))
    return {way: np.array(rows, np.int64) for way, rows in found.items()}


def _pools(lists: dict[str, Ints], items: int, rng: np.random.Generator) -> Ints:
    """(publishers, POOL) items that may be shown: every list, and others at random."""
    rows = []
    for publisher in range(len(next(iter(lists.values())))):
        held = np.unique(np.concatenate([each[publisher] for each in lists.values()]))
        others = rng.permutation(np.setdiff1d(np.arange(items), held))
        rows.append(np.concatenate([held, others])[:POOL])
    return np.array(rows)


def _judge(
    world: World, seen: Traffic, shown: Any, log: Response, lists: Ints, goods: Goods, seed: int
) -> dict[str, dict[str, Floats]]:
    """Terms of each request by metric: estimated (ips, dr) and true."""
    theta = 0.9 ** np.arange(SLOTS)
    wanted = lists[seen.publisher]
    true = respond(world, seed + 3, seen, wanted.astype(np.int32), _exposures(seen))
    place = np.full((len(lists), len(goods)), -1)
    for slot in range(SLOTS):
        place[np.arange(len(lists)), lists[:, slot]] = slot
    at = place[seen.publisher[:, None], shown]
    # every pool item is in any slot alike: P = 1 / POOL; SLOTS slots each give one estimate
    weight = np.where(at >= 0, theta[np.maximum(at, 0)] / theta * POOL / SLOTS, 0.0)
    rate = goods.rate_bps / 10_000
    sold = np.zeros(shown.shape)
    lines = log.orders
    net = lines.quantity * lines.unit_price_minor - lines.refund_minor
    np.add.at(sold, (lines.row, lines.slot), net)
    kept = goods.price_minor * (1 - goods.returned)
    model = goods.clicks * goods.orders * kept
    rewards = {
        "commission": (sold * rate[shown], true.expected_net * rate[wanted], model * rate),
        "gmv": (sold, true.expected_net, model),
        "clicks": (log.clicked.astype(float), true.pctr.astype(float), goods.clicks),
    }
    found = {}
    for name, (earned, truth, guess) in rewards.items():
        direct = (guess[wanted] * theta).sum(axis=1)
        found[name] = {
            "ips": (weight * earned).sum(axis=1) * 1_000,
            "dr": (direct + (weight * (earned - guess[shown] * theta)).sum(axis=1)) * 1_000,
            "truth": (truth * theta).sum(axis=1) * 1_000,
        }
    return found


def _summary(terms: dict[str, Floats]) -> dict[str, float]:
    found = {"truth": round(float(terms["truth"].mean()), 2)}
    for name in ("ips", "dr"):
        half = 1.96 * float(terms[name].std()) / len(terms[name]) ** 0.5
        value = float(terms[name].mean())
        found |= {name: round(value, 2), f"{name}_low": round(value - half, 2),
                  f"{name}_high": round(value + half, 2)}  # fmt: skip
    return found


def _ratio(mine: dict[str, Floats], theirs: dict[str, Floats]) -> dict[str, float]:
    """Mine over theirs by DR, with a delta-method interval, and the true ratio."""
    a, b = mine["dr"], theirs["dr"]
    ratio = a.mean() / b.mean()
    half = 1.96 * (a - ratio * b).std() / np.sqrt(len(a)) / abs(b.mean())
    return {
        "dr": round(float(ratio), 3), "low": round(float(ratio - half), 3),
        "high": round(float(ratio + half), 3),
        "truth": round(float(mine["truth"].mean() / theirs["truth"].mean()), 3),
    }  # fmt: skip
