"""What a market takes from a batch of events: predictions, recent requests, plans' outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.attribution import Credits
from adunion.decision.bidding import Outcomes
from adunion.insight.types import prefixed_ids
from adunion.kernel.id_columns import given
from adunion.kernel.money import micros_per_minor
from adunion.tracking import FLAG_CONSENT, FLAG_MOVED, EventBatch, EventType

from .brain import Brain
from .lessons import HOUR_US
from .recent import RecentRequests

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Goals:
    """The plans that count a sale otherwise than by its GMV, by id."""

    order_micros: Mapping[str, int]  # an order counts for this much (cost_per_order)
    net: frozenset[str]  # GMV counts after the returns that are to be expected (net_roi)
    new_micros: Mapping[str, int]  # a new customer's first order counts for so much besides

    def counted(
        self, ids: list[str], plan: Ints, value: Floats, returned: Floats, newness: Floats
    ) -> Floats:
        """What sales count for: (k,) rows in `ids`, GMV, the share of it expected back, newness."""
        order = np.array([self.order_micros.get(id_, 0) for id_ in ids], np.float64)[plan]
        net = np.array([id_ in self.net for id_ in ids], np.bool_)[plan]
        kept: Floats = np.where(net, value * (1 - returned), value)
        besides = np.array([self.new_micros.get(id_, 0) for id_ in ids], np.float64)[plan]
        return np.where(order > 0, order, kept + besides * newness)


GMV_ONLY = Goals({}, frozenset(), {})


def learn(
    brain: Brain,
    recent: RecentRequests,
    outcomes: Outcomes,
    batch: EventBatch,
    credits: Credits,
    goals: Goals = GMV_ONLY,
) -> None:
    """Hour by hour, so that a replay of the log in other pieces learns the same."""
    hours = batch.at_us // HOUR_US
    first = _first_orders(brain, credits)
    for hour in np.unique(hours).tolist():
        _learn_hour(brain, recent, outcomes, batch.take(hours == hour), goals)
        own = credits.take(credits.at_us // HOUR_US == hour)
        brain.learn_sales(own.placement, own.item, own.click_at_us, own.at_us)
    promoted = given(credits.plan)
    sold, first = credits.take(promoted), first[promoted]
    if len(sold):
        ids, plan = _distinct(sold.plan)
        amount = sold.amount_minor * micros_per_minor(brain.catalog.currency)
        returned = _returned(brain, sold.item)
        counted = goals.counted(ids, plan, amount.astype(np.float64), returned, first)
        outcomes.sold(
            ids, plan, sold.at_us, sold.click_at_us, counted.astype(np.int64), sold.line == 1, first
        )


def learn_people(brain: Brain, batch: EventBatch, credits: Credits) -> None:
    """The same without plans or records, for a control arm."""
    hours = batch.at_us // HOUR_US
    for hour in np.unique(hours).tolist():
        brain.learn(batch.take(hours == hour))
        own = credits.take(credits.at_us // HOUR_US == hour)
        brain.learn_sales(own.placement, own.item, own.click_at_us, own.at_us)


def _learn_hour(
    brain: Brain, recent: RecentRequests, outcomes: Outcomes, batch: EventBatch, goals: Goals
) -> None:
    brain.learn(batch)
    recent.learn(batch)
    moved = moved_of(batch)
    if len(moved):
        ids, plan = _distinct(moved.plan)
        rows, catalog = brain.catalog.rows(moved.item), brain.catalog
        pieces, unit = brain.stats.pieces[rows], micros_per_minor(catalog.currency)
        value = np.where(rows >= 0, catalog.price_minor[rows] * pieces * unit, 0.0)
        chance = moved.pctr.astype(np.float64) * moved.pcvr
        consent = moved.flags & FLAG_CONSENT > 0
        newness = brain.customers.newness(moved.shopper, consent, moved.item).astype(np.float64)
        counted = goals.counted(ids, plan, value, _returned(brain, moved.item), newness)
        outcomes.shown(
            ids, plan, moved.at_us, moved.price_micros, chance * counted, chance, newness
        )


def _first_orders(brain: Brain, credits: Credits) -> Floats:
    """1 for the first line of an order by somebody new to the merchant, else 0, (k,)."""
    first = np.zeros(len(credits))
    rows = np.flatnonzero(credits.line == 1)
    if len(rows):
        first[rows] = brain.customers.first(credits.shopper[rows], credits.item[rows])
    return first


def _returned(brain: Brain, item: npt.NDArray[np.void]) -> Floats:
    """The share of each item's GMV expected back; none of an item that is gone."""
    rows = brain.catalog.rows(item)
    returned: Floats = np.where(rows >= 0, brain.returned[rows], 0.0)
    return returned


def moved_of(batch: EventBatch) -> EventBatch:
    """The seen impressions that a plan's bid moved."""
    return batch.take(
        (batch.type == EventType.IMPRESSION) & (batch.flags & FLAG_MOVED > 0) & given(batch.plan)
    )


def _distinct(raw: npt.NDArray[np.void]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Plan ids and each row's place among them."""
    plans, rows = np.unique(raw, return_inverse=True)
    return prefixed_ids("cmp", plans), rows
