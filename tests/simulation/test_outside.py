"""What a forecast says of everyone's sales, beside two lives: with the plan, and without."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from adunion.bootstrap.backtest import beside
from adunion.bootstrap.newcomers import Size
from adunion.kernel.config import Settings
from adunion.simulation.forecast.score import score_alone

pytestmark = pytest.mark.simulation

SIZE = Size(
    markets=1, days=2, requests_per_day=8_000, history_days=4, settle_hours=12, items=1_000,
    shoppers=3_000, newcomers=3,
)  # fmt: skip
CHANCE_MINOR = 100_000  # some ten orders of others, which two lives differ by however small a plan


def test_what_others_lose_and_what_is_cannibalised_is_what_two_lives_differ_by() -> None:
    with tempfile.TemporaryDirectory(prefix="adunion-test-") as home:
        settings = Settings(home=Path(home), database_url=None)
        found = beside(settings, SIZE, 31, 1, lambda _what, _done, _total: None)
    assert len(found) == 3
    sums = np.zeros(3)
    for plan in found:
        outside = plan.told.outside
        assert outside is not None
        gmv = plan.gmv_minor
        assert abs(outside.gmv_minor - plan.others_minor) < 0.12 * gmv + CHANCE_MINOR
        assert abs(outside.own_minor - plan.gained_minor) < 0.2 * gmv
        sums += gmv, outside.gmv_minor - plan.others_minor, outside.own_minor - plan.gained_minor
        assert -outside.gmv_minor < gmv  # nobody loses more than a plan sells
    assert abs(sums[1]) < 0.08 * sums[0]
    assert abs(sums[2]) < 0.08 * sums[0]
    scores = score_alone(found)
    for name in ("gained", "others"):
        assert abs(scores[name]["told"] - scores[name]["had"]) < 0.08
