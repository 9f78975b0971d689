"""The hours to come, steered by the production bidder on a made landscape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adunion.decision.bidding import bidder
from adunion.simulation.forecast import Response, Setting, Steering, drive, multipliers

GRID = multipliers((2.0, 4.0, 8.0))
SHARE = GRID / (0.2 + GRID)
CURVES = {
    "multipliers": GRID,
    "spend": 20_000.0 * SHARE**2,
    "moved": 60_000.0 * SHARE,
    "added": 45_000.0 * SHARE,
    "orders": 0.002 * SHARE,
    "newcomers": 0.0015 * SHARE,
}
"""Per request: GMV / spend is 3 / share, so a target of 6 is met exactly at a share of one half."""


def steering(hours: int = 96, endless: bool = True) -> Steering:
    matured = 1 - 0.5 ** np.arange(169.0)
    matured[0] = 0.0
    return Steering(
        bidder.get("receding"),
        1.0,
        np.full(hours, 1_000.0),
        endless,
        matured,
        level=1.0,
        spread=1.0,
    )


def setting(*targets: float, budget: float = np.inf, **factors: float) -> Setting:
    rows = len(targets)
    columns = {name: np.full(rows, factors.get(name, 1.0)) for name in ("volume", "cost", "sales")}
    return Setting(np.array(targets), np.full(rows, budget), **columns)


def test_the_return_comes_close_above_the_target_and_volume_falls_with_it() -> None:
    made = drive(CURVES, steering(), setting(4.0, 6.0, 8.0))
    roi = made.gmv / made.spend
    assert roi == pytest.approx([4.0, 6.0, 8.0], rel=0.08)
    assert (roi >= np.array([4.0, 6.0, 8.0])).all()
    assert (np.diff(made.gmv) < 0).all()
    assert made.gmv[1] == pytest.approx(0.5 * 60_000 * 96_000, rel=0.15)


@pytest.mark.parametrize("factor", ["cost", "sales"])
def test_what_errs_is_made_good_by_the_bidder(factor: str) -> None:
    wrong = {factor: 1.3 if factor == "cost" else 1 / 1.3}
    made = drive(CURVES, steering(), setting(6.0, **wrong))
    assert made.gmv / made.spend == pytest.approx(6.0, rel=0.08)
    assert made.gmv < drive(CURVES, steering(), setting(6.0)).gmv


def test_a_budget_is_spent_and_never_more() -> None:
    made = drive(CURVES, steering(endless=False), setting(4.0, budget=1e8))
    assert 0.9e8 < made.spend[0] <= 1e8 * (1 + 1e-9)
    assert made.gmv[0] / made.spend[0] > 4.0


def test_parts_stay_parts() -> None:
    made = drive(CURVES, steering(), setting(5.0))
    assert made.added == pytest.approx(0.75 * made.gmv)
    assert made.newcomers == pytest.approx(0.75 * made.orders)


def test_drawn_courses_scatter_about_the_expected_one() -> None:
    expected = drive(CURVES, steering(), setting(5.0))
    drawn = drive(CURVES, steering(), setting(*[5.0] * 200), np.random.default_rng(3))
    assert drawn.gmv.mean() == pytest.approx(expected.gmv[0], rel=0.08)
    chance = (2 / expected.orders[0]) ** 0.5  # spread 1: a compound Poisson of twice the variance
    assert 0.3 * chance < drawn.gmv.std() / drawn.gmv.mean() < 2.5 * chance


def test_hours_without_traffic_bring_nothing() -> None:
    quiet = replace(steering(hours=5), traffic=np.zeros(5))
    made = drive(CURVES, quiet, setting(5.0))
    assert made.spend == made.gmv == made.orders == 0


def test_what_should_come_leaves_the_luck_of_orders_out() -> None:
    assert (made := drive(CURVES, steering(), setting(5.0))).due == pytest.approx(made.gmv)
    drawn = drive(CURVES, steering(), setting(*[5.0] * 200), np.random.default_rng(3))
    assert drawn.due.mean() == pytest.approx(drawn.gmv.mean(), rel=0.03)
    assert drawn.due.std() < drawn.gmv.std()


def test_bidders_that_think_sales_poor_spend_less_and_return_more_the_longer_they_do() -> None:
    bid = bidder.get("return_target")
    known = replace(steering(), controller=bid, orders=10.0, misjudged=0.01)
    fair, poor, lasting = (
        drive(CURVES, replace(known, level=at, lasting=to), setting(6.0))
        for at, to in ((1.0, 1.0), (0.8, 1.0), (0.8, 0.8))
    )
    assert 0.7 * fair.spend < lasting.spend < 0.95 * poor.spend < 0.9 * fair.spend
    returns = [float(made.gmv[0] / made.spend[0]) for made in (fair, poor, lasting)]
    assert returns == sorted(returns)
    assert returns[2] < returns[0] / 0.8  # it learns that its own items sell better


def test_a_course_knows_nothing_of_the_others() -> None:
    known = replace(steering(), controller=bidder.get("return_target"), level=0.8, orders=10.0)
    alone, among = (drive(CURVES, known, setting(*targets)) for targets in ((6.0,), (6.0, 3.0)))
    assert among.spend[0] == pytest.approx(alone.spend[0], rel=1e-12)


def of_unlike_requests() -> Response:
    """The curves, as of 500 requests that differ in what they bring."""
    size = np.random.default_rng(5).lognormal(0, 1, (500, 1))
    columns = [size * CURVES[name] for name in ("spend", "moved", "added", "orders")]
    return Response(GRID, *columns, np.full(500, 1 / size.sum()), np.full(500, np.nan))


def test_a_glimpse_is_as_far_from_the_whole_as_a_sample_of_few_requests() -> None:
    response = of_unlike_requests()
    apart = response.glimpses(400, np.random.default_rng(7))["moved"] / response.curve("moved")
    assert apart.mean() == pytest.approx(1.0, abs=0.02)
    assert apart[:, 12].std() == pytest.approx((np.expm1(1.0) / 48) ** 0.5, rel=0.2)


def test_a_bidder_that_sees_few_requests_errs_at_first_and_finds_its_target_later() -> None:
    dearer = np.random.default_rng(5).permutation(np.repeat([0.8, 1.25], 100))[:, None]
    glimpses = {name: np.tile(curve, (200, 1)) for name, curve in CURVES.items()}
    glimpses |= {"multipliers": GRID, "spend": CURVES["spend"] * dearer}

    def scatter(hours: int, seen: dict[str, np.ndarray] | None) -> float:
        known = replace(steering(hours), controller=bidder.get("return_target"))
        asked = replace(setting(*[6.0] * 200), glimpses=seen)
        return float(np.log(drive(CURVES, known, asked, np.random.default_rng(3)).alpha).std())

    assert scatter(6, glimpses) > 2 * scatter(6, None)
    assert scatter(96, glimpses) < 0.6 * scatter(6, glimpses)


def test_a_glimpse_of_everything_is_the_whole_landscape() -> None:
    whole = {name: curve[None] for name, curve in CURVES.items() if name != "multipliers"}
    asked = setting(4.0, 6.0)
    made = drive(CURVES, steering(), replace(asked, glimpses=whole | {"multipliers": GRID}))
    assert made.spend == pytest.approx(drive(CURVES, steering(), asked).spend, rel=1e-9)


def test_few_orders_misjudge_the_level_and_many_do_not() -> None:
    known = replace(steering(hours=24), controller=bidder.get("return_target"))
    asked = setting(*[6.0] * 300)
    alone, few, many = (
        drive(CURVES, replace(known, orders=rate, misjudged=at), asked, np.random.default_rng(3))
        for rate, at in ((np.inf, 0.0), (3.0, 0.02), (3_000.0, 0.00001))
    )
    scatter = [np.log(each.alpha).std() for each in (alone, few, many)]
    assert scatter[1] > 1.5 * scatter[0]
    assert scatter[2] < 1.1 * scatter[0]
