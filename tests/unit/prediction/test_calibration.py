from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adunion.kernel.clock import generator
from adunion.prediction import calibration, estimate_exposures
from adunion.prediction.metrics import auc, calibration_error


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 9)), min_size=1, max_size=40))
def test_pooled_sequence_rises_keeps_the_mean_and_is_a_fixed_point(
    pairs: list[tuple[float, float]],
) -> None:
    values, weights = (np.array(column) for column in zip(*pairs, strict=True))
    pooled = calibration.pool_adjacent(values, weights)
    assert (np.diff(pooled) >= 0).all()
    assert pooled @ weights == pytest.approx(values @ weights, abs=1e-6)
    assert calibration.pool_adjacent(pooled, weights) == pytest.approx(pooled)


def test_pooling_is_the_known_answer() -> None:
    values, weights = np.array([1.0, 3.0, 2.0, 4.0]), np.array([1.0, 1.0, 3.0, 1.0])
    assert calibration.pool_adjacent(values, weights).tolist() == [1.0, 2.25, 2.25, 4.0]


def test_curve_mends_bent_log_odds_and_never_turns_the_order() -> None:
    rng = generator(1)
    told = rng.normal(-2.5, 1.0, 60_000)
    truth = -2.0 + 0.5 * (told + 2.5) + 0.4 * np.tanh(told + 2.5)
    hit = (rng.random(len(told)) < 1 / (1 + np.exp(-truth))).astype(np.float32)
    curve = calibration.fit(told, hit, np.ones(len(told), np.float32))
    assert (np.diff(curve) > 0).all()
    mended = 1 / (1 + np.exp(-np.interp(told, calibration.GRID, curve)))
    untouched = 1 / (1 + np.exp(-told))
    assert calibration_error(mended.astype(np.float32), hit) < 0.006
    assert calibration_error(untouched.astype(np.float32), hit) > 0.03


def test_without_evidence_the_curve_is_the_identity() -> None:
    nothing = np.zeros(0, np.float32)
    assert calibration.fit(nothing, nothing, nothing) == pytest.approx(calibration.GRID)


def test_little_evidence_moves_the_level_part_of_the_way() -> None:
    logits = np.full(100, np.log(0.1 / 0.9))
    hits = (np.arange(100) < 30).astype(np.float32)
    curve = calibration.fit(logits, hits, np.ones(100, np.float32))
    shift = curve - calibration.GRID
    assert shift == pytest.approx(np.full(len(shift), np.log(45 / 25)), abs=1e-5)


def test_auc_counts_ties_half() -> None:
    chance = np.array([0.1, 0.2, 0.2, 0.9], np.float32)
    assert auc(chance, np.array([0, 0, 1, 1], np.float32)) == pytest.approx(0.875)


def test_exposures_follow_the_log_fall_along_the_slots_and_shrink_to_the_prior() -> None:
    rng = generator(3)
    truth = np.array([0.9, 0.6, 0.5, 0.3])
    slot = np.tile(np.arange(4), 20_000)
    seen = rng.random(len(slot)) < truth[slot]
    prior = np.array([[0.8, 0.7, 0.6, 0.5], [1.0, 0.5, 0.0, 0.0]])
    found = estimate_exposures(np.zeros(len(slot), np.int16), slot, seen, prior)
    assert found[0] == pytest.approx(truth, abs=0.02)
    assert (np.diff(found[0]) <= 0).all()
    assert found[1].tolist() == [1.0, 0.5, 0.0, 0.0]
