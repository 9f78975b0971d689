"""What the market knows and decides with: index, profiles, statistics, models, engine.

All of it is made from the catalog and the event log, so it can be made again; none of it is a
record. An arm of an experiment is a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy, deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from adunion.audience import Facets, ProfileStore
from adunion.catalog.types import CatalogSnapshot
from adunion.decision import PlanBook
from adunion.decision.bidding.traffic import hour_counts
from adunion.decision.desk import Columns
from adunion.decision.engine import DecisionEngine
from adunion.decision.retrieval import (
    RETRIEVALS,
    Complements,
    Lists,
    RetrievalState,
    Understood,
    learn_carts,
    retrieve,
)
from adunion.decision.retrieval import moved as moved_lists
from adunion.decision.settings import DecisionSettings
from adunion.decision.types import CandidateBatch, DecisionBatch, Placement, RequestBatch
from adunion.prediction import (
    KINDS,
    AfterSales,
    Drift,
    ItemColumns,
    ItemStats,
    Models,
    Predictor,
    TrainingLog,
)
from adunion.tracking import EventBatch, EventType
from adunion.understanding import LexicalIndex
from adunion.understanding.needs import Library
from adunion.understanding.needs.pools import NeedPools

from .customers import Customers
from .lessons import MODELS, Places, learn_after_sales, learn_items, price_cells, saved_models
from .notes import TrainingNotes
from .tastes import learn_tastes
from .together import Together

if TYPE_CHECKING:
    from adunion.understanding.nearest import NearestItems

CANDIDATES = 120
SCENE = "scene_category"
"""The feature without which scenes say nothing."""
_PAGES = (KINDS.index("page"), KINDS.index("live"))


Pictured = Callable[[CatalogSnapshot], npt.NDArray[np.bool_] | None]
"""What the pictures of a catalog's items show, (items, looks); None: nothing is known."""


class Brain:
    """Decides and learns."""

    def __init__(
        self,
        catalog: CatalogSnapshot,
        placements: Sequence[Placement],
        audiences: Mapping[str, Mapping[str, float]],
        notes: TrainingNotes,
        settings: DecisionSettings | None = None,
        needs: Library | None = None,
    ) -> None:
        self.catalog = catalog
        self.placements = placements
        self._audiences = audiences
        self.profiles = ProfileStore(catalog)
        self.stats = ItemStats(catalog)
        self.after_sales = AfterSales(catalog)
        self.drift = Drift()
        self.customers = Customers(catalog)
        self.notes: TrainingNotes | None = notes
        self.models = Models.prior()
        self._index = LexicalIndex.build(catalog)
        self.pictured: Pictured | None = None
        self._look_at_items()
        self._nearest: NearestItems | None = None
        self._places = Places(placements)
        self._state: RetrievalState
        self._predictor: Predictor
        self._together = Together()
        self._carts: Lists | None = None
        self._product: npt.NDArray[np.int32] | None = None
        self._companions: Lists | None = None
        self._need_library = needs
        self._need_pools = self._new_need_pools()
        self.engine = DecisionEngine(
            catalog,
            placements,
            PlanBook.of([], catalog),
            self._retrieve,
            self._predict,
            settings,
        )
        self.engine.newness = self._newness
        self.engine.shown = self._note
        self._build_state()

    @property
    def plans(self) -> PlanBook:
        """The plans that bid."""
        return self.engine.plans

    @property
    def index(self) -> LexicalIndex:
        """What finds items by words."""
        return self._index

    def index_of(self, catalog: CatalogSnapshot) -> LexicalIndex:
        """The index of another snapshot, made from the present one where items stay."""
        return LexicalIndex.build(catalog, self._index)

    @property
    def nearest(self) -> NearestItems | None:
        """What finds items by meaning, where they are embedded."""
        return self._nearest

    def use_nearest(self, nearest: NearestItems | None) -> None:
        """Find items by meaning too from now on; it serves while its catalog is the present one."""
        self._nearest = nearest
        self._build_state()

    def set_plans(self, now_us: int, book: PlanBook) -> None:
        """Let these plans bid from now on."""
        self.engine.replace(now_us, book)
        self._state = self._state.with_planned(_planned(book))

    def set_catalog(
        self,
        now_us: int,
        catalog: CatalogSnapshot,
        placements: Sequence[Placement],
        book: PlanBook,
        index: LexicalIndex,
    ) -> None:
        """Move to another snapshot and its index; what was learned of items that stay is kept."""
        self.engine.watch()
        self.profiles.rebase(catalog)
        self.stats.rebase(catalog)
        self.after_sales.rebase(catalog)
        moved = np.append(catalog.rows(self.catalog.raw), np.int32(-1))
        self._together.rebase(moved)
        self.customers.take(catalog)
        if self._carts is not None:
            self._carts = moved_lists(self._carts, moved[:-1], len(catalog))
        self._product = self._companions = None  # until the next training
        self.catalog, self.placements = catalog, placements
        self._index = index
        self._look_at_items()
        self._need_pools = self._new_need_pools()
        self._places = Places(placements)
        self.engine.replace(now_us, book, catalog, placements)
        self._build_state()

    def profile_rows(
        self, shopper: npt.NDArray[np.void], consent: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int32]:
        """Rows of consenting shoppers' profiles; -1 for everyone else."""
        rows = self.profiles.rows(shopper)
        if len(rows) == 1 and consent[0]:
            return rows
        return np.where(consent, rows, np.int32(-1))

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        """The decision; what carts hold is noted for complements."""
        decided = self.engine.decide(requests)
        self._together.see_carts(requests)
        return decided

    def _note(self, columns: Columns, decided: DecisionBatch) -> None:
        """What is shown is noted for training, with its features as they were at the decision."""
        if self.notes is not None:
            self.notes.decided(columns, decided, self._predictor)

    def placement_rows(self, placement: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
        """The row of each placement, -1 where it is not known."""
        return self._places.rows(placement)

    @contextmanager
    def trying(self, rows: npt.NDArray[np.int32]) -> Iterator[PlanBook]:
        """Within it the engine decides as if a new plan had these items; the book, it last."""
        book, before = self.plans.with_plan(rows), self._state
        self._state = before.with_planned(_planned(book))
        try:
            yield book
        finally:
            self._state = before

    @contextmanager
    def sparing(self, rows: npt.NDArray[np.int32]) -> Iterator[None]:
        """Within it these items are retrieved as if no plan held them."""
        before = self._state
        self._state = before.with_planned(np.setdiff1d(_planned(self.plans), rows))
        try:
            yield
        finally:
            self._state = before

    def learn(self, batch: EventBatch) -> None:
        """Take what happened into profiles, item statistics and training rows."""
        if not len(batch):
            return
        self.engine.watch()
        rows, kind = self.catalog.rows(batch.item), self._places.kinds_of(batch.placement)
        learn_items(self.stats, self.drift, self._predictor.items, batch, rows, kind)
        learn_tastes(self.profiles, batch, rows, kind, self.stats.rate)
        self._together.see_orders(batch, rows)
        learn_after_sales(self.after_sales, batch)
        self.customers.learn(batch)
        if self.notes is not None:
            self.notes.learn(batch)

    def expect(self, batch: EventBatch) -> None:
        """Count a replayed batch's requests as traffic, which bidding looks ahead by."""
        asked = batch.at_us[batch.type == EventType.REQUEST]
        if len(asked):
            self.engine.pilot.traffic.observe(hour_counts(asked))

    def refresh(self) -> None:
        """Take the statistics into what decides; once a tick."""
        self.engine.watch()
        columns = self.stats.columns()
        self.profiles.scenes.settle(SCENE in self.engine.settings.features_off)
        self._revalue()
        self._predictor = self._new_predictor(columns)
        self._state = self._state.with_columns(columns, self._state.complements)

    def _new_predictor(self, columns: ItemColumns) -> Predictor:
        off = self.engine.settings.features_off
        models = self.models.moved(self.drift.shifts).without(off)
        return Predictor(models, self.profiles, columns, self._places.kinds)

    def _revalue(self) -> None:
        after = self.after_sales
        self.returned = after.expected_returns()
        self.engine.revalue(self.stats.expected_pieces(), self.returned, after.experience())

    @property
    def retrieval(self) -> RetrievalState:
        """What retrieval knows, as of now."""
        return self._state

    def training_log(self) -> TrainingLog:
        """The rows so far."""
        self.engine.watch()
        return TrainingLog.empty() if self.notes is None else self.notes.log()

    def use(self, models: Models) -> None:
        """Predict by these models from now on."""
        self.models = models
        self.drift = Drift(models.trained_us, models.arrived)
        self._learn_understood()
        self._build_state()

    def save(self, home: Path) -> None:
        """Keep what no replay of events gives again: the models, and what lay in one cart."""
        self.models.save(home / MODELS)
        self._together.save(home, self.catalog)

    def restore_models(self, home: Path) -> None:
        """Take the models that were saved; before events are replayed, which tell of their drift.

        Models of other features are left: the prior serves until the next training.
        """
        self.models = saved_models(home) or self.models
        self.drift = Drift(self.models.trained_us, self.models.arrived)

    def restore(self, home: Path) -> None:
        """Take what was saved of carts, in place of what was replayed."""
        self._together.restore(home, self.catalog)
        self._learn_understood()
        self._build_state()

    def aside(self) -> Brain:
        """To try plans on while this one decides: its engine and retrieval state are its own.

        Profiles and statistics are shared, and change as this one learns.
        """
        twin = copy(self)
        twin.engine = self.engine.aside(twin._retrieve, twin._predict, twin._newness)
        return twin

    def copy(self) -> Brain:
        """All that was learned, without plans, for another arm; it makes no training rows."""
        notes, self.notes = self.notes, None
        engine, self.engine = self.engine, None  # type: ignore[assignment]
        state, self._state = self._state, None  # type: ignore[assignment]
        predictor, self._predictor = self._predictor, None  # type: ignore[assignment]
        shared = (
            self.catalog, self._index, self._nearest, self.placements, self._need_library,
            self._need_pools, self.profiles.facets,
        )  # fmt: skip
        twin = deepcopy(self, {id(each): each for each in shared})
        self.notes, self.engine, self._state, self._predictor = notes, engine, state, predictor
        twin.engine = DecisionEngine(
            self.catalog,
            self.placements,
            PlanBook.of([], self.catalog),
            twin._retrieve,
            twin._predict,
            engine.settings,
        )
        twin.engine.newness = twin._newness
        twin._state = state
        twin._build_state()
        return twin

    def _build_state(self) -> None:
        self.stats.set_words(*self._index.holders)
        columns = self.stats.columns()
        self._revalue()
        self._predictor = self._new_predictor(columns)
        nearest = self._nearest
        of_now = nearest if nearest is not None and nearest.snapshot is self.catalog else None
        self._state = RetrievalState.build(
            self.catalog,
            self._index,
            self.placements,
            self.profiles,
            columns,
            Complements.learn(self.catalog, *self._together.pairs()),
            _planned(self.engine.plans),
            self._audiences,
            of_now,
            Understood(self._need_pools, self._carts, self._product, self._companions),
            getattr(self, "_state", None),  # none yet while the brain is made
        )

    def _look_at_items(self) -> None:
        """Read off the items what they may be liked for."""
        pictured = None if self.pictured is None else self.pictured(self.catalog)
        words = self._index.words, *self._index.holders
        self.profiles.look_at(Facets.read(self.catalog, *words, pictured))

    def look_at_pictures(self, pictured: Pictured) -> None:
        """Take colours and styles of pictures too, now and of every catalog to come."""
        self.pictured = pictured
        self._look_at_items()
        self._build_state()

    def _new_need_pools(self) -> NeedPools | None:
        library = self._need_library
        return None if library is None else NeedPools(library, self._index)

    def read_waiting(self) -> None:
        """Read the needs of queries that came; decisions know them from then on."""
        if self.needs is not None:
            self.needs.read_waiting()

    @property
    def needs(self) -> NeedPools | None:
        """The needs that decisions retrieve by; None where that is off."""
        off = "needs" in self.engine.settings.retrievals_off
        return None if off else self._need_pools

    def _learn_understood(self) -> None:
        """Once a day, with training: what goes into a cart."""
        off, pools = self.engine.settings.retrievals_off, self._need_pools
        if "cart" in off:
            return
        self._carts = learn_carts(self.catalog, *self._together.pairs())
        if pools is not None:
            known = pools.go_with(self.catalog)
            self._product, self._companions = known[0], Lists(known[1], known[2], known[3])

    def _retrieve(self, requests: RequestBatch) -> CandidateBatch:
        off = self.engine.settings.retrievals_off
        chosen = {name: each for name, each in RETRIEVALS if name not in off} if off else None
        if not self.engine.settings.reads_pages:
            beside = np.isin(self._places.kinds[requests.placement], _PAGES)
            requests = replace(requests, query=np.where(beside, np.int32(-1), requests.query))
        return retrieve(requests, self._state, CANDIDATES, chosen)

    def _predict(
        self, requests: RequestBatch, candidates: CandidateBatch
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        return self._predictor(requests, candidates)

    def _newness(
        self, requests: RequestBatch, candidates: CandidateBatch
    ) -> npt.NDArray[np.float32]:
        return self.customers.newness_of(requests, candidates, self.plans)

    def learn_sales(
        self,
        placement: npt.NDArray[np.void],
        item: npt.NDArray[np.void],
        click_at_us: npt.NDArray[np.int64],
        order_at_us: npt.NDArray[np.int64],
    ) -> None:
        """Take order lines that are credited to a click on a placement, (k,)."""
        kind = self._places.kinds_of(placement)
        known = (kind >= 0) & (click_at_us >= 0)
        if known.any():
            rows = self.catalog.rows(item[known])
            cell = price_cells(self._predictor.items, kind[known], rows)
            self.drift.ordered(cell, click_at_us[known], order_at_us[known])


def _planned(book: PlanBook) -> npt.NDArray[np.int32]:
    return np.flatnonzero(book.item_plan >= 0).astype(np.int32)
