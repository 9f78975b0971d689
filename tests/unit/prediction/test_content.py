"""Items that nobody has seen are guessed from what says the same."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.kernel.clock import generator
from adunion.prediction.content import Holders, content_lifts, holders

ITEMS, WORDS = 600, 120


def market(seed: int) -> tuple[np.ndarray, ...]:
    """Items of four words each whose appeal is the sum of their words' and the brand's."""
    rng = generator(seed)
    word = np.stack([rng.choice(WORDS, 4, replace=False) for _ in range(ITEMS)])
    brand = rng.integers(0, 40, ITEMS).astype(np.int32)
    appeal = rng.normal(0, 0.25, WORDS)[word].sum(1) + rng.normal(0, 0.3, 40)[brand]
    due = rng.uniform(5, 60, ITEMS)
    hits = rng.poisson(due * np.exp(appeal)).astype(float)
    due = due * hits.sum() / due.sum()
    rows = np.argsort(word.ravel(), kind="stable") // 4
    offsets = np.concatenate(([0], np.bincount(word.ravel(), minlength=WORDS).cumsum()))
    return appeal, due, hits, brand, offsets, rows.astype(np.int32)


def content_lift(hits: np.ndarray, due: np.ndarray, *holders: Holders) -> np.ndarray:
    """Of one record; the other one is of nothing and tells nothing of it."""
    lift, nothing = content_lifts((hits, due), (0 * hits, 0 * due), *holders)
    assert not nothing.any()
    assert np.array_equal(content_lifts((0 * hits, 0 * due), (hits, due), *holders)[1], lift)
    return lift


def deviance(hits: np.ndarray, told: np.ndarray) -> float:
    told = told * hits.sum() / told.sum()
    return float(2 * (hits * np.log(np.maximum(hits, 1e-9) / told)).sum())


def test_content_explains_items_without_their_own_record() -> None:
    appeal, due, hits, brand, offsets, rows = market(1)
    lift = content_lift(hits, due, (offsets, rows), holders(brand))
    assert np.corrcoef(lift, appeal)[0, 1] > 0.6
    assert deviance(hits, due * np.exp(lift)) < 0.8 * deviance(hits, due)


def test_an_items_own_record_does_not_change_its_guess() -> None:
    _, due, hits, brand, offsets, rows = market(2)
    before = content_lift(hits, due, (offsets, rows), holders(brand))
    hits[7] += 10
    after = content_lift(hits, due, (offsets, rows), holders(brand))
    assert after[7] == pytest.approx(before[7], abs=0.01)
    assert (after != before).sum() > 10  # its neighbours learn of it


def test_no_words_and_no_brand_say_nothing() -> None:
    none = np.full(5, -1, np.int32)
    lift = content_lift(
        np.ones(5), np.full(5, 3.0), (np.zeros(1, np.int64), np.zeros(0, np.int32)), holders(none)
    )
    assert lift.tolist() == [0.0] * 5
