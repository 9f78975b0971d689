"""The decision: retrieve, predict, bid, auction; the same code for one request or a million."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.boxed import Box, boxed
from adunion.kernel.clock import generator

from .auction.batch import Candidates, Goods, Requests, new_scores, new_slots
from .auction.load import ALL_BPS, paid_slots
from .auction.pricing import Facts, Micros, pricing
from .bidding.launch import ROUNDS, as_running, settle, traffic_in_hours
from .bidding.pilot import Pilot
from .bidding.sample import Sample
from .bidding.types import Landscape, Results, bidder
from .book import PlanBook
from .desk import REQUESTS_MAX, Columns, Desk, Sheet, Terms
from .explain import Explanation, explain
from .goods import goods, promised, weights
from .kept import decided as kept_columns
from .log import DecisionLog
from .page import Moved, answers, new_pages
from .seen import HourlyLandscapes
from .settings import DecisionSettings
from .types import CandidateBatch, DecisionBatch, Placement, RequestBatch
from .waterfall import Counted, Waterfall

Floats = npt.NDArray[np.float32]
Column = npt.NDArray[np.float64] | None
Retrieve = Callable[[RequestBatch], CandidateBatch]
Predict = Callable[[RequestBatch, CandidateBatch], tuple[Floats, Floats]]
Found = tuple[CandidateBatch, Floats, Floats]
"""Candidates, and their chances of a click and of an order."""
Shown = Callable[[Columns, DecisionBatch], None]
"""Is handed what was decided, as it lies: whoever keeps any of the columns copies it."""
Newness = Callable[[RequestBatch, CandidateBatch], Floats]
"""(m,) how likely the shopper is new to each candidate's merchant."""

_EVEN = np.zeros(0, np.float32)  # every sale counts for itself
_FREE = np.zeros(0, np.int64)
CHUNK = 128  # requests between two settlings of what bids reserved and prices left over


class DecisionEngine:
    """Answers requests of one currency's catalog. Not thread-safe: one caller at a time.

    `retrieve` and `predict` may be replaced at any time (a newly trained model).
    """

    def __init__(
        self,
        catalog: CatalogSnapshot,
        placements: Sequence[Placement],
        plans: PlanBook,
        retrieve: Retrieve,
        predict: Predict,
        settings: DecisionSettings | None = None,
    ) -> None:
        self.settings = settings or DecisionSettings()
        self.retrieve = retrieve
        self.predict = predict
        self.catalog = catalog
        self.placements = list(placements)
        self.plans = plans
        self.pilot = Pilot(plans)
        self.log: DecisionLog | None = None
        self.newness: Newness | None = None
        self.shown: Shown | None = None
        self._desk: Desk | None = None  # of single requests that those who watch have not seen
        self.waterfall = Waterfall(self.placements, plans.ids)
        self.seen = HourlyLandscapes()
        self._learned: tuple[Column, Column, Column] = (None, None, None)
        self._value()

    def aside(self, retrieve: Retrieve, predict: Predict, newness: Newness) -> DecisionEngine:
        """Another that decides as this one does now, and of which nobody takes notes."""
        twin = copy(self)
        twin.retrieve, twin.predict, twin.newness = retrieve, predict, newness
        twin.pilot = copy(self.pilot)  # which keeps to the plans there are now
        twin.log = twin.shown = twin._desk = None
        return twin

    def replace(
        self,
        now_us: int,
        plans: PlanBook,
        catalog: CatalogSnapshot | None = None,
        placements: Sequence[Placement] | None = None,
    ) -> None:
        """Take a new book (of the given catalog, or the present one); multipliers carry over."""
        self._fold(now_us)
        known = self.plans.alphas()
        plans.alpha[:] = [
            known.get(id_, first) for id_, first in zip(plans.ids, plans.alpha, strict=True)
        ]
        self.plans = plans
        self.pilot.take(plans)
        self.waterfall.take(placements or self.placements, plans.ids)
        if catalog is not None or placements is not None:
            self.catalog = catalog or self.catalog
            self.placements = list(placements or self.placements)
            self._learned = (None, None, None)
        self._value()

    @property
    def goods(self) -> Goods:
        """The catalog's columns as the auction reads them now."""
        return self._goods

    def paid_slots(self, requests: RequestBatch) -> npt.NDArray[np.int16]:
        """How many slots of each page bids may move, (n,): the ad load."""
        page_bps = self._page_bps[requests.placement]
        day_bps = self.settings.ad_load_day_bps
        most = paid_slots(requests.request, requests.slots, page_bps, day_bps)
        if requests.harmful is not None:
            most[requests.harmful] = 0
        return most

    def revalue(self, pieces: Column, returned: Column = None, experience: Column = None) -> None:
        """Take what was learned of each item of the catalog, (items,) each; None: not known.

        The pieces expected of an order, the share of its money that comes back, and what a click
        on it is to the shopper, 0..1.
        """
        self.watch()
        self._learned = (pieces, returned, experience)
        self._value()

    def tick(self, now_us: int, results: Results) -> None:
        """Set every plan's multiplier from what was observed since the last tick.

        `results` has one row a plan of the present book (see `bidding.Outcomes`).
        """
        self._fold(now_us)
        self.pilot.steer(now_us, results, self.settings.bidder)
        self._weighs = self.plans.cares_who_is_new

    def rehearse(
        self, now_us: int, requests: RequestBatch, fresh: npt.NDArray[np.int64], results: Results
    ) -> None:
        """Give new plans (rows of the book) their first multiplier, from requests of before.

        Rivals bid as they do now. What was seen is remembered as if the plans had run.
        """
        book, chosen = self.plans, self.settings
        found = self._found(requests)
        for turn in range(ROUNDS):
            trial = as_running(book, fresh)
            ranked = self._ranked(requests, trial, found).columns
            mine = np.isin(ranked.scores.plan, fresh)
            scores = ranked.scores._replace(plan=np.where(mine, ranked.scores.plan, np.int32(-1)))
            sample = Sample(len(book), generator(len(requests), turn))
            sample.observe(ranked.requests, ranked.candidates, scores)
            traffic = traffic_in_hours(book, requests.at_us)
            seen = sample.landscape(
                self._goods, book.target_roi, traffic, chosen.rules, chosen.pricing
            )
            outlook = self.pilot.outlook(now_us)
            bid = bidder.get(chosen.bidder)
            settle(bid, book, fresh, sample.seen, seen, results, outlook)
        self.pilot.memory.fold([book.ids[row] for row in fresh.tolist()], seen.take(fresh), now_us)

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        """Fill the slots of n requests, in order; at most a placement's own slots each."""
        if not len(requests):
            return answers(new_pages(0, self._goods.exposures.shape[1]), 0, 0)
        if len(requests) == 1:
            return self._decide_next(requests)
        self.watch()
        sheet = self._ranked(requests, self.plans)
        shown, made = sheet.answer(self._terms)
        self._show(sheet.columns, made)
        if self.log is not None:
            every = np.arange(len(requests))
            kept = every if requests.keep else self.log.chosen(requests.request)
            if len(kept):
                self._note(self.log, sheet.columns, shown, made, kept)
        return made

    def preview(self, requests: RequestBatch) -> DecisionBatch:
        """What `decide` would answer now; changes nothing."""
        plans = self.plans.copy()
        if len(requests) == 1:
            return self._next(requests, plans, None, 0)[1]
        return self._ranked(requests, plans).answer(self._terms)[1]

    def watch(self) -> None:
        """Show what was decided since the last time to bidding, the waterfall, the log and others.

        Call it before anything changes that a decision was made of.
        """
        desk = self._desk
        if desk is not None and len(desk):
            its, (shown, made) = desk.all, desk.answered
            self._show(its, made)
            if self.log is not None and desk.kept:
                self._note(self.log, its, shown, made, np.array(desk.kept))
            desk.clear()

    def counted(self) -> Counted | None:
        """Where plans' requests went since the last time this was asked."""
        self.watch()
        return self.waterfall.drain()

    def explain(self, requests: RequestBatch, request: int = 0) -> list[Explanation]:
        """Every candidate of one request as it would be decided now, best first."""
        plans = self.plans.copy()
        its = self._ranked(requests, plans).columns
        return explain(
            request, its.requests, its.candidates, its.relevance, its.scores, its.slots,
            its.price_micros, self._goods, plans, self.settings.rules,
        )  # fmt: skip

    def landscape(
        self, requests: RequestBatch, plans: PlanBook, plan: int, rng: np.random.Generator
    ) -> Landscape:
        """What a plan (a row of the book) would get of these requests at each multiplier.

        Decides them as they would be decided now; changes nothing. `traffic` is their number.
        """
        ranked = self._ranked(requests, plans.copy()).columns
        scores = ranked.scores
        own = scores._replace(plan=np.where(scores.plan == plan, scores.plan, np.int32(-1)))
        sample = Sample(len(plans), rng, per_plan=len(requests))
        sample.observe(ranked.requests, ranked.candidates, own)
        traffic = np.full(len(plans), float(len(requests)))
        chosen = self.settings
        return sample.landscape(
            self._goods, plans.target_roi, traffic, chosen.rules, chosen.pricing
        )

    def _value(self) -> None:
        """What a sale of each item is worth, and counts for towards its plan's promise."""
        self._weighs = self.plans.cares_who_is_new
        weight, loads = self.settings.experience_bps, self.settings.ad_loads
        self._page_bps = np.array(
            [loads.get(each.code, self.settings.ad_load_bps) for each in self.placements], np.int64
        )
        pieces, returned, experience = self._learned
        table = goods(self.catalog, self.placements, weight, pieces, experience)
        self._goods = promised(table, self.plans, returned)
        self._set_by: DecisionSettings | None = None

    @property
    def _terms(self) -> Box:
        """What holds for every request, in a box; made anew when the settings are others."""
        chosen = self.settings
        if self._set_by is not chosen:
            self.watch()
            self._set_by = chosen
            day, explore = chosen.ad_load_day_bps / ALL_BPS, chosen.explore_bps / ALL_BPS
            self._box = boxed(Terms(self._goods, chosen.rules, self._page_bps, day, explore))
        return self._box

    def _fold(self, now_us: int) -> None:
        self.watch()
        seen = self.pilot.fold(now_us, self._goods, self.settings.rules, self.settings.pricing)
        self.seen.add(now_us, self.plans, seen)

    def _decide_next(self, requests: RequestBatch) -> DecisionBatch:
        """Decide one request on the desk."""
        one_in = 0 if self.log is None else self.log.one_in
        desk, made, kept = self._next(requests, self.plans, self._desk, one_in)
        self._desk = desk
        if kept or requests.keep:
            desk.kept.append(len(desk) - 1)
        if len(desk) == REQUESTS_MAX or requests.keep:
            self.watch()
        return made

    def _next(
        self, requests: RequestBatch, plans: PlanBook, desk: Desk | None, one_in: int
    ) -> tuple[Desk, DecisionBatch, bool]:
        """Decide one request as the next of a desk, or of another where it does not fit."""
        candidates = self.retrieve(requests)
        pctr, pcvr = self.predict(requests, candidates)
        weights = self._weights(requests, candidates, plans)
        room = self._goods.exposures.shape[1], len(weights[0]) > 0, len(candidates.item)
        if desk is None or not desk.fits(*room):
            if desk is not None:
                self.watch()
            desk = desk if desk is not None and desk.fits(*room) else Desk(*room)
        terms, book, region = self._terms, plans.box, 0
        if requests.region is not None and plans.region_names:
            region = int(region_column(requests, plans)[0])
        prices = None if self.settings.pricing == "uplift" else self._prices
        return desk, *desk.decide_next(
            requests, candidates, pctr, pcvr, weights, region, terms, book, one_in, prices
        )

    def _found(self, requests: RequestBatch) -> Found:
        """Retrieve and predict."""
        candidates = self.retrieve(requests)
        return candidates, *self.predict(requests, candidates)

    def _ranked(self, requests: RequestBatch, plans: PlanBook, found: Found | None = None) -> Sheet:
        """Rank and price a batch, of what was found before where it is given."""
        candidates, pctr, pcvr = found or self._found(requests)
        slots = new_slots(len(requests), self._goods.exposures.shape[1])
        weights = self._weights(requests, candidates, plans)
        columns = Columns(
            np.ascontiguousarray(requests.request).view(np.uint64),
            requests.profile,
            Requests(
                requests.at_us, requests.placement, requests.slots, self.paid_slots(requests),
                region_column(requests, plans), candidates.offsets,
            ),
            Candidates(candidates.item, pctr, pcvr, *weights),
            candidates.relevance,
            new_scores(len(candidates.item)),
            slots,
            np.zeros_like(slots.payment),
        )  # fmt: skip
        longest = int(np.diff(candidates.offsets).max(initial=1))
        sheet, terms, book = Sheet(columns, CHUNK, longest), self._terms, plans.box
        for first in range(0, len(requests), CHUNK):
            moved = sheet.rank(first, min(first + CHUNK, len(requests)), terms, book)
            sheet.pay(self._prices(moved), terms, book)
        return sheet

    def _prices(self, moved: Moved) -> Micros:
        """By the strategy of the settings; every slot that is asked about was moved."""
        chosen = self.settings
        if not moved.facts.shape[1]:
            return _FREE
        bid, organic, exposure, lower, payment, rival = moved.facts
        facts = Facts(bid, organic, exposure, lower, payment, rival, chosen.reserve_micros)
        return pricing.get(chosen.pricing)(facts)

    def _show(self, its: Columns, made: DecisionBatch) -> None:
        self.pilot.observe(its.requests, its.candidates, its.scores)
        self.waterfall.observe(
            its.requests, its.candidates, its.scores, its.slots, self._goods,
            self.plans.columns(), self.settings.rules,
        )  # fmt: skip
        if self.shown is not None:
            self.shown(its, made)

    def _note(
        self, log: DecisionLog, columns: Columns, shown: Micros, made: DecisionBatch, rows: Micros
    ) -> None:
        """Keep some requests of a batch in the log of decisions."""
        kept = kept_columns(
            columns, shown, made, self._goods, self.catalog, self.plans, self.placements,
            self._set_by or self.settings,
        )  # fmt: skip
        log.note(kept, rows)

    def _weights(
        self, requests: RequestBatch, candidates: CandidateBatch, plans: PlanBook
    ) -> tuple[Floats, Floats]:
        """What plans bid and count a sale to these shoppers for, by how likely they are new."""
        if self.newness is None or not self._weighs:
            return _EVEN, _EVEN
        newness = self.newness(requests, candidates)
        return weights(newness, candidates.item, plans, self._goods.promised_micros)


def region_column(requests: RequestBatch, plans: PlanBook) -> npt.NDArray[np.int16]:
    """(n,) the column of the book's regions that each request is in."""
    if requests.region is None or not plans.region_names:
        return np.zeros(len(requests), np.int16)
    return np.append(plans.region_rows(requests.regions), np.int16(0))[requests.region]
