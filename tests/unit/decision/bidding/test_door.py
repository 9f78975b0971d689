"""The door for outside simulators: what it takes, what it refuses, what it promises."""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest

from adunion.decision.bidding import ReturnTargetController
from adunion.kernel.clock import generator
from adunion.kernel.errors import AdUnionError

EXPOSURES = np.array([1.0, 0.8, 0.6])


def opportunities(
    tick: int, rng: np.random.Generator, rows: int = 1_000, unit: float = 1.0, of: float = 80.0
) -> tuple[np.ndarray, np.ndarray]:
    """Values, and rivals' three highest bids, about `of` a value and falling over 48 ticks."""
    values = rng.lognormal(-7.5, 0.8, rows)
    price = unit * of * (1 - 0.012 * tick) * rng.lognormal(0.0, 0.6, rows) * values
    return values, np.cumprod(np.c_[price, rng.uniform(0.6, 1, (rows, 2))], axis=1)


def day(
    controller: ReturnTargetController,
    seed: int = 0,
    ticks: int = 48,
    rows: int = 1_000,
    unit: float = 1.0,
    slots: int = 3,
    true: float = 1.0,
    of: float = 80.0,
) -> tuple[float, float]:
    """Cost paid, and value expected by the truth, of a day that stops nobody at the budget."""
    rng = generator(seed)
    paid, gained = 0.0, 0.0
    for tick in range(ticks):
        values, costs = opportunities(tick, rng, rows, unit, of)
        bids = controller.bids(values, 0.15 * values)
        slot = (costs > bids[:, None]).sum(axis=1)
        won = slot < 3
        held = np.minimum(slot, 2)
        exposed = won & (rng.random(rows) < EXPOSURES[held])
        cost = np.where(exposed, costs[np.arange(rows), held], 0.0)
        converted = exposed & (rng.random(rows) < true * values)
        shown = costs[:, 2] if slots == 1 else costs
        controller.observe(values, shown, won, exposed, cost, converted)
        paid += float(cost.sum())
        gained += true * float(values[exposed].sum())
    return paid, gained


def make(budget: float = 300.0, target: float = 80.0, ticks: int = 48) -> ReturnTargetController:
    return ReturnTargetController(budget=budget, target_cost_per_value=target, ticks=ticks)


@pytest.mark.parametrize("budget", [0.5, 20.0, 300.0])
@pytest.mark.parametrize("warm", [False, True])
def test_a_budget_is_never_passed_and_a_short_one_is_used(budget: float, warm: bool) -> None:
    controller = make(budget)
    if warm:
        before = make(budget)
        day(before, seed=1)
        controller.warm_start([before.log])
    paid, _ = day(controller)
    assert paid <= budget
    assert controller.spent == pytest.approx(paid)
    assert paid > (0.85 if budget > 1 else 0.3) * budget


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("target", [50.0, 65.0])
def test_a_target_that_binds_is_held(target: float, warm: bool) -> None:
    controller = make(1e6, target)
    if warm:
        before = make(1e6, target)
        day(before, seed=1, of=120)
        controller.warm_start([before.log])
    paid, gained = day(controller, of=120)
    assert 0.9 <= target * gained / paid <= (0.98 if warm else 1.05)
    assert controller.status == "on_target"


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_units_do_not_matter(unit: float) -> None:
    plain, other = make(300, 80), make(300 * unit, 80 * unit)
    paid, gained = day(plain)
    paid_other, gained_other = day(other, unit=unit)
    assert paid_other / unit == pytest.approx(paid, rel=1e-6)
    assert gained_other == pytest.approx(gained, rel=1e-6)


def test_an_unreachable_target_spends_little_and_says_so() -> None:
    controller = make(300, 2.0)
    paid, _ = day(controller)
    assert paid < 0.01 * 300
    assert controller.status == "unreachable"


@pytest.mark.parametrize(("target", "status"), [(60.0, "on_target"), (2.0, "unreachable")])
def test_after_the_last_tick_the_status_tells_what_came(
    target: float, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever seemed to come until then: here that nothing more was to be had."""
    monkeypatch.setattr(
        ReturnTargetController, "_say", lambda self, *_: setattr(self, "status", "unreachable")
    )
    controller = make(300, target)
    assert controller.attainment == float("inf")
    paid, gained = day(controller)
    assert controller.attainment == (
        pytest.approx(target * gained / paid) if paid else float("inf")
    )
    assert (controller.attainment >= 0.9, controller.status) == (True, status)


def test_prices_that_rise_over_the_day_leave_the_target_held_and_said_so() -> None:
    rng, controller = generator(3), make(1e9, 0.2)
    for tick in range(48):
        values, price = rng.lognormal(0, 1, 400), rng.lognormal(1.1 * (tick / 48 - 0.5), 0.8, 400)
        won = controller.bids(values) >= price
        controller.observe(values, price, won, won, np.where(won, price, 0.0))
    assert 0.9 < controller.attainment < 1
    assert controller.status == "on_target"


def test_costs_beyond_the_budget_are_told_as_spent_at_once() -> None:
    controller, ones = make(10.0), np.ones(3)
    controller.bids(ones)
    controller.observe(ones, ones, ones, ones, [8, 8, 8])
    assert (controller.spent, controller.status) == (24.0, "spent")


def test_costs_of_one_slot_alone_still_hold_budget_and_target() -> None:
    controller = make(1e6, 60)
    paid, gained = day(controller, slots=1)
    assert 60 * gained / paid >= 0.85
    limited = make(100, 80)
    assert day(limited, slots=1)[0] <= 100


def test_sales_that_contradict_predictions_are_believed_in_time() -> None:
    controller = make(1e6, 60)
    paid, gained = day(controller, rows=20_000, true=0.6)
    assert 60 * gained / paid >= 0.75  # believing the predictions gives .56
    few = make(1e6, 60)
    day(few, rows=200)
    assert few._evidence.sales_ratio() == pytest.approx(1.0, abs=0.02)


def test_falling_prices_known_from_earlier_days_are_waited_for() -> None:
    def gained(warm: bool) -> float:
        controller = make(150, 80)
        if warm:
            controller.warm_start([_falling(seed) for seed in (1, 2)])
        total = 0.0
        for tick in _falling(3):
            values, costs = tick["values"], tick["least_winning_costs"]
            won = controller.bids(values) >= costs
            controller.observe(values, costs, won, won, costs * won, np.zeros(len(values)))
            total += float(values[won].sum())
        return total

    values, costs = (
        np.concatenate([tick[name] for tick in _falling(3)])
        for name in ("values", "least_winning_costs")
    )
    cheapest = np.argsort(costs / values)
    best = float(values[cheapest][costs[cheapest].cumsum() <= 150].sum())
    assert gained(warm=True) > 0.97 * best
    assert gained(warm=True) > 1.03 * gained(warm=False)


def _falling(seed: int) -> list[dict[str, np.ndarray]]:
    rng = generator(seed)
    ticks = []
    for tick in range(48):
        values = rng.lognormal(-7.5, 0.8, 1_000)
        level = 70.0 if tick < 30 else 25.0
        costs = level * values * rng.lognormal(0.0, 0.5, 1_000)
        ticks.append({"values": values, "least_winning_costs": costs})
    return ticks


def test_every_form_of_log_is_read_alike() -> None:
    ticks = _falling(1)
    table = {
        "tick": np.repeat(np.arange(48), 1_000),
        "values": np.concatenate([tick["values"] for tick in ticks]),
        "least_winning_costs": np.concatenate([tick["least_winning_costs"] for tick in ticks]),
    }
    by_name = {name: [tick[name] for tick in ticks] for name in ("values", "least_winning_costs")}
    tuples = [(tick["values"], tick["least_winning_costs"]) for tick in ticks]
    with_std = [(values, 0.1 * values, costs) for values, costs in tuples]
    lists = [{name: column.tolist() for name, column in tick.items()} for tick in ticks]
    stacked = {name: np.stack(of) for name, of in by_name.items()}
    forms = (
        [ticks], ticks, [table], table, [by_name], [stacked], stacked, [tuples], tuples,
        [with_std], [lists],
    )  # fmt: skip
    wanted = None
    for form in forms:
        controller = make(150, 80)
        controller.warm_start(form)
        bids = controller.bids(ticks[0]["values"])
        wanted = bids if wanted is None else wanted
        assert bids.max() > 0
        np.testing.assert_allclose(bids, wanted)


def test_a_file_s_name_is_no_log() -> None:
    with pytest.raises(AdUnionError, match=r"'x\.csv', not logs"):
        make().warm_start("x.csv")


def test_lists_single_precision_and_slot_numbers_are_taken() -> None:
    values, costs = opportunities(0, generator(4), 200)
    flags, numbers = make(), make()
    for controller in (flags, numbers):
        controller.bids(values)
    won, exposed = costs[:, 2] < 0.04, costs[:, 2] < 0.02
    cost = np.where(exposed, costs[:, 2], 0)
    flags.observe(values, costs, won, exposed, cost, exposed)
    slots = np.where(won, 3, 0).astype(np.int32)
    numbers.observe(
        values.astype(np.float32), costs.tolist(), slots, exposed.astype(int).tolist(), cost, None
    )
    assert numbers.spent == pytest.approx(flags.spent)
    np.testing.assert_allclose(numbers.bids(values), flags.bids(values), rtol=1e-3)


def test_empty_ticks_no_values_and_ticks_beyond_the_end_bid_nothing() -> None:
    controller = make(ticks=4)
    nothing = np.zeros(0)
    assert controller.bids(nothing).shape == (0,)
    controller.observe(nothing, nothing, nothing, nothing, nothing, nothing)
    zeros = np.zeros(5)
    assert not controller.bids(zeros, zeros).any()
    controller.observe(zeros, np.ones((5, 3)), zeros, zeros, zeros, zeros)
    values, costs = opportunities(0, generator(1))
    for tick in range(6):
        bids = controller.bids(values)
        assert np.isfinite(bids).all()
        assert (bids.sum() > 0) == (tick < 2), tick
        none = np.zeros(len(values))
        controller.observe(values, costs, none, none, none, none)
    assert controller.status == "ended"


def test_what_cannot_be_is_refused_before_anything_is_counted() -> None:
    for bad in (0, -1, np.nan, np.inf, "much", "9", True, None):
        with pytest.raises(AdUnionError, match="budget"):
            ReturnTargetController(budget=bad, target_cost_per_value=1, ticks=1)  # type: ignore[arg-type]
        with pytest.raises(AdUnionError, match="target_cost_per_value"):
            ReturnTargetController(budget=1, target_cost_per_value=bad, ticks=1)  # type: ignore[arg-type]
    for ticks in (0, 1.5, 10**9):
        with pytest.raises(AdUnionError, match="ticks"):
            ReturnTargetController(budget=1, target_cost_per_value=1, ticks=ticks)  # type: ignore[arg-type]
    controller, ones = make(), np.ones(3)
    for values in ([1, np.nan, 1], [1, -1, 1], [1, np.inf, 1], np.ones((3, 3)), "abc"):
        with pytest.raises(AdUnionError, match="values"):
            controller.bids(values)
    with pytest.raises(AdUnionError, match="value_std"):
        controller.bids(ones, [0.1])
    for name, at in (("least_winning_costs", 1), ("exposed", 3), ("cost", 4)):
        given = [ones, ones, ones, ones, ones, ones]
        given[at] = np.array([1, np.nan, 1])
        with pytest.raises(AdUnionError, match=name):
            controller.observe(*given)
    for past in ([[{"prices": ones}]], [{"prices": ones}], {"prices": ones}, "junk", 7):
        with pytest.raises(AdUnionError, match="past_periods"):
            controller.warm_start(past)
    for tick in (-1, 0.5, np.nan, 1_764_000_000):  # a time, for one
        with pytest.raises(AdUnionError, match="tick"):
            controller.warm_start({"tick": [0, tick], "values": [1, 1],
                                   "least_winning_costs": [1, 1]})  # fmt: skip
    assert (controller.spent, controller.tick, controller.log) == (0.0, 0, [])


def test_a_long_day_of_half_a_million_rows_takes_seconds() -> None:
    controller = make(3_000, 80)
    begun = process_time()
    day(controller, rows=10_000)
    assert process_time() - begun < 8
    minutes = make(50, 80, ticks=1_440)
    begun = process_time()
    paid, _ = day(minutes, rows=20, ticks=80)
    assert process_time() - begun < 8
    assert paid <= 50


def test_a_tick_of_another_number_of_rows_than_was_bid_for_is_refused() -> None:
    door = ReturnTargetController(budget=100, target_cost_per_value=80, ticks=4)
    values, costs = opportunities(0, generator(1), 50)
    door.bids(values)
    told = np.zeros(49, bool)
    with pytest.raises(AdUnionError, match="49 opportunities are observed, 50 were bid") as wrong:
        door.observe(values[:49], costs[:49], told, told, np.zeros(49))
    assert wrong.value.hint
    whole = np.zeros(50, bool)
    door.observe(values, costs, whole, whole, np.zeros(50))
    assert door.tick == 1
