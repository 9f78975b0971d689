"""Shoppers of a grounded world: the file's customers, drawn again and again."""

from __future__ import annotations

from typing import Any

import numpy as np

from adunion.kernel.clock import generator
from adunion.simulation.world.people import NEEDS
from adunion.simulation.world.tastes import TASTES
from adunion.simulation.world.types import I16, I32, I64, Shoppers

from .baskets import DAY_US
from .sales import Sold
from .titles import Titles


def people(
    sold: Sold, facts: Titles, top: I32, seed: int, count: int, locale: int
) -> tuple[Shoppers, dict[str, Any]]:
    """The file's customers drawn again and again; what an order cannot tell is assumed."""
    rng = generator(seed, 64)
    leaves, tops = len(top), int(top.max()) + 1
    known = sold.shopper >= 0
    line_leaf = facts.leaf[sold.item[known]].astype(np.int64)
    customer, customers = sold.shopper[known], max(sold.customers, 1)
    overall = np.bincount(top[facts.leaf[sold.item]], minlength=tops) / len(sold.item)
    liked = np.zeros((customers, tops), np.float32)
    np.add.at(liked, (customer, top[line_leaf]), 1.0)
    liked = (liked + 8.0 * overall) / (liked.sum(1, keepdims=True) + 8.0)
    visits = np.bincount(
        np.unique(sold.order[known] * customers + customer) % customers, minlength=customers
    )
    needs = _needs(customer, line_leaf, sold.at_us[known], leaves, customers)
    who = rng.integers(0, customers, count)
    raw = rng.bytes(10 * count).hex()
    people = Shoppers(
        pseudonym=[f"u_{raw[20 * row : 20 * row + 20]}" for row in range(count)],
        consent=rng.random(count) < 0.85,
        locale=np.full(count, locale, np.int8),
    )
    phase = rng.random((count, NEEDS)) * 90.0
    return people, {
        "shopper_activity": np.sqrt(np.maximum(visits[who], 1)).astype(np.float32),
        "shopper_peak_hour": (12.0 + 3.0 * rng.normal(size=count)).astype(np.float32) % 24,
        "shopper_taste": rng.normal(size=(count, TASTES)).astype(np.float32),
        "shopper_affinity": np.asarray(liked[who], np.float32),
        "shopper_income": rng.normal(size=count).astype(np.float32),
        "shopper_price_sensitivity": rng.lognormal(-0.125, 0.5, count).astype(np.float32),
        "need_leaf": needs[who],
        "need_phase_days": phase.astype(np.float32),
        "aipl_offsets": np.zeros(count + 1, np.int64),
        "aipl_brand": np.zeros(0, np.int32),
        "aipl_stage": np.zeros(0, np.int8),
    }


def _needs(customer: I64, leaf: I64, at_us: I64, leaves: int, customers: int) -> I16:
    """Leaves a customer bought on at least three days, the most often bought first."""
    first, last = at_us.min(initial=0) // DAY_US, at_us.max(initial=0) // DAY_US
    span = int(last - first) + 1
    days = np.unique((customer * leaves + leaf) * span + at_us // DAY_US - first) // span
    code, often = np.unique(days, return_counts=True)
    code, often = code[often >= 3], often[often >= 3]
    ranked = np.lexsort((code, -often, code // leaves))
    who, what = code[ranked] // leaves, code[ranked] % leaves
    place = np.arange(len(who)) - np.searchsorted(who, who)
    needs = np.full((customers, NEEDS), -1, np.int16)
    keep = place < NEEDS
    needs[who[keep], place[keep]] = what[keep]
    return needs
