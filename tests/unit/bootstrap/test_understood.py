"""How parts of understanding are switched off, and what a change and its interval are."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.bootstrap.understood import FIGURES, PARTS, _changes
from adunion.decision.retrieval import RETRIEVALS
from adunion.decision.settings import DecisionSettings
from adunion.kernel.clock import generator
from adunion.prediction import FEATURES


@pytest.mark.parametrize("part", PARTS.names())
def test_every_part_switches_off_what_there_is(part: str) -> None:
    rules = PARTS.get(part)(DecisionSettings())
    assert rules != DecisionSettings()
    assert set(rules.retrievals_off) <= set(RETRIEVALS.names())
    assert set(rules.features_off) <= set(FEATURES)


def test_taste_is_a_retrieval_and_a_feature_and_a_profile_is_all_that_is_known() -> None:
    taste, profile = (PARTS.get(name)(DecisionSettings()) for name in ("taste", "profile"))
    assert (taste.retrievals_off, taste.features_off) == (("taste",), ("like",))
    assert {"known", "taste_category", "price_gap", "like"} <= set(profile.features_off)
    assert "scene_category" not in profile.features_off


def seen(people: int, lift: float, rng: np.random.Generator) -> np.ndarray:
    """(people, 4): expected GMV, clicks, experience and impressions of each shopper."""
    shown = rng.integers(5, 50, people).astype(float)
    gmv = shown * rng.lognormal(3, 1, people)
    return np.stack([gmv * lift, shown * 0.06, shown * 0.6 * lift, shown], 1)


def test_a_change_is_a_ratio_of_sums_over_the_same_shoppers() -> None:
    with_it, without_it = (seen(400, lift, generator(1)) for lift in (1.05, 1.0))
    found = _changes([(with_it, without_it)])
    assert set(found) == set(FIGURES)
    assert found["gmv"]["change"] == pytest.approx(0.05)
    assert found["gmv"]["high"] - found["gmv"]["low"] < 1e-6  # everybody gained alike
    assert found["clicks"] == {"change": 0.0, "low": 0.0, "high": 0.0}
    assert found["experience"]["change"] == pytest.approx(0.05)


def test_the_interval_holds_the_true_change_as_often_as_it_says() -> None:
    held = []
    for seed in range(300):
        rng = generator(seed, 9)
        base = seen(300, 1.0, rng)
        mine = base.copy()
        mine[:, 0] *= rng.normal(1.03, 0.3, 300)
        mine[:, 2] *= rng.normal(1.03, 0.3, 300)
        found = _changes([(mine[:150], base[:150]), (mine[150:], base[150:])])
        held.append([found[name]["low"] <= 0.03 <= found[name]["high"]
                     for name in ("gmv", "experience")])  # fmt: skip
    gmv, experience = np.mean(held, axis=0)
    assert 0.89 < gmv <= 0.99
    assert 0.89 < experience <= 0.99
