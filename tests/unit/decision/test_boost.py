"""A boost: items of its plan bid more, and it pays for what only the higher bid wins."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from adunion.kernel.clock import from_micros

from .test_engine import QUIET, engine, plan, requests

ENDS = from_micros(1 << 52)


def boosted(budget: int, factor: str = "3", floor: str = "0.1", **changes: object) -> list:
    """A plan, its boost, and a rival."""
    mine = plan(0)
    boost = replace(
        mine, id="cmp_" + "7" * 26, item_ids=(), boost_of=mine.id, factor=Decimal(factor),
        target_roi=Decimal(floor), budget_left_micros=budget, end_at=ENDS, **changes,
    )  # fmt: skip
    return [mine, plan(1), boost]


def spent(out, row: int) -> int:  # type: ignore[no-untyped-def]
    return int(out.price_micros[(out.plan == row) & out.moved].sum())


def test_the_plan_pays_for_what_its_own_bid_wins_and_the_boost_for_the_rest() -> None:
    asked, mine = requests(600), plan(0)
    mine = replace(mine, item_ids=mine.item_ids[:1])
    alone = engine([mine, plan(1)]).decide(asked)
    out = engine([mine, plan(1), boosted(10**15)[2]]).decide(asked)
    assert spent(out, 2) > 0
    assert ((out.plan == 2) & out.moved).sum() > 10
    same = (out.item == alone.item) & (alone.plan == 0) & alone.moved
    assert same.sum() > 10
    assert (out.plan[same] == 0).all()  # a slot won as before is the plan's as before ...
    assert (out.price_micros[same] == alone.price_micros[same]).all()  # ... at the same price
    mine = np.isin(out.plan, (0, 2)) & out.moved
    assert mine.sum() > ((alone.plan == 0) & alone.moved).sum()


@pytest.mark.parametrize("budget", [0, 1, 50_000, 700_000, 5_000_000])
def test_a_boost_never_spends_more_than_its_own_budget(budget: int) -> None:
    market = engine(boosted(budget))
    out = market.decide(requests(500))
    assert spent(out, 2) <= budget
    assert market.plans.remaining_micros[2] == budget - spent(out, 2)
    assert (out.price_micros >= 0).all()


def test_its_hours_and_regions_bound_it() -> None:
    asked = replace(
        requests(200), region=np.arange(200, dtype=np.int32) % 2, regions=["east", "west"]
    )
    out = engine(boosted(10**15, regions=("east",))).decide(asked)
    pushed = ((out.plan == 2) & out.moved).any(axis=1)
    assert pushed[::2].sum() > 5
    assert not pushed[1::2].any()
    over = engine(boosted(10**15, start_at=from_micros(1 << 51))).decide(asked)
    assert not (over.plan == 2).any()


def test_no_sale_is_bought_below_the_floor() -> None:
    out = engine(boosted(10**15, factor="5", floor="3.9"), QUIET).decide(requests(300))
    pushed = (out.plan == 2) & out.moved
    least = out.price_micros * 3.9 <= out.bid * 3.9 + 1
    assert least.all()
    strong = engine(boosted(10**15, factor="5", floor="0.1"), QUIET).decide(requests(300))
    assert pushed.sum() < ((strong.plan == 2) & strong.moved).sum()
