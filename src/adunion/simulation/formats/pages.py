"""The formats: what each puts on the page and charges, as columns of slots."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.decision.auction.batch import Rules, new_scores, new_slots, run
from adunion.decision.auction.pricing import Facts, price
from adunion.decision.auction.rank import scratch

from .market import CANDIDATES, EXPOSURE, SLOTS, TAKE, Market

Floats = npt.NDArray[np.float64]
AD_SLOTS = (0, 3, 5, 8, 1, 6)  # where separate slots stand, the first so many of these
RULES = Rules(TAKE, SLOTS, SLOTS)


class Pages(NamedTuple):
    """(n, K): the candidate row in each slot, whether it counts as paid, price per seen sight."""

    row: npt.NDArray[np.int64]
    paid: npt.NDArray[np.bool_]
    price: Floats


class Sums(NamedTuple):
    """Per page, money in micros."""

    gmv: float
    experience: float
    media: float
    margin: float  # of all merchants, before what they pay
    profit: Floats  # (plans,) margin on its sales, paid or not, less what it pays
    paid_share: float  # of what is seen


def joint(market: Market, alpha: Floats, weight: float, pricing: str, reserve: int = 0) -> Pages:
    """Organic and paid in one ranking by the production kernel, priced by a strategy."""
    rules = RULES._replace(take=TAKE * weight, reserve_micros=reserve)
    count = len(market.requests.at_us)
    scores, slots = new_scores(len(market.candidates.item)), new_slots(count, SLOTS)
    run(
        0, count, market.requests, market.candidates, market.goods(weight), market.book(alpha),
        rules, scratch(CANDIDATES), scores, slots,
    )  # fmt: skip
    facts = Facts(
        scores.bid[slots.candidate], scores.organic[slots.candidate], slots.exposure,
        slots.exposure_organic, slots.payment, slots.rival, reserve,
    )  # fmt: skip
    paid = facts.moved
    if pricing == "gsp":  # who bids pays, moved or not: the classic way has no other notion
        paid = (facts.bid > 0) & (scores.plan[slots.candidate] >= 0)
        least = np.minimum(np.maximum(facts.rival - facts.organic, 0), facts.bid)
        return Pages(slots.candidate, paid, least.astype(np.float64))
    return Pages(slots.candidate, paid, price(pricing, facts).astype(np.float64))


def separate(market: Market, alpha: Floats, weight: float, ad_slots: int) -> Pages:
    """Reserved slots to the highest bids per sight by GSP; the rest organic, nothing twice."""
    shape = (len(market.requests.at_us), CANDIDATES)
    item = market.candidates.item.reshape(shape)
    worth = _worth(market).reshape(shape)
    clicks = market.candidates.pctr.reshape(shape).astype(np.float64)
    organic = TAKE * weight * worth + clicks * market.goods(weight).experience_micros[item]
    plan = market.plan[item]
    bid = np.where(plan >= 0, alpha[plan] * worth * market.margin_of[plan], 0.0)
    best = np.argsort(-bid, axis=1)[:, : ad_slots + 1]
    offers = np.take_along_axis(bid, best, axis=1)
    won = offers[:, :-1] > 0
    ads = np.where(won, best[:, :-1], -1)
    rest = organic.copy()
    np.put_along_axis(
        rest, best[:, :-1], np.where(won, -1.0, np.take_along_axis(rest, best[:, :-1], 1)), 1
    )
    others = np.argsort(-rest, axis=1)[:, :SLOTS]
    page = np.full((shape[0], SLOTS), -1)
    paid, prices = np.zeros(page.shape, bool), np.zeros(page.shape)
    places = np.array(AD_SLOTS[:ad_slots], int)
    page[:, places], paid[:, places], prices[:, places] = ads, ads >= 0, offers[:, 1:]
    empty = page < 0
    turn = np.cumsum(empty, axis=1) - 1
    page = np.where(empty, np.take_along_axis(others, np.maximum(turn, 0), 1), page)
    return Pages(page + np.arange(shape[0])[:, None] * CANDIDATES, paid, prices)


def sums(market: Market, pages: Pages) -> Sums:
    """What the pages earn in expectation."""
    item = market.candidates.item[pages.row]
    seen = np.broadcast_to(EXPOSURE, pages.row.shape)
    clicks = market.candidates.pctr[pages.row] * seen
    sold = _worth(market)[pages.row] * seen
    spent = np.where(pages.paid, pages.price * seen, 0.0)
    count = len(pages.row)
    plan = market.plan[item]
    own = plan >= 0
    profit = (sold * market.margin[item] - spent)[own]
    return Sums(
        float(sold.sum() / count),
        float((clicks * market.quality[item]).sum() / count),
        float(spent.sum() / count),
        float((sold * market.margin[item]).sum() / count),
        np.bincount(plan[own], profit, len(market.margin_of)) / count,
        float(seen[pages.paid].sum() / seen.sum()),
    )


def _worth(market: Market) -> Floats:
    """Expected GMV of a sight of each candidate, micros."""
    found = market.candidates
    return found.pctr.astype(np.float64) * found.pcvr * market.price[found.item]
