"""The forecast against what then happens, in one small made market."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from adunion.bootstrap.backtest import backtest, of_scenario
from adunion.bootstrap.newcomers import Size
from adunion.decision.bidding.types import ALPHA_MAX
from adunion.kernel.config import Settings
from adunion.simulation.forecast.score import score

pytestmark = pytest.mark.simulation

SMALL = Size(markets=1, days=1, incumbents=2, newcomers=3, settle_hours=12)
SCENARIO = """
history_days = 2
requests_per_day = 2500
world = { items = 400, merchants = 8, shoppers = 1000 }
shocks = [{ kind = "prices", at_hour = 4, until_hour = 20, factor = 0.9 },
          { kind = "traffic", at_hour = 2, until_hour = 5, factor = 1.5 }]
"""


def test_launched_plans_do_what_was_told_within_the_chance_of_few_orders() -> None:
    lived: list[int] = []
    with tempfile.TemporaryDirectory(prefix="adunion-test-") as home:
        shape = Path(home) / "shocked.toml"
        shape.write_text(SCENARIO)
        size = of_scenario(SMALL, shape)
        launched = backtest(
            Settings(home=Path(home), database_url=None), size, 3, 1,
            lambda _what, done, _total: lived.append(done),
        )  # fmt: skip
    assert lived[-1] == size.ticks
    assert [plan.arm for plan in launched] == ["plain"] * 3 + ["dearer"] * 3 + ["cheaper"] * 3
    assert len({plan.plan for plan in launched}) == 3
    for plan in launched:
        told = plan.told
        assert told.roi.value / told.target > 0.8
        assert told.roi.value / told.target < 1.4 or told.alpha > 0.99 * ALPHA_MAX
        assert 0.2 < plan.told.spend_minor.value / plan.spend_minor < 5
        assert plan.added_minor <= plan.gmv_minor
    found = score(launched)
    assert found["plans"] == 9
    assert found["few_orders"]["unspent"] == 0
    # every plan's dearer setting spends less, and was told to
    by_arm = {(plan.plan, plan.arm): plan for plan in launched}
    for plan in {each.plan for each in launched}:
        dearer, cheaper = by_arm[plan, "dearer"], by_arm[plan, "cheaper"]
        assert dearer.spend_minor < cheaper.spend_minor
        assert dearer.told.spend_minor.value < cheaper.told.spend_minor.value
