"""The promise in one small market of `adunion bench roi`, and what the command prints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

from adunion.cli import app
from adunion.cli.roi import show
from adunion.decision.settings import DecisionSettings
from adunion.simulation.roi import MARKETS
from adunion.simulation.roi.course import course
from adunion.simulation.roi.measure import figures, plans
from adunion.simulation.roi.suite import Run, as_json, bars
from adunion.simulation.roi.world import build

pytestmark = pytest.mark.simulation
pytest.importorskip("highspy", reason="HiGHS comes with the bench extra")

SMALL = replace(
    MARKETS["calm"], days=4, plans=6, requests_per_hour=700, items=400, topics=12, entrants=1,
    unreachable=1, reserve_micros=100_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def small() -> Run:
    bidder = DecisionSettings().bidder
    return Run("calm", bidder, 11, plans(course(build(SMALL, 11), bidder)))


def test_the_default_bidder_holds_the_return_and_leaves_little_on_the_table(small: Run) -> None:
    found = figures(small.plans)
    assert found["plans_many"] >= 4
    assert found["realised_90"] == 1.0
    assert found["expected_95"] == 1.0
    assert found["value_of_best"] >= 0.9
    assert found["compensation"] <= 0.02
    assert found["budget_use"] >= 0.8


def test_a_target_out_of_reach_spends_little_and_is_said_to_be(small: Run) -> None:
    found = figures(small.plans)
    assert found["unreachable_said"] == 1.0
    assert found["unreachable_spend"] < 0.01
    assert not any(plan.says_unreachable for plan in small.plans if not plan.unreachable)


def test_the_same_seed_gives_the_same_market_and_another_one_another() -> None:
    one, two, other = build(SMALL, 3), build(SMALL, 3), build(SMALL, 4)
    assert one.plans == two.plans
    hours = [world.hour(5) for world in (one, two, other)]
    np.testing.assert_array_equal(hours[0].pages.ctr, hours[1].pages.ctr)
    assert len(hours[2].keys) != len(hours[0].keys)
    targets = [float(plan.target_roi) for plan in one.plans if float(plan.target_roi) < 1000]
    assert all(1.1 <= target < 60 for target in targets)


def test_predictions_are_right_on_average_where_organic_ranking_looks() -> None:
    world = build(SMALL, 3)
    pages = world.hour(30).pages
    predicted, true = pages.pctr * pages.pcvr, pages.ctr * pages.cvr
    likely = predicted > np.quantile(predicted, 0.7)
    assert 0.9 < true[likely].sum() / predicted[likely].sum() < 1.05
    assert true.sum() / predicted.sum() > 1.0  # and lowest where they are highest


def test_runs_become_rows_and_json(small: Run) -> None:
    row = bars([small])[0]
    assert row["value_calm"] is not None
    assert row["value_shocks"] is None
    assert orjson.loads(orjson.dumps(as_json([small])))["runs"][0]["plans"][0]["target"] > 1


def test_the_tables_name_market_bidder_and_targets_out_of_reach(
    small: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    show([small])
    shown = capsys.readouterr().out
    assert "calm" in shown
    assert small.bidder in shown
    assert "100% of the targets out of reach are said to be" in shown


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--markets", "nowhere"], "No market named"),
        (["--bidders", "nobody"], "No bidder named"),
        (["--seeds", "x"], "is not like"),
        (["--jobs", "0"], "jobs"),
    ],
)
def test_bad_options_are_refused_before_anything_runs(options: list[str], words: str) -> None:
    found = CliRunner().invoke(app, ["bench", "roi", "--quiet", *options])
    assert found.exit_code != 0
    assert words in found.output + str(found.exception)
