"""The decision: retrieve, predict, bid, auction; the same code for one request or a million."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot

from .auction.batch import (
    Book,
    Candidates,
    Requests,
    Rules,
    Scores,
    Slots,
    new_scores,
    new_slots,
    run,
)
from .auction.pricing import EXPOSURE_ONE, Facts, Micros, price
from .auction.rank import scratch
from .bidding.pilot import Pilot
from .bidding.sample import Sample
from .bidding.types import Landscape, Results
from .book import PlanBook
from .explain import Explanation, explain
from .explore import explore
from .goods import goods
from .types import CandidateBatch, DecisionBatch, Placement, RequestBatch

Floats = npt.NDArray[np.float32]
Retrieve = Callable[[RequestBatch], CandidateBatch]
Predict = Callable[[RequestBatch, CandidateBatch], tuple[Floats, Floats]]

CHUNK = 128  # requests between two settlings of what bids reserved and prices left over


@dataclass(frozen=True)
class DecisionSettings:
    """The platform's own part in the ranking, and the rules of a page."""

    take_bps: int = 1_000  # of a sale, what organic ranking counts as the platform's
    experience_bps: int = 50  # worth of a click on a perfect item, of the catalog's median price
    merchant_cap: int = 4  # items of one merchant on a page
    group_cap: int = 1  # variants of one product on a page
    pricing: str = "uplift"
    bidder: str = "receding"
    explore_bps: int = 100  # requests with two slots swapped at random

    @property
    def rules(self) -> Rules:
        """What the kernel needs of it."""
        return Rules(self.take_bps / 10_000, self.merchant_cap, self.group_cap)


@dataclass(frozen=True)
class Auction:
    """A decided batch before it is cut to what is shown."""

    candidates: CandidateBatch
    pctr: Floats
    pcvr: Floats
    scores: Scores
    slots: Slots
    price_micros: Micros  # (n, K)


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
        rng: np.random.Generator,
        settings: DecisionSettings | None = None,
    ) -> None:
        self.settings = settings or DecisionSettings()
        self.retrieve = retrieve
        self.predict = predict
        self._rng = rng
        self.catalog = catalog
        self.placements = list(placements)
        self.plans = plans
        self.pilot = Pilot(plans)
        self._goods = goods(catalog, placements, self.settings.experience_bps)

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
        if catalog is not None or placements is not None:
            self.catalog = catalog or self.catalog
            self.placements = list(placements or self.placements)
            self._goods = goods(self.catalog, self.placements, self.settings.experience_bps)

    def tick(self, now_us: int, results: Results) -> None:
        """Set every plan's multiplier from what was observed since the last tick.

        `results` has one row a plan of the present book (see `bidding.Outcomes`).
        """
        self._fold(now_us)
        self.pilot.steer(now_us, results, self.settings.bidder)

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        """Fill the slots of n requests, in order; at most a placement's own slots each."""
        if not len(requests):
            return _decision(self._nothing())
        decided = self._auction(requests, self.plans)
        columns, rows = _columns(requests, decided)
        self.pilot.observe(columns, rows, decided.scores)
        return explore(_decision(decided), self._rng, self.settings.explore_bps)

    def explain(self, requests: RequestBatch, request: int = 0) -> list[Explanation]:
        """Every candidate of one request as it would be decided now, best first."""
        plans = self.plans.copy()
        decided = self._auction(requests, plans)
        return explain(
            request,
            decided.candidates,
            decided.pctr,
            decided.pcvr,
            decided.scores,
            decided.slots,
            decided.price_micros,
            self._goods,
            plans,
            self.settings.rules,
        )

    def landscape(
        self, requests: RequestBatch, plans: PlanBook, plan: int, rng: np.random.Generator
    ) -> Landscape:
        """What a plan (a row of the book) would get of these requests at each multiplier.

        Decides them as they would be decided now; changes nothing. `traffic` is their number.
        """
        decided = self._auction(requests, plans.copy())
        columns, rows = _columns(requests, decided)
        scores = decided.scores
        own = scores._replace(plan=np.where(scores.plan == plan, scores.plan, np.int32(-1)))
        sample = Sample(len(plans), rng, per_plan=len(requests))
        sample.observe(columns, rows, own)
        traffic = np.full(len(plans), float(len(requests)))
        chosen = self.settings
        return sample.landscape(
            self._goods, plans.target_roi, traffic, chosen.rules, chosen.pricing
        )

    def _fold(self, now_us: int) -> None:
        self.pilot.fold(now_us, self._goods, self.settings.rules, self.settings.pricing)

    def _nothing(self) -> Auction:
        none = np.zeros(0, np.float32)
        empty = CandidateBatch(
            np.zeros(1, np.int64), np.zeros(0, np.int32), none, np.zeros(0, np.uint8)
        )
        slots = new_slots(0, self._goods.exposures.shape[1])
        return Auction(empty, none, none, new_scores(0), slots, slots.welfare)

    def _auction(self, requests: RequestBatch, plans: PlanBook) -> Auction:
        candidates = self.retrieve(requests)
        pctr, pcvr = self.predict(requests, candidates)
        slots = new_slots(len(requests), self._goods.exposures.shape[1])
        scores = new_scores(len(candidates.item))
        decided = Auction(candidates, pctr, pcvr, scores, slots, np.zeros_like(slots.welfare))
        columns, rows = _columns(requests, decided)
        work = scratch(int(np.diff(candidates.offsets).max(initial=1)))
        book, rules = _book(plans), self.settings.rules
        for first in range(0, len(requests), CHUNK):
            last = min(first + CHUNK, len(requests))
            run(first, last, columns, rows, self._goods, book, rules, work, scores, slots)
            decided.price_micros[first:last] = self._settle(decided, plans, first, last)
        return decided

    def _settle(self, decided: Auction, plans: PlanBook, first: int, last: int) -> Micros:
        """Price the chunk and give back what its bids reserved beyond the prices."""
        slots = Slots(*(column[first:last] for column in decided.slots))
        facts = _facts(decided.scores, slots)
        prices = price(self.settings.pricing, facts)
        at = np.nonzero(facts.moved)
        if len(at[0]):
            back = facts.bid[at] - prices[at]
            plan = decided.scores.plan[slots.candidate[at]]
            np.add.at(plans.remaining_micros, plan, back)
            np.add.at(plans.wallet_micros, plans.wallet[plan], back)
        return prices


def _columns(requests: RequestBatch, decided: Auction) -> tuple[Requests, Candidates]:
    candidates = decided.candidates
    return (
        Requests(requests.at_us, requests.placement, requests.slots, candidates.offsets),
        Candidates(candidates.item, decided.pctr, decided.pcvr),
    )


def _book(plans: PlanBook) -> Book:
    return Book(
        plans.item_plan, plans.target_roi, plans.alpha, plans.remaining_micros, plans.wallet,
        plans.wallet_micros, plans.start_us, plans.end_us, plans.dayparts,
    )  # fmt: skip


def _pick(slots: Slots, column: npt.NDArray[Any], empty: int = 0) -> npt.NDArray[Any]:
    """A candidates' column by slot; `empty` where there is none."""
    if not len(column):
        return np.full(slots.candidate.shape, empty, column.dtype)
    return np.where(slots.candidate >= 0, column[slots.candidate], np.array(empty, column.dtype))


def _facts(scores: Scores, slots: Slots) -> Facts:
    return Facts(
        bid=_pick(slots, scores.bid),
        organic=_pick(slots, scores.organic),
        exposure=slots.exposure,
        exposure_organic=slots.exposure_organic,
        welfare=slots.welfare,
        welfare_without=slots.welfare_without,
        rival=slots.rival,
    )


def _decision(decided: Auction) -> DecisionBatch:
    slots, scores, candidates = decided.slots, decided.scores, decided.candidates
    shown = slots.candidate >= 0
    return DecisionBatch(
        item=_pick(slots, candidates.item, -1),
        plan=_pick(slots, scores.plan, -1),
        moved=shown & (slots.exposure > slots.exposure_organic),
        price_micros=decided.price_micros,
        exposure=(slots.exposure / EXPOSURE_ONE).astype(np.float32),
        exposure_organic=(slots.exposure_organic / EXPOSURE_ONE).astype(np.float32),
        pctr=_pick(slots, decided.pctr),
        pcvr=_pick(slots, decided.pcvr),
        organic=_pick(slots, scores.organic).astype(np.float32),
        bid=_pick(slots, scores.bid).astype(np.float32),
        relevance=_pick(slots, candidates.relevance),
        propensity=shown.astype(np.float32),
        candidates=np.diff(candidates.offsets).astype(np.int32),
    )
