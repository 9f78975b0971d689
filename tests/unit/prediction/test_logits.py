"""The sums by parts say what a row of features and a model say."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from adunion.audience import Scenes
from adunion.audience.facets import SIZE
from adunion.prediction import FEATURES, KINDS, ItemColumns, Models, Predictor, features, predict
from adunion.prediction.calibration import GRID
from adunion.prediction.items import NUMBERS
from adunion.prediction.models import BANDS, Model

ITEMS, CATEGORIES, SHOPPERS, REQUESTS = 60, 9, 7, 40
NOW_US = 20_000 * 86_400_000_000


def some_items(rng: np.random.Generator) -> ItemColumns:
    return ItemColumns(
        category=rng.integers(0, CATEGORIES, ITEMS).astype(np.int32),
        parent=rng.integers(0, 3, CATEGORIES).astype(np.int32),
        brand=rng.integers(-1, 5, ITEMS).astype(np.int32),
        numbers=rng.normal(size=(ITEMS, len(NUMBERS))).astype(np.float32),
    )


def some_people(rng: np.random.Generator) -> Any:
    """Shoppers of none to eight tastes, some with orders of lately, long ago and to come."""
    slots = np.arange(8) < rng.integers(0, 9, (SHOPPERS, 1))
    categories = np.array([rng.permutation(CATEGORIES)[:8] for _ in range(SHOPPERS)])
    ordered = NOW_US + rng.integers(-40, 2, (SHOPPERS, 8)) * 86_400_000_000
    recent = np.array([rng.permutation(ITEMS)[:8] for _ in range(SHOPPERS)])
    scenes = Scenes(CATEGORIES)
    scenes.prior[:] = rng.normal(size=scenes.prior.shape)
    scenes.lift[:] = rng.normal(size=scenes.lift.shape)
    return SimpleNamespace(
        category=np.where(slots, categories, -1).astype(np.int32),
        taste=np.where(slots, rng.random((SHOPPERS, 8)), 0).astype(np.float32),
        ordered_us=np.where(slots & (rng.random((SHOPPERS, 8)) < 0.5), ordered, 0),
        recent=np.where(rng.random((SHOPPERS, 8)) < 0.7, recent, -1).astype(np.int32),
        price_level=rng.normal(size=SHOPPERS).astype(np.float32),
        sketch=rng.normal(size=(SHOPPERS, SIZE)).astype(np.float32),
        evidence=(10 * rng.random(SHOPPERS)).astype(np.float32),
        vectors=rng.normal(size=(ITEMS, SIZE)).astype(np.float32),
        scenes=scenes,
    )


def some_model(rng: np.random.Generator) -> Model:
    curves = np.tile(GRID, (len(KINDS), 1)) + rng.normal(size=(len(KINDS), 1))
    return Model(
        (rng.normal(size=len(FEATURES)) / 4).astype(np.float32),
        curves.astype(np.float32),
        rng.normal(size=(len(KINDS), BANDS)).astype(np.float32),
    )


def some_requests(rng: np.random.Generator) -> tuple[Any, Any]:
    """Requests and their candidates."""
    sizes = rng.integers(0, 30, REQUESTS)
    requests = SimpleNamespace(
        at_us=NOW_US + rng.integers(0, 86_400_000_000, REQUESTS),
        placement=rng.integers(0, len(KINDS), REQUESTS).astype(np.int16),
        profile=rng.integers(-1, SHOPPERS, REQUESTS).astype(np.int32),
    )
    candidates = SimpleNamespace(
        offsets=np.concatenate([[0], sizes.cumsum()]),
        item=rng.integers(0, ITEMS, sizes.sum()).astype(np.int32),
        relevance=rng.random(sizes.sum()).astype(np.float32),
    )
    return requests, candidates


@pytest.mark.parametrize("seed", range(5))
def test_chances_are_those_of_the_features(seed: int) -> None:
    rng = np.random.default_rng(seed)
    items, people = some_items(rng), some_people(rng)
    models = Models(some_model(rng), some_model(rng))
    kinds = np.arange(len(KINDS), dtype=np.uint8)
    requests, candidates = some_requests(rng)
    told = Predictor(models, people, items, kinds)(requests, candidates)
    x = features(requests, candidates, people, items, kinds)
    due = predict(models, x, np.repeat(kinds[requests.placement], np.diff(candidates.offsets)))
    assert (people.recent[requests.profile] >= 0).any()
    for ours, theirs in zip(told, due, strict=True):
        assert ours == pytest.approx(theirs, rel=2e-5)
        assert theirs.max() - theirs.min() > 0.3


def test_profiles_and_scenes_that_moved_elsewhere_are_read_there() -> None:
    rng = np.random.default_rng(1)
    items, people, other = some_items(rng), some_people(rng), some_people(rng)
    models = Models(some_model(rng), some_model(rng))
    kinds = np.arange(len(KINDS), dtype=np.uint8)
    requests, candidates = some_requests(rng)
    predictor = Predictor(models, people, items, kinds)
    seen = [predictor(requests, candidates)[0]]
    for name in vars(other):
        if name != "scenes":
            setattr(people, name, getattr(other, name))
        else:
            people.scenes.prior, people.scenes.lift = other.scenes.prior, other.scenes.lift
        seen.append(predictor(requests, candidates)[0])
        fresh = Predictor(models, people, items, kinds)(requests, candidates)[0]
        np.testing.assert_array_equal(seen[-1], fresh)
    assert all((a != b).any() for a, b in pairwise(seen))
