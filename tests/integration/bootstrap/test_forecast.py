"""The forecast of a live market: what it says, what it refuses, what it assumes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adunion.bootstrap.ahead import Ahead
from adunion.bootstrap.forecasts import Forecasts
from adunion.bootstrap.market import Market
from adunion.bootstrap.planfile import ask, read
from adunion.bootstrap.records import open_records
from adunion.bootstrap.replayed import Grounds, introduce
from adunion.bootstrap.simulator import open_run
from adunion.campaigns import Selector
from adunion.decision import PlanBook
from adunion.kernel.clock import micros, monotonic_s, sleep
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.simulation.forecast import Ask
from adunion.simulation.scenario import parse
from adunion.simulation.world import generate

pytestmark = pytest.mark.integration

DAYS = 2
SCENARIO: dict[str, Any] = {
    "history_days": 2,
    "days": DAYS,
    "drain_hours": 0,
    "control": False,
    "requests_per_day": 4_000,
    "plans": [{"target_roi": 3.0, "count": 4, "items": {"share": 0.7}}],
}


def run_of(home: Path, engine: Any, name: str) -> Any:
    """A run whose market has its records in a database of its own."""
    world = generate(5, items=400, merchants=8, shoppers=1_200)
    return open_run(engine, home / name, parse(SCENARIO), 1, world, lambda *_: None)


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    """After two days with plans."""
    with (
        tempfile.TemporaryDirectory(prefix="adunion-test-") as home,
        open_records(Settings(home=Path(home), database_url=None)) as server,
    ):
        run = run_of(Path(home), server.engine, "m")
        run.history()
        run.live()
        yield run.market
        run.market.close()


@pytest.fixture(scope="module")
def free(market: Market) -> Ask:
    """The items of the merchant with most items in no plan."""
    rows = np.flatnonzero(market.plans.item_plan < 0)
    merchant = int(np.bincount(market.catalog.merchant[rows]).argmax())
    rows = rows[market.catalog.merchant[rows] == merchant]
    ids = tuple(market.catalog.ids[row] for row in rows)
    return Ask(merchant_id=market.catalog.merchant_ids[merchant], item_ids=ids)


def test_a_node_that_holds_leases_says_the_same(market: Market, free: Ask) -> None:
    whole = Forecasts(market).of(free)
    book = market.plans
    held = book.purse
    try:
        book.leased = np.zeros(len(book), np.int64), held[1].copy(), held[2].copy()
        assert Forecasts(market).of(free).cells == whole.cells
    finally:
        book.leased = None


def test_decisions_go_on_while_a_forecast_is_made(
    market: Market, free: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = Forecasts(market).of(free)
    held: list[float] = []
    turn = Forecasts._turn

    @contextmanager
    def timed(self: Forecasts, catalog: Any) -> Iterator[None]:
        with turn(self, catalog):
            began = monotonic_s()
            yield
            held.append(monotonic_s() - began)

    monkeypatch.setattr(Forecasts, "_turn", timed)
    with ThreadPoolExecutor(1) as other:
        asked = other.submit(Forecasts(market).of, free)
        decided = 0
        while not asked.done():
            with market.lock:
                decided += 1
            sleep(0.001)
        assert asked.result().cells == alone.cells
    assert decided > len(held) > 20
    assert np.median(held) < 0.05


def test_a_higher_target_spends_less_and_returns_more(market: Market, free: Ask) -> None:
    found = Forecasts(market).of(replace(free, targets=(2.0, 3.0, 4.0, 6.0)))
    cells = found.cells
    spend = [cell.spend_minor.value for cell in cells]
    assert spend[-1] > 0
    assert all(below > above for below, above in pairwise(spend))
    for cell in cells:
        assert 0.97 * cell.target < cell.roi.value < 1.3 * cell.target
        for band in (cell.spend_minor, cell.gmv_minor, cell.added_minor, cell.orders, cell.roi):
            assert band.low <= band.value <= band.high
        assert cell.gmv_minor.low < cell.gmv_minor.high
        assert 0 < cell.added_minor.value <= cell.gmv_minor.value
        assert cell.newcomer_share is not None
        assert 0.3 < cell.newcomer_share <= 1
        assert cell.outside is not None
        everyone = cell.outside.own_minor + cell.outside.gmv_minor + cell.outside.organic_minor
        moved = cell.gmv_minor.value + cell.outside.counted_minor
        assert everyone - moved < 0  # places that it wins sold something before
        assert cell.outside.gmv_minor < 0
        anyway = cell.gmv_minor.value - cell.gained_minor
        assert cell.organic_minor == pytest.approx(max(anyway, 0))
    assert found.reached > 100
    assert found.assumptions in ([], ["other_days"])


def test_a_least_share_of_new_customers_is_forecast_with_its_price(
    market: Market, free: Ask
) -> None:
    found = {
        least: Forecasts(market).of(replace(free, targets=(2.0, 3.0), min_new_share=least))
        for least in (None, 0.9, 0.999)
    }
    cells = {least: each.cells[0] for least, each in found.items()}
    shares = [cell.newcomer_share or 0 for cell in cells.values()]
    assert shares[0] < 0.9  # so it asks for more than comes by itself
    assert shares[1] > shares[0] + 0.01
    assert shares[2] >= shares[1]
    assert cells[0.9].spend_minor.value < 1.05 * cells[None].spend_minor.value
    assert cells[0.9].roi.value == pytest.approx(cells[None].roi.value, rel=0.1)
    assert "new_share" in found[0.999].assumptions
    assert "new_share" not in found[None].assumptions
    with pytest.raises(AdUnionError, match="between 0 and 1"):
        Forecasts(market).of(replace(free, min_new_share=float("nan")))


def test_what_is_asked_for_is_found_before_a_forecast_looks(market: Market, free: Ask) -> None:
    known = market.brain.retrieval.matches
    known.clear()
    ahead = Ahead(market)
    while ahead.read():
        pass
    found = set(known)
    assert len(found) > 50
    Forecasts(market).of(replace(free, targets=(2.0, 3.0)))
    assert set(known) == found  # it had nothing left to find


def test_a_budget_is_a_cap_and_is_compared_with_none(market: Market, free: Ask) -> None:
    open_ended = Forecasts(market).of(replace(free, targets=(2.0, 3.0))).cells[0]
    budget = round(open_ended.spend_minor.value / 3)
    endless = Forecasts(market).of(replace(free, targets=(2.0, 3.0), budgets_minor=(budget,)))
    assert "no_end" in endless.assumptions
    end = market.clock.now() + timedelta(days=7)
    found = Forecasts(market).of(
        replace(free, targets=(2.0, 3.0), budgets_minor=(None, budget), end_at=end)
    )
    assert [cell.budget_minor for cell in found.cells] == [budget, None, budget, None]
    assert "no_end" not in found.assumptions
    assert found.cells[0].gmv_minor.value > 1.2 * endless.cells[0].gmv_minor.value
    capped, free_ = found.cells[:2]
    assert 0.7 * budget < capped.spend_minor.value <= budget
    assert capped.spend_minor.high <= budget
    assert capped.gmv_minor.value < free_.gmv_minor.value
    assert capped.roi.value > free_.roi.value  # it is spent where it brings most


def test_asking_twice_says_the_same_and_leaves_nothing(market: Market, free: Ask) -> None:
    plans, book = len(market.plans_service.list().rows), market.plans.item_plan.copy()
    first, again = (Forecasts(market).of(free) for _ in range(2))
    assert first == again
    assert len(first.cells) == 9
    assert len(market.plans_service.list().rows) == plans
    assert np.array_equal(market.plans.item_plan, book)


def test_plans_got_about_what_the_forecast_says(market: Market) -> None:
    spent, said = 0.0, 0.0
    results = market.outcomes.results(market.plans.ids, micros(market.clock.now()))
    for plan, spend in zip(market.plans.ids, results.spend_micros, strict=True):
        found = Forecasts(market).of(Ask(plan_id=plan))
        near = found.near(3.0, found.cells[0].budget_minor)
        spent += spend / 10_000 / DAYS
        said += near.spend_minor.value / found.days
    assert 0.4 < said / spent < 2.5


def test_a_new_plan_is_rehearsed_on_requests_to_come(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    engine, now_us, day_us = market.brain.engine, micros(market.clock.now()), 86_400_000_000
    monkeypatch.setattr(engine, "rehearse", lambda _now, *told: asked.append(told))
    grounds = Grounds(market.brain, market.recent, market.outcomes, now_us)
    introduce(grounds, engine.plans.ids[1:])
    ((requests, fresh, _),) = asked
    assert fresh.tolist() == [0]
    assert now_us <= requests.at_us.min() < now_us + day_us
    logged = grounds.recent.logged()
    assert logged is not None
    at = dict(zip(logged.events.request.tolist(), logged.events.at_us.tolist(), strict=True))
    was = np.array([at[each] for each in requests.request.tolist()])
    assert np.unique((requests.at_us - was) % day_us).tolist() == [0]


@pytest.mark.parametrize("target", [0.0, -1.0, float("nan"), float("inf"), 10_000.0])
def test_a_target_that_no_plan_may_have_is_refused(
    market: Market, free: Ask, target: float
) -> None:
    with pytest.raises(AdUnionError) as refused:
        Forecasts(market).of(replace(free, targets=(4.0, target)))
    assert refused.value.field == "target_roi"


def test_what_a_launch_would_refuse_is_refused(market: Market, free: Ask) -> None:
    now, service = market.clock.now(), Forecasts(market)
    taken = market.catalog.ids[int(np.flatnonzero(market.plans.item_plan == 0)[0])]
    owner = market.catalog.merchant_ids[
        int(market.catalog.merchant[np.flatnonzero(market.plans.item_plan == 0)[0]])
    ]
    for wrong, field, status in (
        (replace(free, budgets_minor=(1,)), "budget", 422),
        (replace(free, start_at=now + timedelta(days=2), end_at=now + timedelta(days=1)), "end_at",
         422),
        (replace(free, end_at=now - timedelta(days=1)), "end_at", 422),
        (replace(free, item_ids=()), "item_ids", 422),
        (replace(free, dayparts=(168,)), "dayparts", 422),
        (replace(free, item_ids=(taken,), merchant_id=owner), None, 409),
        (replace(free, item_ids=(), selector=Selector(text="no such thing")), "selector", 422),
        (Ask(plan_id="cmp_" + "0" * 26), None, 404),
    ):  # fmt: skip
        with pytest.raises(AdUnionError) as refused:
            service.of(wrong)
        assert (refused.value.field, refused.value.status) == (field, status), wrong


def test_withdrawn_items_are_refused_by_name(market: Market, free: Ask) -> None:
    market.catalog_service.withdraw(free.item_ids[-1])
    try:
        with pytest.raises(AdUnionError, match="withdrawn"):
            Forecasts(market).of(free)
    finally:
        market.catalog_service.withdraw(free.item_ids[-1], False)


def test_items_that_nobody_reaches_bring_nothing_and_take_nothing(
    market: Market, free: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adunion.bootstrap.replayed._holding", lambda *_: np.zeros(0, np.int64))
    found = Forecasts(market).of(replace(free, targets=(2.0, 3.0)))
    assert "not_reached" in found.assumptions
    for cell in found.cells:
        assert cell.gmv_minor.value == cell.spend_minor.value == 0
        assert cell.outside is None
        assert cell.gained_minor == 0


def test_what_others_lose_is_no_more_than_the_pages_hold(market: Market, free: Ask) -> None:
    """Where the plan hardly bids, its own few sales are no measure of how much traffic it meets."""
    found = Forecasts(market).of(replace(free, targets=(20.0, 1000.0)))
    for cell in found.cells:
        assert cell.outside is not None
        assert abs(cell.outside.gmv_minor) <= 2 * cell.gmv_minor.value + 100


def test_a_plan_in_some_hours_brings_a_part(market: Market, free: Ask) -> None:
    whole = Forecasts(market).of(replace(free, targets=(3.0, 4.0)))
    some = Forecasts(market).of(replace(free, targets=(3.0, 4.0), dayparts=tuple(range(0, 168, 2))))
    assert 0.3 < some.traffic / whole.traffic < 0.7
    assert some.cells[0].spend_minor.value < whole.cells[0].spend_minor.value


def test_a_plan_file_asks_the_same(market: Market, free: Ask, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(f"items = {list(free.item_ids)!r}\ntargets = [2, 3]\nbudget = 100.5\n")
    asked = ask(read(path), market.engine, market.currency)
    assert asked == replace(
        free, item_ids=free.item_ids, targets=(2.0, 3.0), budgets_minor=(10_050,)
    )
    path.write_text('{"merchant": "nobody", "selector": {}, "target": 4}')
    with pytest.raises(AdUnionError, match="nobody"):
        ask(read(path), market.engine, market.currency)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("target = ", "neither TOML nor JSON"),
        ("{", "neither TOML nor JSON"),
        ("price = 1", "price: Extra inputs"),
        ("target = 'high'", "target: Input should be a valid number"),
        ("target = 2\ntargets = [3]", "not both"),
        ("start = 'soon'", "start: Input should be a valid datetime"),
    ],
)
def test_a_broken_plan_file_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(AdUnionError, match=said):
        read(path)


def test_without_history_it_says_what_it_assumes() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="adunion-test-") as home,
        open_records(Settings(home=Path(home), database_url=None)) as server,
    ):
        market = run_of(Path(home), server.engine, "m").market
        try:
            merchant = market.catalog.merchant_ids[0]
            found = Forecasts(market).of(Ask(merchant_id=merchant, selector=Selector()))
        finally:
            market.close()
    assert found.assumptions[:2] == ["no_traffic", "untrained"]
    assert found.traffic == pytest.approx(7_000)
    cell = found.near(2.0)
    assert cell.gmv_minor.value > 0
    assert cell.gmv_minor.high > 2 * cell.gmv_minor.value


def test_a_budget_that_is_no_number_is_refused(market: Market, free: Ask, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    for text in ("nan", "inf", "'much'"):
        path.write_text(f"items = {list(free.item_ids)!r}\nbudget = {text}\n")
        with pytest.raises(AdUnionError) as refused:
            ask(read(path), market.engine, market.currency)
        assert refused.value.field == "budget"


def test_plans_that_end_meanwhile_are_met_as_they_were(
    market: Market, free: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, book, turns, turn = Forecasts(market).of(free), market.plans, 0, Forecasts._turn

    @contextmanager
    def ending(self: Forecasts, of: Any) -> Iterator[None]:
        nonlocal turns
        turns += 1
        if turns == 5:
            now_us = micros(market.clock.now())
            market.brain.set_plans(now_us, PlanBook.of([], market.catalog))
        with turn(self, of):
            yield

    monkeypatch.setattr(Forecasts, "_turn", ending)
    try:
        for told, cell in zip(Forecasts(market).of(free).cells, alone.cells, strict=True):
            assert told.gmv_minor.value == pytest.approx(cell.gmv_minor.value, rel=0.03)
            assert told.spend_minor.value == pytest.approx(cell.spend_minor.value, rel=0.03)
    finally:
        market.brain.set_plans(micros(market.clock.now()), book)


def test_a_forecast_begins_anew_where_the_catalog_moves(
    market: Market, free: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other items leave it meanwhile: the plan's stand in other rows, and so does the answer."""
    turns, turn = 0, Forecasts._turn
    gone = [each for each in market.catalog.ids if each not in set(free.item_ids)][:40]

    @contextmanager
    def moving(self: Forecasts, of: Any) -> Iterator[None]:
        nonlocal turns
        turns += 1
        if turns == 5:
            for item in gone:
                market.catalog_service.withdraw(item)
            market.reload()
        with turn(self, of):
            yield

    monkeypatch.setattr(Forecasts, "_turn", moving)
    told = Forecasts(market).of(free)
    assert turns > 20
    monkeypatch.setattr(Forecasts, "_turn", turn)
    assert told.cells == Forecasts(market).of(free).cells
