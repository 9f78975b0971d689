"""Who has bought from whom, and so how likely an order would be the first at a merchant."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from adunion.audience import Buyers, words_of
from adunion.catalog.snapshot import raw_ids
from adunion.catalog.types import CatalogSnapshot
from adunion.decision import PlanBook
from adunion.decision.types import CandidateBatch, RequestBatch
from adunion.tracking import EventBatch, EventType

Ids = npt.NDArray[np.void]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]


class Customers:
    """Pairs of shopper and merchant, asked by the items of one catalog."""

    def __init__(self, catalog: CatalogSnapshot) -> None:
        self._buyers = Buyers()
        self.take(catalog)

    def take(self, catalog: CatalogSnapshot) -> None:
        """Ask by another catalog from now on."""
        self._catalog = catalog
        self._words: npt.NDArray[np.uint64] | None = None

    def learn(self, batch: EventBatch) -> None:
        """One purchase an order."""
        heads = batch.take((batch.type == EventType.ORDER) & (batch.line == 1))
        merchant, known = self.of_items(heads.item)
        self._buyers.observe(heads.shopper[known], merchant[known])

    def bought(self, shopper: Ids, merchant: Ids) -> None:
        """Purchases of before, (k,) each."""
        self._buyers.observe(shopper, words_of(merchant))

    def first(self, shopper: Ids, item: Ids) -> Mask:
        """Whether each shopper has not bought from the item's merchant before, (k,)."""
        merchant, known = self.of_items(item)
        return np.asarray(self._buyers.first(shopper, merchant) & known, np.bool_)

    def newness(self, shopper: Ids, consent: Mask, item: Ids) -> Floats:
        """How likely each shopper, if it buys, is new to the item's merchant, (k,)."""
        return self._buyers.newness(shopper, consent, self.of_items(item)[0])

    def newness_of(
        self, requests: RequestBatch, candidates: CandidateBatch, plans: PlanBook
    ) -> Floats:
        """The same of candidates, (m,); it is asked only where the plan bids by it."""
        of = np.repeat(np.arange(len(requests)), np.diff(candidates.offsets))
        out = np.zeros(len(candidates.item), np.float32)
        plan = plans.item_plan[candidates.item]
        asks = np.append((plans.new_micros > 0) | (plans.handicap > 0), False)  # the last: no plan
        rows = np.flatnonzero(asks[plan])
        merchant = self._merchants()[self._catalog.merchant[candidates.item[rows]]]
        out[rows] = self._buyers.newness(
            requests.shopper[of[rows]], requests.consent[of[rows]], merchant
        )
        return out

    def of_items(self, item: Ids) -> tuple[npt.NDArray[np.uint64], Mask]:
        """What stands for each item's merchant, and whether the item is known, (k,)."""
        rows = self._catalog.rows(item)
        merchant = np.where(rows >= 0, self._catalog.merchant[rows], 0)
        return self._merchants()[merchant], rows >= 0

    def _merchants(self) -> npt.NDArray[np.uint64]:
        if self._words is None:
            self._words = words_of(raw_ids(self._catalog.merchant_ids))
        return self._words
