"""Makes shoppers: what the platform is told about them, and what moves them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adunion.kernel.clock import generator

from .types import F32, I8, I16, I32, I64, Flags, Shoppers

NEEDS = 5
"""Leaves a shopper buys again and again, at most."""
_BRANDS_KNOWN = 6
_NEED_CYCLE_DAYS_MAX = 200.0
_STAGES = np.array([0.45, 0.30, 0.18, 0.07])  # aware, interested, purchased, loyal


@dataclass(frozen=True)
class Minds:
    """The hidden columns of shoppers; named as in `Truth`."""

    shopper_activity: F32
    shopper_peak_hour: F32
    shopper_taste: F32
    shopper_affinity: F32
    shopper_income: F32
    shopper_price_sensitivity: F32
    need_leaf: I16
    need_phase_days: F32
    aipl_offsets: I64
    aipl_brand: I32
    aipl_stage: I8


def shoppers(seed: int, count: int, english: float = 0.10, consent: float = 0.85) -> Shoppers:
    """Pseudonyms, consent and language."""
    rng = generator(seed, 31)
    raw = rng.bytes(10 * count).hex()
    pseudonyms = [f"u_{raw[20 * row : 20 * row + 20]}" for row in range(count)]
    locale = (rng.random(count) < english).astype(np.int8)
    return Shoppers(pseudonyms, rng.random(count) < consent, locale)


def minds(
    seed: int,
    count: int,
    leaf_top: I32,
    leaf_popularity: F32,
    leaf_cycle_days: F32,
    brand_top: I32,
    tastes: int,
) -> Minds:
    """What shoppers like, earn, need and know.

    Affinities are a Dirichlet draw around the categories' demand: a few categories each.
    """
    rng = generator(seed, 32)
    tops = int(leaf_top.max()) + 1
    demand = np.bincount(leaf_top, leaf_popularity, tops)
    affinity = rng.gamma(np.maximum(4.0 * demand, 1e-3), size=(count, tops)) + 0.02 * demand
    affinity /= affinity.sum(1, keepdims=True)
    needs, phases = _needs(rng, affinity, leaf_top, leaf_popularity, leaf_cycle_days)
    offsets, brands, stages = _known_brands(rng, affinity, brand_top)
    peak = np.where(rng.random(count) < 0.3, 13.0, 21.0) + rng.normal(0, 2.5, count)
    return Minds(
        shopper_activity=rng.lognormal(0, 1.0, count).astype(np.float32),
        shopper_peak_hour=(peak % 24).astype(np.float32),
        shopper_taste=rng.normal(size=(count, tastes)).astype(np.float32),
        shopper_affinity=affinity.astype(np.float32),
        shopper_income=rng.normal(size=count).astype(np.float32),
        shopper_price_sensitivity=rng.lognormal(-0.125, 0.5, count).astype(np.float32),
        need_leaf=needs,
        need_phase_days=phases,
        aipl_offsets=offsets,
        aipl_brand=brands,
        aipl_stage=stages,
    )


def _needs(
    rng: np.random.Generator, affinity: F32, leaf_top: I32, popularity: F32, cycle_days: F32
) -> tuple[I16, F32]:
    """Leaves bought again, drawn by affinity among those with a short cycle, and where they are."""
    weight = np.where(cycle_days <= _NEED_CYCLE_DAYS_MAX, popularity, 0.0)
    counts = rng.poisson(2.2, len(affinity)).clip(0, NEEDS)
    needs = np.full((len(affinity), NEEDS), -1, np.int16)
    if weight.sum() > 0:
        pull = np.cumsum(affinity[:, leaf_top] * weight, 1)
        point = rng.random((len(affinity), NEEDS)) * pull[:, -1:]
        for turn in range(NEEDS):
            chosen = (pull <= point[:, turn : turn + 1]).sum(1).clip(0, len(leaf_top) - 1)
            keep = (turn < counts) & (needs != chosen[:, None]).all(1) & (weight[chosen] > 0)
            needs[keep, turn] = chosen[keep]
    phases = rng.random(needs.shape) * cycle_days[np.maximum(needs, 0)]
    return needs, phases.astype(np.float32)


def _known_brands(rng: np.random.Generator, affinity: F32, brand_top: I32) -> tuple[I64, I32, I8]:
    """Brands a shopper knows and the AIPL stage of each, CSR sorted by brand."""
    count = len(affinity)
    if len(brand_top) == 0:
        return np.zeros(count + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int8)
    pull = np.cumsum(affinity, 1)
    first = np.searchsorted(brand_top, np.arange(affinity.shape[1]))
    size = np.searchsorted(brand_top, np.arange(affinity.shape[1]), side="right") - first
    known = np.empty((count, _BRANDS_KNOWN), np.int32)
    for turn in range(_BRANDS_KNOWN):
        top = (pull <= rng.random((count, 1)) * pull[:, -1:]).sum(1).clip(0, affinity.shape[1] - 1)
        known[:, turn] = first[top] + (rng.random(count) ** 1.7 * size[top]).astype(np.int32)
    known.sort(1)
    fresh: Flags = np.ones(known.shape, np.bool_)
    fresh[:, 1:] = known[:, 1:] != known[:, :-1]
    stages = (rng.choice(4, known.shape, p=_STAGES) + 1).astype(np.int8)
    offsets = np.concatenate([[0], np.cumsum(fresh.sum(1))]).astype(np.int64)
    return offsets, known[fresh], stages[fresh]
