"""The decision: retrieve, predict, bid, auction; the same code for one request or a million."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.clock import generator
from adunion.kernel.money import micros_per_minor

from .auction.batch import (
    Candidates,
    Goods,
    Requests,
    Rules,
    Scores,
    Slots,
    new_scores,
    new_slots,
    run_plain,
)
from .auction.load import paid_slots
from .auction.pricing import Facts, Micros, price
from .auction.rank import Scratch, scratch
from .bidding.launch import ROUNDS, as_running, settle, traffic_in_hours
from .bidding.pilot import Pilot
from .bidding.sample import Sample
from .bidding.types import Landscape, Results, bidder
from .book import PlanBook
from .explain import Explanation, explain
from .goods import goods, promised, weights
from .log import Decided, DecisionLog
from .page import answer, moved_slots, pay
from .seen import HourlyLandscapes
from .types import CandidateBatch, DecisionBatch, Placement, RequestBatch
from .watched import Watched, joined
from .waterfall import Counted, Waterfall

Floats = npt.NDArray[np.float32]
Column = npt.NDArray[np.float64] | None
Retrieve = Callable[[RequestBatch], CandidateBatch]
Predict = Callable[[RequestBatch, CandidateBatch], tuple[Floats, Floats]]
Newness = Callable[[RequestBatch, CandidateBatch], Floats]
"""(m,) how likely the shopper is new to each candidate's merchant."""

WATCH_AT_ONCE = 64  # requests that wait to be seen by bidding and the waterfall
_LOGGED_SETTINGS = ("explore_bps", "take_bps", "experience_bps", "merchant_cap", "group_cap")
_EVEN = np.zeros(0, np.float32)  # every sale counts for itself
CHUNK = 128  # requests between two settlings of what bids reserved and prices left over


@dataclass(frozen=True)
class DecisionSettings:
    """The platform's own part in the ranking, and the rules of a page."""

    take_bps: int = 1_000  # of a sale, what organic ranking counts as the platform's
    experience_bps: int = 50  # worth of a click on a perfect item, of the catalog's median price
    merchant_cap: int = 4  # items of one merchant on a page
    group_cap: int = 1  # variants of one product on a page
    pricing: str = "uplift"
    reserve_micros: int = 0  # of each seen impression that a bid adds
    bidder: str = "return_target"
    explore_bps: int = 100  # requests with a slot given to another item by chance
    ad_load_bps: int = 5_000  # of a page's slots beyond the first, what bids may move
    ad_loads: Mapping[str, int] = field(default_factory=dict)  # the same by placement code
    ad_load_day_bps: int = 10_000  # of a day's slots, what bids may move
    retrievals_off: tuple[str, ...] = ()  # by name: they give no candidates
    features_off: tuple[str, ...] = ()  # by name: predictions do without
    reads_pages: bool = True  # what stands on a page or is said in a room counts
    log_one_in: int = 20  # requests to one whose candidates are kept in the log of decisions

    @property
    def rules(self) -> Rules:
        """What the kernel needs of it."""
        return Rules(self.take_bps / 10_000, self.merchant_cap, self.group_cap, self.reserve_micros)


class Auction(NamedTuple):
    """A decided batch before it is cut to what is shown."""

    asked: Requests
    candidates: CandidateBatch
    pctr: Floats
    pcvr: Floats
    weight: Floats  # see `Candidates`
    scores: Scores
    slots: Slots
    price_micros: Micros  # (n, K)

    @property
    def rows(self) -> Candidates:
        """The candidates as the kernel reads them."""
        return Candidates(self.candidates.item, self.pctr, self.pcvr, self.weight)


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
        self._waiting: list[Watched] = []
        self._work = scratch(1)
        self._waiting_requests = 0
        self.waterfall = Waterfall(self.placements, plans.ids)
        self.seen = HourlyLandscapes()
        self._learned: tuple[Column, Column, Column] = (None, None, None)
        self._goods = self._valued()

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
        self._goods = self._valued()

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
        self._learned = (pieces, returned, experience)
        self._goods = self._valued()

    def tick(self, now_us: int, results: Results) -> None:
        """Set every plan's multiplier from what was observed since the last tick.

        `results` has one row a plan of the present book (see `bidding.Outcomes`).
        """
        self._fold(now_us)
        self.pilot.steer(now_us, results, self.settings.bidder)

    def rehearse(
        self, now_us: int, requests: RequestBatch, fresh: npt.NDArray[np.int64], results: Results
    ) -> None:
        """Give new plans (rows of the book) their first multiplier, from requests of before.

        Rivals bid as they do now. What was seen is remembered as if the plans had run.
        """
        book, chosen = self.plans, self.settings
        for turn in range(ROUNDS):
            trial = as_running(book, fresh)
            decided = self._auction(requests, trial)
            columns, rows = decided.asked, decided.rows
            mine = np.isin(decided.scores.plan, fresh)
            scores = decided.scores._replace(plan=np.where(mine, decided.scores.plan, np.int32(-1)))
            sample = Sample(len(book), generator(len(requests), turn))
            sample.observe(columns, rows, scores)
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
            nothing = self._nothing()
            return self._shown(requests, nothing)[1]
        decided = self._auction(requests, self.plans)
        self._waiting.append(Watched(decided.asked, decided.rows, decided.scores, decided.slots))
        self._waiting_requests += len(requests)
        if self._waiting_requests >= WATCH_AT_ONCE:
            self.watch()
        shown, made = self._shown(requests, decided)
        if self.log is not None:
            every = np.arange(len(requests))
            kept = every if requests.keep else self.log.chosen(requests.request)
            if len(kept):
                self.log.note(self._noted(requests, decided, shown, made), kept)
        return made

    def preview(self, requests: RequestBatch) -> DecisionBatch:
        """What `decide` would answer now; changes nothing."""
        return self._shown(requests, self._auction(requests, self.plans.copy()))[1]

    def watch(self) -> None:
        """Let bidding and the waterfall see what was decided since the last time."""
        if not self._waiting:
            return
        seen = joined(self._waiting)
        self._waiting, self._waiting_requests = [], 0
        self.pilot.observe(seen.requests, seen.candidates, seen.scores)
        self.waterfall.observe(*seen, self._goods, self.plans.columns(), self.settings.rules)

    def counted(self) -> Counted | None:
        """Where plans' requests went since the last time this was asked."""
        self.watch()
        return self.waterfall.drain()

    def explain(self, requests: RequestBatch, request: int = 0) -> list[Explanation]:
        """Every candidate of one request as it would be decided now, best first."""
        plans = self.plans.copy()
        decided = self._auction(requests, plans)
        return explain(
            request,
            decided.candidates,
            int(decided.asked.paid[request]),
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
        columns, rows = decided.asked, decided.rows
        scores = decided.scores
        own = scores._replace(plan=np.where(scores.plan == plan, scores.plan, np.int32(-1)))
        sample = Sample(len(plans), rng, per_plan=len(requests))
        sample.observe(columns, rows, own)
        traffic = np.full(len(plans), float(len(requests)))
        chosen = self.settings
        return sample.landscape(
            self._goods, plans.target_roi, traffic, chosen.rules, chosen.pricing
        )

    def _valued(self) -> Goods:
        """What a sale of each item is worth, and counts for towards its plan's promise."""
        self._weighs = bool(self.plans.new_micros.any())
        weight, loads = self.settings.experience_bps, self.settings.ad_loads
        self._page_bps = np.array(
            [loads.get(each.code, self.settings.ad_load_bps) for each in self.placements], np.int64
        )
        pieces, returned, experience = self._learned
        table = goods(self.catalog, self.placements, weight, pieces, experience)
        return promised(table, self.plans, returned)

    def _fold(self, now_us: int) -> None:
        self.watch()
        seen = self.pilot.fold(now_us, self._goods, self.settings.rules, self.settings.pricing)
        self.seen.add(now_us, self.plans, seen)

    def _nothing(self) -> Auction:
        none = np.zeros(0, np.float32)
        empty = CandidateBatch(
            np.zeros(1, np.int64), np.zeros(0, np.int32), none, np.zeros(0, np.uint8)
        )
        slots = new_slots(0, self._goods.exposures.shape[1])
        few = np.zeros(0, np.int16)
        asked = Requests(empty.offsets[:0], few, few, few, few, empty.offsets)
        return Auction(asked, empty, none, none, none, new_scores(0), slots, slots.payment)

    def _auction(self, requests: RequestBatch, plans: PlanBook) -> Auction:
        candidates = self.retrieve(requests)
        pctr, pcvr = self.predict(requests, candidates)
        slots = new_slots(len(requests), self._goods.exposures.shape[1])
        scores = new_scores(len(candidates.item))
        asked = Requests(
            requests.at_us, requests.placement, requests.slots, self.paid_slots(requests),
            region_column(requests, plans), candidates.offsets,
        )  # fmt: skip
        weight = self._weight(requests, candidates, plans)
        prices = np.zeros_like(slots.payment)
        decided = Auction(asked, candidates, pctr, pcvr, weight, scores, slots, prices)
        every = (
            tuple(asked), tuple(decided.rows), tuple(self._goods), tuple(plans.columns()),
            tuple(self.settings.rules), tuple(self._scratch(candidates)), tuple(scores),
            tuple(slots),
        )  # fmt: skip
        for first in range(0, len(requests), CHUNK):
            last = min(first + CHUNK, len(requests))
            run_plain(first, last, *every)
            self._settle(decided, plans, first, last)
        return decided

    def _weight(
        self, requests: RequestBatch, candidates: CandidateBatch, plans: PlanBook
    ) -> Floats:
        """What plans count sales to these shoppers for, by the chance that they are new: (m,)."""
        if self.newness is None or not self._weighs:
            return _EVEN
        return weights(
            self.newness(requests, candidates), candidates.item, plans.item_plan,
            plans.new_micros, self._goods.promised_micros,
        )  # fmt: skip

    def _shown(self, requests: RequestBatch, decided: Auction) -> tuple[Micros, DecisionBatch]:
        """Candidate rows by slot, (n, K), and the answer."""
        candidates, chosen = decided.candidates, self.settings
        return answer(
            requests, candidates, decided.pctr, decided.pcvr, decided.scores, decided.asked.paid,
            decided.slots, decided.price_micros, self._goods, chosen.rules,
            self._scratch(candidates), chosen.explore_bps,
        )  # fmt: skip

    def _noted(
        self, requests: RequestBatch, decided: Auction, shown: Micros, made: DecisionBatch
    ) -> Decided:
        """What the log of decisions keeps of a batch."""
        candidates, scores, table = decided.candidates, decided.scores, self._goods
        plan_raw = np.append(self.plans.raw, np.zeros(1, "V16"))

        def columns(rows: Micros) -> dict[str, npt.NDArray[Any]]:
            item = candidates.item[rows]
            return {
                "item": self.catalog.raw[item],
                "plan": plan_raw[scores.plan[rows]],
                "merchant": table.merchant[item],
                "group": table.group[item],
                "pctr": decided.pctr[rows],
                "pcvr": decided.pcvr[rows],
                "relevance": candidates.relevance[rows],
                "value": table.value_micros[item],
                "experience": table.experience_micros[item],
                "organic": scores.organic[rows],
                "bid": scores.bid[rows],
            }

        return Decided(
            requests=requests,
            candidates=candidates,
            columns=columns,
            score=scores.organic + scores.bid,
            exposures=_exposures(table, requests),
            paid_most=decided.asked.paid,
            settings={
                "unit": micros_per_minor(self.catalog.currency),
                **{name: getattr(self.settings, name) for name in _LOGGED_SETTINGS},
            },
            placement=np.array([each.id for each in self.placements])[requests.placement],
            home=decided.slots.candidate,
            shown=shown,
            of_slot={
                "moved": made.moved,
                "price": made.price_micros,
                "propensity": made.propensity,
                "exposure_organic": made.exposure_organic,
            },
        )

    def _scratch(self, candidates: CandidateBatch) -> Scratch:
        """Working memory for the longest of the requests."""
        offsets = candidates.offsets
        most = int(offsets[1]) if len(offsets) == 2 else int(np.diff(offsets).max(initial=1))
        if most > len(self._work.score):
            self._work = scratch(most)
        return self._work

    def _settle(self, decided: Auction, plans: PlanBook, first: int, last: int) -> None:
        """Price the chunk and give back what its bids reserved beyond the prices."""
        moved = moved_slots(decided.slots, decided.scores, first, last)
        if not len(moved.plan):
            return
        reserve = self.settings.reserve_micros
        bid, organic, exposure, lower, payment, rival = moved.facts
        facts = Facts(bid, organic, exposure, lower, payment, rival, reserve)
        prices = price(self.settings.pricing, facts)
        remaining, wallets, pools = plans.purse
        pay(
            moved, prices, reserve, decided.price_micros, remaining, plans.wallet, wallets,
            plans.pool, pools,
        )  # fmt: skip


def region_column(requests: RequestBatch, plans: PlanBook) -> npt.NDArray[np.int16]:
    """(n,) the column of the book's regions that each request is in."""
    if requests.region is None or not plans.region_names:
        return np.zeros(len(requests), np.int16)
    return np.append(plans.region_rows(requests.regions), np.int16(0))[requests.region]


def _exposures(table: Goods, requests: RequestBatch) -> Micros:
    """(n, K) of the slots that each request wanted, 0 past them."""
    exposures = table.exposures[requests.placement]
    wanted = np.arange(exposures.shape[1]) < requests.slots[:, None]
    return np.where(wanted, exposures, 0)
