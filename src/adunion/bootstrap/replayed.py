"""Recent requests as a trial: those that could show a plan's items, predicted and scored."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.campaigns.types import HOURS_OF_WEEK
from adunion.decision.auction.batch import HOUR_US, MONDAY_HOURS, Candidates, Requests
from adunion.decision.bidding import Outcomes
from adunion.decision.book import PlanBook
from adunion.decision.engine import DecisionEngine
from adunion.decision.types import CandidateBatch, RequestBatch
from adunion.insight.types import raw_ids
from adunion.kernel.clock import generator
from adunion.simulation.forecast import Trial
from adunion.simulation.forecast.ask import TARGETS
from adunion.simulation.forecast.pages import decide
from adunion.tracking import FLAG_CONSENT, NO_ID, EventBatch, events

from .brain import Brain
from .recent import DAY_US, Logged, RecentRequests

CHUNK = 2_000  # requests between two looks at whether they are enough
PIECE = 100  # of them retrieved in one turn
REACHED_ENOUGH = 2_000  # requests that could show an item of the plan
LOOKED_MAX = 24_000
REHEARSED = 3_000
ASSUMED_REQUESTS = 4_000  # that stand for the traffic where none is logged

Rows = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Wish:
    """A plan that might be: catalog rows of one merchant, a grid, and its time."""

    rows: Rows
    targets: tuple[float, ...] = TARGETS
    budgets_minor: tuple[int | None, ...] = (None,)
    start_us: int | None = None  # None: now
    end_us: int | None = None  # None: no end
    dayparts: tuple[int, ...] | None = None  # hours of the week, Monday 00 UTC is 0
    order_micros: int = 0  # what an order counts for; 0: its GMV
    net: bool = False  # GMV counts after returns
    new_micros: int = 0  # what a new customer's first order counts for besides
    min_new: float = 0.0  # least share of orders by new customers


@dataclass(frozen=True)
class Grounds:
    """What the market knows that a forecast stands on."""

    brain: Brain
    recent: RecentRequests
    outcomes: Outcomes
    now_us: int
    turn: Callable[[], AbstractContextManager[object]] = nullcontext
    """Held for milliseconds at a time, while what a market changes as it goes on is read."""


class Part(NamedTuple):
    """Requests that were retrieved in one go."""

    requests: RequestBatch
    candidates: CandidateBatch
    weight: Floats


@dataclass(frozen=True)
class Replayed:
    """The requests that could show the items, and out of how many."""

    trial: Trial
    looked: int
    assumptions: list[str]
    parts: list[Part]
    share: float  # what the weights of all requests looked at sum to


def replay(
    grounds: Grounds, wish: Wish, book: PlanBook, logged: Logged | None, start_us: int, live: Mask
) -> Replayed:
    """Look at requests until enough of them reached the items."""
    brain = grounds.brain
    if logged is None:
        logged = _made_up(brain, start_us)
    asked, weight, assumptions = _in_hours(brain, logged, start_us, live)
    wanted = np.zeros(len(brain.catalog), np.bool_)
    wanted[wish.rows] = True
    parts: list[Part] = []
    looked = reached = 0
    while looked < min(len(asked), LOOKED_MAX) and reached < REACHED_ENOUGH:
        last = min(looked + CHUNK, len(asked))
        for first in range(looked, last, PIECE):
            rows = np.arange(first, min(first + PIECE, last))
            with grounds.turn():
                requests = requests_of(brain, asked.take(rows))
                candidates = brain.engine.retrieve(requests)
            hit = _holding(candidates, wanted)
            parts.append(Part(_take(requests, hit), _cut(candidates, hit), weight[rows[hit]]))
            reached += len(hit)
        looked = last
    share = max(float(weight[:looked].sum()), 1.0)
    trial = _trial(grounds, wish, book, parts, share)
    return Replayed(trial, looked, assumptions, parts, share)


def with_and_without(
    grounds: Grounds, wish: Wish, book: PlanBook, found: Replayed, most: int
) -> tuple[Trial, Trial]:
    """The first `most` of the requests found, and the same as they are retrieved without the plan.

    Weights are scaled up to all that were found.
    """
    parts, left = [], most
    for part in found.parts:
        rows = np.arange(min(left, len(part.weight)))
        if len(rows):
            requests, candidates = _take(part.requests, rows), _cut(part.candidates, rows)
            parts.append(Part(requests, candidates, part.weight[rows]))
        left -= len(rows)
    share = found.share * _weight(parts) / max(_weight(found.parts), 1e-300)
    bare = []
    with grounds.brain.sparing(wish.rows):
        for part in parts:
            with grounds.turn():
                candidates = grounds.brain.engine.retrieve(part.requests)
            bare.append(part._replace(candidates=candidates))
    within, without = (_trial(grounds, wish, book, each, share) for each in (parts, bare))
    return within, without


def scored(trial: Trial, book: PlanBook, engine: DecisionEngine) -> Trial:
    """The trial with everyone's scores, the plan itself (the book's last) not bidding."""
    scores, _ = decide(trial, book.columns(), engine.goods, engine.settings.rules)
    return replace(trial, organic=scores.organic, bid=scores.bid, plan=scores.plan)


def _weight(parts: list[Part]) -> float:
    return float(sum(part.weight.sum() for part in parts))


def _in_hours(
    brain: Brain, logged: Logged, start_us: int, live: Mask
) -> tuple[EventBatch, Floats, list[str]]:
    """Requests of known places, moved to the days to come; in the plan's hours where it has any."""
    asked, weight = logged.events, logged.weight
    known = brain.placement_rows(asked.placement) >= 0
    asked, weight = asked.take(known), weight[known]
    asked = _to_come(asked, logged.days, start_us)
    first = start_us // HOUR_US
    week = np.unique((first + MONDAY_HOURS + np.flatnonzero(live)) % HOURS_OF_WEEK)
    at = (asked.at_us // HOUR_US + MONDAY_HOURS) % HOURS_OF_WEEK
    for chosen, note in (
        (np.isin(at, week), []),
        (np.isin(at % 24, week % 24), ["other_days"]),
    ):
        if chosen.sum() >= min(CHUNK, len(asked)) / 4:
            return asked.take(chosen), weight[chosen], note
    return asked, weight, ["other_hours"]


def _to_come(asked: EventBatch, logged_days: float, start_us: int) -> EventBatch:
    """Requests moved by whole days (weeks, once one is logged) to a time from `start_us` on.

    What people have bought since would else count as bought just before they asked.
    """
    days = -(-(start_us - int(asked.at_us.min())) // DAY_US)
    days += -days % 7 if logged_days >= 7 else 0
    return replace(asked, at_us=asked.at_us + days * DAY_US)


def _made_up(brain: Brain, start_us: int) -> Logged:
    """Requests of nobody, to every placement, for words and items of the catalog at random."""
    rng, catalog = generator(0xA55), brain.catalog
    item = rng.integers(0, len(catalog), ASSUMED_REQUESTS)
    place = rng.integers(0, len(brain.placements), ASSUMED_REQUESTS)
    kinds = np.array([each.kind for each in brain.placements])[place]
    words = np.array([" ".join(catalog.titles[row].split()[:3])[:24] for row in item], object)
    raw = np.array([each.id for each in brain.placements])
    request = rng.integers(0, 1 << 62, (ASSUMED_REQUESTS, 2)).view("V16").reshape(-1)
    made = events(
        ASSUMED_REQUESTS,
        at_us=start_us - 7 * DAY_US + rng.integers(0, 7 * DAY_US, ASSUMED_REQUESTS),
        request=request,
        shopper=request,
        placement=raw_ids(raw.tolist())[place],
        item=np.where(np.isin(kinds, ("cart", "page")), catalog.raw[item], NO_ID),
        text=np.where(kinds == "search", words, ""),
    )
    return Logged(made, np.ones(ASSUMED_REQUESTS), ASSUMED_REQUESTS, 7.0)


def _holding(candidates: CandidateBatch, wanted: Mask) -> npt.NDArray[np.int64]:
    """Requests whose candidates hold a wanted item."""
    before = np.concatenate(([0], np.cumsum(wanted[candidates.item])))
    return np.flatnonzero(before[candidates.offsets[1:]] > before[candidates.offsets[:-1]])


def _spans(
    offsets: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The entries of some rows of a ragged column, and their new offsets."""
    sizes = offsets[rows + 1] - offsets[rows]
    fresh = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    return np.arange(fresh[-1]) + np.repeat(offsets[rows] - fresh[:-1], sizes), fresh


def _cut(candidates: CandidateBatch, rows: npt.NDArray[np.int64]) -> CandidateBatch:
    at, offsets = _spans(candidates.offsets, rows)
    return CandidateBatch(
        offsets, candidates.item[at], candidates.relevance[at], candidates.source[at]
    )


def _take(requests: RequestBatch, rows: npt.NDArray[np.int64]) -> RequestBatch:
    at, offsets = _spans(requests.context_offsets, rows)
    columns = ("request", "at_us", "placement", "slots", "shopper", "profile", "query", "consent")
    return replace(
        requests,
        **{name: getattr(requests, name)[rows] for name in columns},
        context_offsets=offsets,
        context_items=requests.context_items[at],
    )


def _trial(
    grounds: Grounds,
    wish: Wish,
    book: PlanBook,
    parts: list[Part],
    share: float,
) -> Trial:
    """Predict for the parts, score them with the plan not bidding, and join them."""
    engine = grounds.brain.engine
    predicted = []
    for part in parts:
        with grounds.turn():
            predicted.append(engine.predict(part.requests, part.candidates))
    sizes = np.concatenate([np.diff(candidates.offsets) for _, candidates, _ in parts])
    at_us, placement, slots = (
        np.concatenate([getattr(r, name) for r, _, _ in parts])
        for name in ("at_us", "placement", "slots")
    )
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    paid = np.concatenate([engine.paid_slots(r) for r, _, _ in parts])
    region = np.zeros(len(at_us), np.int16)
    requests = Requests(at_us, placement, slots, paid, region, offsets)
    candidates = Candidates(
        np.concatenate([c.item for _, c, _ in parts]),
        np.concatenate([pctr for pctr, _ in predicted]),
        np.concatenate([pcvr for _, pcvr in predicted]),
        np.zeros(0, np.float32),
    )
    shopper = np.concatenate([r.shopper for r, _, _ in parts])
    consent = np.concatenate([r.consent for r, _, _ in parts])
    nothing = np.zeros(len(candidates.item), np.int64)
    trial = Trial(
        requests, candidates, nothing, nothing, nothing.astype(np.int32),
        np.concatenate([w for _, _, w in parts]) / share,
        np.where(consent, _newcomers(grounds, wish.rows, shopper), np.nan),
    )  # fmt: skip
    book.alpha = np.append(book.alpha[:-1], 0.0)
    return scored(trial, book, engine)


def _newcomers(grounds: Grounds, rows: Rows, shopper: npt.NDArray[np.void]) -> Floats:
    """1 for who has bought nothing of the merchant in the log, else 0."""
    catalog = grounds.brain.catalog
    with grounds.turn():
        buyer, item = grounds.recent.bought()
    bought = catalog.rows(item)
    mine = (bought >= 0) & np.isin(catalog.merchant[bought], catalog.merchant[rows])
    known = set(buyer[mine].tolist())
    return np.array([each not in known for each in shopper.tolist()], np.float64)


def requests_of(brain: Brain, asked: EventBatch) -> RequestBatch:
    """REQUEST events as requests; of a cart the log has the first item."""
    place = brain.placement_rows(asked.placement)
    consent = asked.flags & FLAG_CONSENT > 0
    texts, query = np.unique(asked.text.astype(str), return_inverse=True)
    blank = int(len(texts) and texts[0] == "")
    item = brain.catalog.rows(asked.item)
    offsets = np.concatenate(([0], np.cumsum(item >= 0))).astype(np.int64)
    slots = np.array([len(each.exposures) for each in brain.placements], np.int16)
    return RequestBatch(
        request=asked.request,
        at_us=asked.at_us,
        placement=place.astype(np.int16),
        slots=slots[place],
        shopper=asked.shopper,
        profile=brain.profile_rows(asked.shopper, consent),
        query=(query - blank).astype(np.int32),
        queries=[str(each) for each in texts[blank:]],
        context_offsets=offsets,
        context_items=item[item >= 0],
        consent=consent,
    )


def introduce(grounds: Grounds, known: Collection[str]) -> None:
    """Plans that never ran take their first multiplier from requests of the last days, to come."""
    engine = grounds.brain.engine
    ids = engine.plans.ids
    fresh = np.array([row for row, id_ in enumerate(ids) if id_ not in known], np.int64)
    logged = grounds.recent.logged() if len(fresh) else None
    if logged is None:
        return
    some = logged.events.take(np.arange(min(len(logged.events), REHEARSED)))
    some = some.take(grounds.brain.placement_rows(some.placement) >= 0)
    if len(some):
        some = _to_come(some, logged.days, grounds.now_us)
        results = grounds.outcomes.results(ids, grounds.now_us)
        engine.rehearse(grounds.now_us, requests_of(grounds.brain, some), fresh, results)
