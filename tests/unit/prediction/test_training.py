from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from adunion.kernel.clock import generator
from adunion.kernel.errors import AdUnionError
from adunion.prediction import FEATURES, KINDS, Models, TrainingLog, delay, predict, train
from adunion.prediction.training import probability

DAY_US = 86_400_000_000
DAYS = 8
NOW = DAYS * DAY_US
TELLING = 27  # features that say something, of the kinds apart: one more leaves the log as it is


def truth(seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    rng, idle = generator(seed), np.zeros(len(FEATURES) - len(KINDS) - TELLING)
    click = np.concatenate(([-2.8, -2.5, -2.4, -3.0, -2.7], rng.normal(0, 0.4, TELLING), idle))
    order = np.concatenate(([-1.6] * len(KINDS), rng.normal(0, 0.4, TELLING), idle))
    return click, order


def chance(
    x: npt.NDArray[np.floating], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-(x.astype(np.float64) @ weights))))


def log(rows: int = 80_000, seed: int = 4) -> TrainingLog:
    rng = generator(seed, 1)
    click, order = truth(seed)
    kind = rng.integers(0, len(KINDS), rows).astype(np.uint8)
    x = np.zeros((rows, len(FEATURES)), np.float16)
    x[np.arange(rows), kind] = 1
    x[:, len(KINDS) : len(KINDS) + TELLING] = rng.normal(0, 0.5, (rows, TELLING))
    at = np.sort(rng.integers(1, NOW, rows))
    clicked = rng.random(rows) < chance(x, click)
    ordered = clicked & (rng.random(rows) < chance(x, order))
    lag = rng.lognormal(np.log(5 * 3_600e6), 1.3, rows).astype(np.int64)
    come = ordered & (at + lag < NOW) & (lag < delay.WINDOW_US)
    return TrainingLog(x, kind, at, clicked, np.where(come, at + lag, 0))


@pytest.fixture(scope="module")
def models() -> Models:
    return train(log(), NOW)


def test_trained_models_beat_the_base_rate_on_the_day_held_out(models: Models) -> None:
    metrics = {name: float(str(value)) for name, value in models.metrics.items()}
    assert metrics["click_log_loss"] < 0.93 * metrics["click_log_loss_base"]
    assert metrics["order_log_loss"] < 0.98 * metrics["order_log_loss_base"]
    assert metrics["click_auc"] > 0.7
    assert metrics["click_ece"] < 0.012


def test_trained_models_are_calibrated_for_each_kind_of_placement(models: Models) -> None:
    fresh = log(seed=4)
    pctr, _ = predict(models, fresh.x, fresh.kind)
    real = chance(fresh.x, truth(4)[0])
    for code in range(len(KINDS)):
        own = fresh.kind == code
        assert pctr[own].mean() == pytest.approx(real[own].mean(), rel=0.1)


def test_orders_still_to_come_are_not_taken_for_refusals(models: Models) -> None:
    recent = log().take((log().at_us > NOW - DAY_US) & log().clicked)
    seen_so_far = float((recent.order_at_us > 0).mean())
    real = float(chance(recent.x, truth(4)[1]).mean())
    told = float(probability(models.order, recent.x, recent.kind).mean())
    assert seen_so_far < 0.85 * real
    assert told == pytest.approx(real, rel=0.08)


def test_arrival_curve_finds_the_delays_behind_a_cut_log() -> None:
    rng = generator(8)
    click_at = rng.integers(1, NOW, 40_000)
    lag = rng.exponential(0.8 * DAY_US, 40_000).astype(np.int64)
    order_at = np.where(click_at + lag < NOW, click_at + lag, 0)
    curve = delay.arrival_curve(click_at, order_at, NOW)
    ages = np.array([0.2, 0.5, 1.0, 2.0, 4.0])
    share = delay.arrived_share(curve, NOW - (ages * DAY_US).astype(np.int64), NOW)
    assert share == pytest.approx(1 - np.exp(-ages / 0.8), abs=0.02)


def test_training_is_deterministic(models: Models) -> None:
    again = train(log(), NOW)
    assert again.version == models.version
    assert np.array_equal(again.click.curves, models.click.curves)


def test_models_survive_the_disk(models: Models, tmp_path: Path) -> None:
    models.save(tmp_path / "models.npz")
    loaded = Models.load(tmp_path / "models.npz")
    assert loaded.metrics == models.metrics
    x, kind = log(500).x, log(500).kind
    assert np.array_equal(predict(loaded, x, kind), predict(models, x, kind))


def test_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "models.npz"
    path.write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(AdUnionError, match="Train again") as caught:
        Models.load(path)
    assert caught.value.code == "models_outdated"


@pytest.mark.parametrize("rows", [0, 1, 50])
def test_log_too_short_to_learn_from_stays_near_the_prior(rows: int) -> None:
    few = train(log(rows), NOW)
    x, kind = log(2_000).x, log(2_000).kind
    left, right = predict(few, x, kind)[0], predict(Models.prior(), x, kind)[0]
    assert float(np.abs(left - right).mean()) < 0.05
    assert "click_auc" not in few.metrics


def test_features_that_are_not_finite_are_refused() -> None:
    bad = log(10)
    bad.x[3, 7] = np.nan
    with pytest.raises(AdUnionError, match="finite"):
        train(bad, NOW)


def test_log_survives_the_disk_and_joins_end_to_end(tmp_path: Path) -> None:
    whole = log(300)
    parts = [whole.take(part) for part in np.array_split(np.arange(300), 3)]
    TrainingLog.concat(parts).save(tmp_path / "log.npz")
    loaded = TrainingLog.load(tmp_path / "log.npz")
    assert np.array_equal(loaded.x, whole.x)
    assert np.array_equal(loaded.order_at_us, whole.order_at_us)
    assert len(TrainingLog.concat([])) == 0
