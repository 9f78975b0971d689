"""The decision: retrieve, predict, bid, auction; the same code for one request or a million."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.errors import invalid
from adunion.kernel.money import micros_per_minor

from .auction.batch import Book, Candidates, Goods, Requests, Rules, Scores, Slots
from .auction.batch import new_scores, new_slots, run
from .auction.pricing import EXPOSURE_ONE, Facts, price
from .auction.rank import SLOTS_MAX, scratch
from .book import PlanBook
from .explore import explore
from .types import CandidateBatch, DecisionBatch, Placement, RequestBatch

Retrieve = Callable[[RequestBatch], CandidateBatch]
Floats = npt.NDArray[np.float32]
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
    explore_bps: int = 100  # requests with two slots swapped at random


class DecisionEngine:
    """Answers requests of one currency's catalog. Not thread-safe: one caller at a time."""

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
        self.plans = plans
        self.retrieve = retrieve
        self.predict = predict
        self._rng = rng
        self.set_catalog(catalog, placements)

    def set_catalog(self, catalog: CatalogSnapshot, placements: Sequence[Placement]) -> None:
        """Take another snapshot; set `plans` to a book of the same snapshot with it."""
        self.catalog = catalog
        self.placements = list(placements)
        self._goods = _goods(catalog, placements, self.settings)

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        """Fill the slots of n requests, in order."""
        candidates = self.retrieve(requests)
        pctr, pcvr = self.predict(requests, candidates)
        scores, slots, prices = self._auction(requests, candidates, pctr, pcvr)
        decided = self._decision(candidates, pctr, pcvr, scores, slots, prices)
        return explore(decided, self._rng, self.settings.explore_bps)

    def _auction(
        self, requests: RequestBatch, candidates: CandidateBatch, pctr: Floats, pcvr: Floats
    ) -> tuple[Scores, Slots, npt.NDArray[np.int64]]:
        count, slots_max = len(requests), self._goods.exposures.shape[1]
        scores, slots = new_scores(len(candidates.item)), new_slots(count, slots_max)
        prices = np.zeros((count, slots_max), np.int64)
        columns = Requests(
            requests.at_us, requests.placement, requests.slots, candidates.offsets
        )
        rows = Candidates(candidates.item, pctr, pcvr)
        largest = int(np.diff(candidates.offsets).max(initial=1))
        work, book = scratch(largest), _columns(self.plans)
        for first in range(0, count, CHUNK):
            last = min(first + CHUNK, count)
            run(first, last, columns, rows, self._goods, book, self._rules, work, scores, slots)
            prices[first:last] = self._settle(scores, slots, first, last)
        return scores, slots, prices

    @property
    def _rules(self) -> Rules:
        chosen = self.settings
        return Rules(chosen.take_bps / 10_000, chosen.merchant_cap, chosen.group_cap)

    def _settle(
        self, scores: Scores, slots: Slots, first: int, last: int
    ) -> npt.NDArray[np.int64]:
        """Price the chunk and give back what its bids reserved beyond the prices."""
        part = Slots(*(column[first:last] for column in slots))
        facts = facts_of_slots(scores, part)
        prices = price(self.settings.pricing, facts)
        at = np.nonzero(facts.moved)
        if len(at[0]):
            back = facts.bid[at] - prices[at]
            plan = scores.plan[part.candidate[at]]
            np.add.at(self.plans.remaining_micros, plan, back)
            np.add.at(self.plans.wallet_micros, self.plans.wallet[plan], back)
        return prices

    def _decision(
        self,
        candidates: CandidateBatch,
        pctr: Floats,
        pcvr: Floats,
        scores: Scores,
        slots: Slots,
        prices: npt.NDArray[np.int64],
    ) -> DecisionBatch:
        shown = slots.candidate >= 0

        def pick(column: npt.NDArray[np.generic], empty: float, dtype: str) -> npt.NDArray[np.generic]:
            if not len(column):
                return np.full(shown.shape, empty, dtype)
            return np.where(shown, column[slots.candidate], empty).astype(dtype)

        exposure = (slots.exposure / EXPOSURE_ONE).astype(np.float32)
        return DecisionBatch(
            item=pick(candidates.item, -1, "i4"),  # type: ignore[arg-type]
            plan=pick(scores.plan, -1, "i4"),  # type: ignore[arg-type]
            moved=shown & (slots.exposure > slots.exposure_organic),
            price_micros=prices,
            exposure=exposure,
            exposure_organic=(slots.exposure_organic / EXPOSURE_ONE).astype(np.float32),
            pctr=pick(pctr, 0, "f4"),  # type: ignore[arg-type]
            pcvr=pick(pcvr, 0, "f4"),  # type: ignore[arg-type]
            organic=pick(scores.organic, 0, "f4"),  # type: ignore[arg-type]
            bid=pick(scores.bid, 0, "f4"),  # type: ignore[arg-type]
            relevance=pick(candidates.relevance, 0, "f4"),  # type: ignore[arg-type]
            propensity=shown.astype(np.float32),
            candidates=np.diff(candidates.offsets).astype(np.int32),
        )


def facts_of_slots(scores: Scores, slots: Slots) -> Facts:
    """What prices are computed from, shape of the slots; empty slots are not moved."""
    if not len(scores.bid):
        nothing = np.zeros(slots.candidate.shape, np.int64)
        return Facts(nothing, nothing, nothing, nothing, nothing, nothing, nothing)
    shown = slots.candidate >= 0
    return Facts(
        bid=np.where(shown, scores.bid[slots.candidate], 0),
        organic=np.where(shown, scores.organic[slots.candidate], 0),
        exposure=slots.exposure,
        exposure_organic=slots.exposure_organic,
        welfare=slots.welfare,
        welfare_without=slots.welfare_without,
        rival=slots.rival,
    )


def _columns(plans: PlanBook) -> Book:
    return Book(
        plans.item_plan, plans.target_roi, plans.alpha, plans.remaining_micros, plans.wallet,
        plans.wallet_micros, plans.start_us, plans.end_us, plans.dayparts,
    )  # fmt: skip


def _goods(
    catalog: CatalogSnapshot, placements: Sequence[Placement], settings: DecisionSettings
) -> Goods:
    price_micros = catalog.price_minor * micros_per_minor(catalog.currency)
    median = int(np.median(price_micros)) if len(catalog) else 0
    stars = np.clip((catalog.rating.astype(np.float64) - 1) / 4, 0, 1)
    worth = (stars * (median * settings.experience_bps // 10_000)).astype(np.int64)
    return Goods(catalog.merchant, catalog.item_group, price_micros, worth, _exposures(placements))


def _exposures(placements: Sequence[Placement]) -> npt.NDArray[np.int64]:
    """(p, K) ten-thousandths, 0 past a placement's last slot."""
    slots_max = max((len(placement.exposures) for placement in placements), default=1)
    table = np.zeros((len(placements), slots_max), np.int64)
    for row, placement in enumerate(placements):
        given = np.round(np.array(placement.exposures) * EXPOSURE_ONE).astype(np.int64)
        falling = len(given) <= SLOTS_MAX and np.all(np.diff(given) <= 0)
        if not falling or given.min(initial=0) < 0 or given.max(initial=0) > EXPOSURE_ONE:
            raise invalid(
                "exposures",
                f"Placement {placement.code!r} has exposures {placement.exposures}.",
                f"Give at most {SLOTS_MAX} falling numbers from 1 to 0.",
            )
        table[row, : len(given)] = given
    return table
