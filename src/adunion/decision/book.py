"""The plans that may bid, as columns: what the auction reads and takes money from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from adunion.campaigns.types import HOURS_OF_WEEK, LivePlan, Pool
from adunion.catalog.snapshot import raw_ids
from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.boxed import Box, boxed
from adunion.kernel.clock import micros

from .auction.batch import Book

UNLIMITED = 1 << 61
"""A balance that never runs out, in micros."""
NEVER_US = 1 << 62
ALPHA_FIRST = 1.0


@dataclass
class PlanBook:
    """Live plans of one currency by row, and the item -> plan map of one catalog snapshot.

    `alpha`, `remaining_micros` and `wallet_micros` change as the market runs; make a new book when
    plans, items or balances change in the records.
    """

    ids: list[str]
    raw: npt.NDArray[np.void]  # (p,) V16, the bytes of ids
    merchant_ids: list[str]  # (p,)
    item_plan: npt.NDArray[np.int32]  # (n_items,) row here, -1 none
    target_roi: npt.NDArray[np.float64]  # (p,)
    order_micros: npt.NDArray[np.int64]  # (p,) what an order counts for; 0: its GMV
    net: npt.NDArray[np.bool_]  # (p,) GMV counts after returns
    alpha: npt.NDArray[np.float64]  # (p,)
    remaining_micros: npt.NDArray[np.int64]  # (p,) budget not yet charged or promised
    wallet: npt.NDArray[np.int32]  # (p,) row in wallet_micros
    wallet_micros: npt.NDArray[np.int64]  # (w,) balances of the merchants
    start_us: npt.NDArray[np.int64]  # (p,)
    end_us: npt.NDArray[np.int64]  # (p,) NEVER_US where it has no end
    dayparts: npt.NDArray[np.bool_]  # (p, 168)
    new_micros: npt.NDArray[np.int64]  # (p,) what a new customer's first order counts for besides
    min_new: npt.NDArray[np.float64]  # (p,) least share of orders by new customers; 0: any
    handicap: npt.NDArray[np.float64]  # (p,) taken off bids for people who bought before, 0..1
    pool: npt.NDArray[np.int32]  # (p,) row in pool_micros, of the budget it shares; 0 none
    pool_micros: npt.NDArray[np.int64]  # (1 + s,) left of shared budgets; row 0 never runs out
    pool_end_us: npt.NDArray[np.int64]  # (1 + s,) until when it is to last; NEVER_US not told
    boost: npt.NDArray[np.int32]  # (p,) row of the plan's boost, -1 none
    factor: npt.NDArray[np.float64]  # (p,) of a boost, how many times the plan's bid it bids
    region_names: list[str]  # of the columns of `regions` from 1 on
    regions: npt.NDArray[np.bool_]  # (p, 1 + r) where it bids; column 0 is every other region
    leased: tuple[npt.NDArray[np.int64], ...] | None = None
    """What a deciding node holds of the budgets, (p,), wallets, (w,), and pools; None: all."""

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(
        cls,
        plans: Sequence[LivePlan],
        catalog: CatalogSnapshot,
        wallets_micros: Mapping[str, int] | None = None,
        alphas: Mapping[str, float] | None = None,
        pools: Sequence[Pool] = (),
    ) -> PlanBook:
        """Build from the records.

        `wallets_micros` is by merchant id (a merchant not in it has nothing; None: no limit);
        `alphas` carries the multipliers of a former book over, by plan id. `pools` are the budgets
        that plans share.
        """
        alphas = alphas or {}
        owners = sorted({plan.merchant_id for plan in plans})
        wallet_of = {owner: row for row, owner in enumerate(owners)}
        wallets = [
            UNLIMITED if wallets_micros is None else wallets_micros.get(owner, 0)
            for owner in owners
        ]
        pool_of = {pool.id: 1 + row for row, pool in enumerate(pools)}
        row_of = {plan.id: row for row, plan in enumerate(plans)}
        boost = np.full(len(plans), -1, np.int32)
        for row, plan in enumerate(plans):
            if plan.boost_of in row_of:
                boost[row_of[plan.boost_of]] = row
        region_names = sorted({name for plan in plans for name in plan.regions or ()})
        return cls(
            ids=[plan.id for plan in plans],
            raw=raw_ids([plan.id for plan in plans]),
            merchant_ids=[plan.merchant_id for plan in plans],
            item_plan=_item_plan(plans, catalog),
            target_roi=np.array([float(plan.target_roi) for plan in plans], np.float64),
            order_micros=np.array([plan.target_cost_micros or 0 for plan in plans], np.int64),
            net=np.array([plan.goal == "net_roi" for plan in plans], np.bool_),
            alpha=np.array([alphas.get(plan.id, ALPHA_FIRST) for plan in plans], np.float64),
            remaining_micros=np.array([_budget(plan) for plan in plans], np.int64),
            wallet=np.array([wallet_of[plan.merchant_id] for plan in plans], np.int32),
            wallet_micros=np.array(wallets, np.int64),
            start_us=np.array([micros(plan.start_at) for plan in plans], np.int64),
            end_us=np.array([_end_us(plan) for plan in plans], np.int64),
            dayparts=_dayparts(plans),
            new_micros=np.array([plan.new_customer_micros or 0 for plan in plans], np.int64),
            min_new=np.array([float(plan.min_new_share or 0) for plan in plans], np.float64),
            handicap=np.array([plan.handicap for plan in plans], np.float64),
            pool=np.array([pool_of.get(plan.pool_id or "", 0) for plan in plans], np.int32),
            pool_micros=np.array([UNLIMITED, *(pool.left_micros for pool in pools)], np.int64),
            pool_end_us=np.array(
                [NEVER_US, *(NEVER_US if p.end_at is None else micros(p.end_at) for p in pools)],
                np.int64,
            ),
            boost=boost,
            factor=np.array([float(plan.factor) for plan in plans], np.float64),
            region_names=region_names,
            regions=_regions(plans, region_names),
        )

    def copy(self) -> PlanBook:
        """The same plans with balances of their own, to try things on."""
        return replace(
            self,
            remaining_micros=self.remaining_micros.copy(),
            wallet_micros=self.wallet_micros.copy(),
            pool_micros=self.pool_micros.copy(),
            leased=None if self.leased is None else tuple(each.copy() for each in self.leased),
        )

    def with_plan(self, rows: npt.NDArray[np.int32]) -> PlanBook:
        """A copy with one more plan: these items, target 1, no limits; of whole budgets."""
        item_plan = self.item_plan.copy()
        item_plan[rows] = len(self)
        owner = np.int32(len(self.wallet_micros))
        return replace(
            self,
            ids=[*self.ids, "cmp_forecast"],
            raw=np.append(self.raw, np.zeros(1, "V16")),
            merchant_ids=[*self.merchant_ids, ""],
            item_plan=item_plan,
            target_roi=np.append(self.target_roi, 1.0),
            order_micros=np.append(self.order_micros, 0),
            net=np.append(self.net, False),
            alpha=np.append(self.alpha, 1.0),
            remaining_micros=np.append(self.remaining_micros, UNLIMITED),
            wallet=np.append(self.wallet, owner),
            wallet_micros=np.append(self.wallet_micros, UNLIMITED),
            start_us=np.append(self.start_us, 0),
            end_us=np.append(self.end_us, NEVER_US),
            dayparts=np.vstack([self.dayparts, np.ones((1, HOURS_OF_WEEK), np.bool_)]),
            new_micros=np.append(self.new_micros, 0),
            min_new=np.append(self.min_new, 0.0),
            handicap=np.append(self.handicap, 0.0),
            pool=np.append(self.pool, np.int32(0)),
            boost=np.append(self.boost, np.int32(-1)),
            factor=np.append(self.factor, 1.0),
            regions=np.vstack([self.regions, np.ones((1, self.regions.shape[1]), np.bool_)]),
            leased=None,
        )

    @property
    def cares_who_is_new(self) -> bool:
        """Whether any plan bids otherwise for people new to its merchant."""
        return bool(self.new_micros.any() or self.handicap.any())

    @property
    def purse(self) -> tuple[npt.NDArray[np.int64], ...]:
        """What decisions take money from: budgets (p,), wallets (w,), pools, or leases of them."""
        return self.leased or (self.remaining_micros, self.wallet_micros, self.pool_micros)

    def __setattr__(self, name: str, value: object) -> None:
        """A book with another column is put in another box."""
        vars(self).pop("box", None)
        super().__setattr__(name, value)

    @cached_property
    def box(self) -> Box:
        """`columns` in a box."""
        return boxed(self.columns())

    def columns(self) -> Book:
        """As the kernel reads it."""
        remaining, wallets, pools = self.purse
        sizes = [len(self), len(self.wallet_micros), len(self.pool_micros)]
        if list(map(len, self.purse)) != sizes:  # the kernel does not look where it writes
            raise ValueError("The leases are of other plans than the book.")
        return Book(
            self.item_plan,
            self.target_roi,
            self.alpha,
            remaining,
            self.wallet,
            wallets,
            self.pool,
            pools,
            self.boost,
            self.factor,
            self.regions,
            self.start_us,
            self.end_us,
            self.dayparts,
        )

    def region_rows(self, names: Sequence[str]) -> npt.NDArray[np.int16]:
        """Columns of `regions`, 0 of a region that no plan names."""
        known = {name: 1 + row for row, name in enumerate(self.region_names)}
        return np.array([known.get(name, 0) for name in names], np.int16)

    def alphas(self) -> dict[str, float]:
        """Multiplier by plan id, to carry over to the next book."""
        return dict(zip(self.ids, self.alpha.tolist(), strict=True))


def _budget(plan: LivePlan) -> int:
    return UNLIMITED if plan.budget_left_micros is None else plan.budget_left_micros


def _end_us(plan: LivePlan) -> int:
    return NEVER_US if plan.end_at is None else micros(plan.end_at)


def _dayparts(plans: Sequence[LivePlan]) -> npt.NDArray[np.bool_]:
    hours = np.ones((len(plans), HOURS_OF_WEEK), np.bool_)
    for row, plan in enumerate(plans):
        if plan.dayparts is not None:
            hours[row] = False
            hours[row, list(plan.dayparts)] = True
    return hours


def _regions(plans: Sequence[LivePlan], names: Sequence[str]) -> npt.NDArray[np.bool_]:
    open_ = np.ones((len(plans), 1 + len(names)), np.bool_)
    for row, plan in enumerate(plans):
        if plan.regions:
            open_[row] = [False, *(name in plan.regions for name in names)]
    return open_


def _item_plan(plans: Sequence[LivePlan], catalog: CatalogSnapshot) -> npt.NDArray[np.int32]:
    item_plan = np.full(len(catalog), -1, np.int32)
    items = catalog.rows(raw_ids([id_ for plan in plans for id_ in plan.item_ids]))
    row = np.repeat(np.arange(len(plans)), [len(plan.item_ids) for plan in plans])
    item_plan[items[items >= 0]] = row[items >= 0]
    return item_plan
