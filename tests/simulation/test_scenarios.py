"""What each part of the scenario format does to the report of a small market."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from adunion.bootstrap.records import open_records
from adunion.bootstrap.simulator import simulate
from adunion.kernel.config import Settings
from adunion.simulation.scenario import parse

pytestmark = pytest.mark.simulation

Report = dict[str, Any]
Simulate = Callable[..., Report]

BASE: dict[str, Any] = {
    "history_days": 1,
    "days": 1,
    "drain_hours": 6,
    "requests_per_day": 1_500,
    "world": {"items": 400, "merchants": 8, "shoppers": 600, "seed": 5},
    "publishers": {"count": 4, "links_each": 4, "share": 0.1},
}
MONDAY = datetime.fromisoformat("2026-11-02T00:00:00+00:00")
STARTED = "2026-11-03T"  # the day with plans


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="adunion-test-") as home:
        chosen = Settings(home=Path(home), database_url=None)
        with open_records(chosen):  # keeps the server up from one run to the next
            yield chosen


@pytest.fixture(scope="module")
def run(settings: Settings) -> Simulate:
    """Simulate BASE with changes; the same changes are run once."""
    known: dict[bytes, Report] = {}

    def simulated(seed: int = 1, **changes: Any) -> Report:
        key = orjson.dumps([seed, changes])
        if key not in known:
            scenario = parse({**BASE, "control": False, **changes})
            known[key] = simulate(settings, scenario, seed, lambda *_: None)
        return known[key]

    return simulated


@pytest.fixture(scope="module")
def plain(run: Simulate) -> Report:
    """The market without plans."""
    return run(control=True)


@pytest.fixture(scope="module")
def busy(run: Simulate) -> Report:
    """A market of plans that differ in budget, hours and dayparts, with a control arm."""
    return run(control=True, plans=PLANS, shocks=RIVAL)


@pytest.fixture(scope="module")
def slow(run: Simulate) -> Report:
    """The market without plans, of people who take their time, and of a higher commission."""
    return run(conversion_delay=50.0, commission_bps=1_600)


PLANS = [
    {"name": "open", "target_roi": 2.0},
    {"name": "capped", "target_roi": 1.0, "budget": 40.0},
    {"name": "short", "target_roi": 1.0, "start_hour": 6.5, "end_hour": 9.0},
    # the day with plans is a Tuesday: hours 24 to 47 of the week
    {"name": "evening", "target_roi": 1.0, "dayparts": list(range(24 + 12, 24 + 16))},
]
RIVAL = [{"kind": "rival", "at_hour": 10, "rival": {"name": "r", "target_roi": 0.5, "budget": 60}}]


def plan_of(report: Report, name: str) -> Report:
    (found,) = (plan for plan in report["plans"] if plan["name"] == name)
    return found


def spending_hours(plan: Report) -> set[int]:
    """Hours of the day with plans in which moved impressions were seen; 24 is after it."""
    return {
        int((datetime.fromisoformat(row["hour"]) - MONDAY).total_seconds() // 3600) - 24
        for row in plan["hours"]
        if row["moved_impressions"]
    }


def test_without_plans_both_arms_are_the_same_market(plain: Report) -> None:
    assert plain["treated"] == plain["control"]
    assert set(plain["lift"].values()) == {0.0}
    assert plain["plans"] == []
    assert plain["market"]["media_minor"] == 0
    assert plain["market"]["gmv_promoted_minor"] == 0
    assert plain["treated"]["requests"] > 1_000
    assert plain["treated"]["sponsored_impressions"] == 0


def test_every_sum_ties_out(busy: Report) -> None:
    plans, market, moves = busy["plans"], busy["market"], busy["ledger"]["posted_minor_by_memo"]
    assert busy["ledger"]["balanced"]
    spend = sum(plan["spend_minor"] for plan in plans)
    assert spend == market["media_minor"] == moves["media"] > 0
    for plan in plans:
        assert sum(row["spend_minor"] for row in plan["hours"]) == plan["spend_minor"]
        assert sum(row["gmv_minor"] for row in plan["hours"]) == plan["gmv_minor"]
        assert sum(row["orders"] for row in plan["hours"]) == plan["orders"]
    assert sum(plan["gmv_minor"] for plan in plans) == market["gmv_promoted_minor"]
    assert market["gmv_minor"] == market["gmv_promoted_minor"] + market["gmv_organic_minor"]
    assert market["gmv_minor"] == sum(row["gmv_minor"] for row in market["hours"])
    assert market["requests"] == sum(row["requests"] for row in market["placements"].values())
    for total in busy["ledger"]["totals"]:
        assert total["debits_minor"] == total["credits_minor"]


def test_a_plan_never_spends_more_than_its_budget(busy: Report) -> None:
    for name, budget in (("capped", 4_000), ("r", 6_000)):
        plan = plan_of(busy, name)
        assert plan["budget_minor"] == budget
        assert budget * 0.5 < plan["spend_minor"] <= budget
        assert plan["budget_use"] == round(plan["spend_minor"] / budget, 4)
    assert plan_of(busy, "open")["budget_minor"] is None
    assert plan_of(busy, "open")["budget_use"] is None


def test_plans_run_in_their_hours_only(busy: Report) -> None:
    assert spending_hours(plan_of(busy, "open")) >= set(range(8, 22))
    assert {6, 7, 8} >= spending_hours(plan_of(busy, "short")) > set()
    assert plan_of(busy, "short")["start"] == STARTED + "06:30:00Z"
    assert plan_of(busy, "short")["status"] == "ended"
    assert {12, 13, 14, 15} >= spending_hours(plan_of(busy, "evening")) > set()
    rival = plan_of(busy, "r")
    assert rival["rival"]
    assert min(spending_hours(rival)) >= 10


def test_attainment_is_sales_over_what_the_spend_promised(busy: Report) -> None:
    for plan in busy["plans"]:
        promised = plan["spend_minor"] * plan["target_roi"]
        assert plan["attainment"] == round(plan["gmv_minor"] / promised, 4)
        assert plan["attainment_expected"] == pytest.approx(
            plan["expected_gmv_minor"] / promised, rel=1e-3
        )
        assert plan["gmv_net_minor"] <= plan["gmv_minor"] <= plan["gmv_item_minor"]
        assert 0 <= plan["first_slot_share"] <= 1


def test_lift_is_measured_on_the_same_people(busy: Report, plain: Report) -> None:
    assert busy["treated"]["requests"] == busy["control"]["requests"]
    assert busy["control"] == plain["control"]  # plans do not reach the control arm
    assert busy["treated"] != busy["control"]
    change = busy["treated"]["gmv_minor"] / busy["control"]["gmv_minor"] - 1
    assert busy["lift"]["gmv"] == round(change, 4)


def test_publishers_links_earn_commissions(plain: Report) -> None:
    earned = plain["publishers"]
    assert earned["links"] == 16
    assert earned["clicks"] > 100
    assert earned["commissions"] >= earned["orders"] > 0
    assert earned["commission_minor"] == sum(
        earned[f"commission_{state}_minor"] for state in ("estimated", "held", "payable", "fee")
    )
    net = earned["gmv_minor"] - earned["refunds_minor"]
    assert earned["commission_minor"] == pytest.approx(net * 0.08, abs=earned["commissions"])


def test_shocks_of_traffic_conversion_and_returns_show(run: Simulate, plain: Report) -> None:
    shocks = [
        {"kind": "traffic", "at_hour": 12, "factor": 3.0, "until_hour": 18},
        {"kind": "conversion", "at_hour": 0, "factor": 2.0},
        {"kind": "returns", "at_hour": 0, "factor": 8.0},
    ]
    shocked = run(shocks=shocks)

    def requests(report: Report, first: int, last: int) -> int:
        rows = [row for row in report["market"]["hours"] if row["hour"].startswith(STARTED)]
        return sum(row["requests"] for row in rows if first <= int(row["hour"][11:13]) < last)

    assert requests(shocked, 0, 12) == pytest.approx(requests(plain, 0, 12), abs=12)
    assert requests(shocked, 12, 18) == pytest.approx(3 * requests(plain, 12, 18), rel=0.05)
    assert requests(shocked, 18, 24) == pytest.approx(requests(plain, 18, 24), abs=12)

    def per_click(report: Report) -> float:
        return float(report["treated"]["orders"] / report["treated"]["clicks"])

    def returned(report: Report) -> float:
        return float(1 - report["treated"]["gmv_net_minor"] / report["treated"]["gmv_minor"])

    assert 1.5 < per_click(shocked) / per_click(plain) < 2.5
    assert returned(shocked) > 1.5 * returned(plain)


def test_cheaper_goods_sell_more_for_less_each(run: Simulate, plain: Report) -> None:
    shock = {"kind": "prices", "at_hour": 0, "factor": 0.3}
    cheap = run(control=True, shocks=[shock])
    assert cheap["treated"] == cheap["control"]  # prices fall in both arms
    assert cheap["treated"]["orders"] > 2 * plain["treated"]["orders"]
    each, before = (
        report["treated"]["gmv_minor"] / report["treated"]["orders"] for report in (cheap, plain)
    )
    assert each < 0.65 * before


def test_a_longer_delay_brings_orders_later_but_not_fewer(slow: Report, plain: Report) -> None:
    assert slow["treated"]["orders"] == pytest.approx(plain["treated"]["orders"], rel=0.15)
    assert slow["market"]["orders"] < 0.85 * plain["market"]["orders"]


def test_the_commission_is_the_scenario_s(slow: Report) -> None:
    earned = slow["publishers"]
    net = earned["gmv_minor"] - earned["refunds_minor"]
    assert earned["commission_minor"] == pytest.approx(net * 0.16, abs=earned["commissions"])


def test_mix_and_rhythm_say_where_and_when_people_ask(run: Simulate) -> None:
    hourly = [0.0] * 24
    hourly[9], hourly[20] = 1.0, 3.0
    report = run(
        mix={"search": 0.75, "feed": 0.25, "cart": 0, "page": 0, "live": 0},
        rhythm={"hourly": hourly},
        publishers={"count": 0},
        requests_per_day=1_000,
    )
    found = report["market"]
    assert found["requests"] == pytest.approx(1_000, rel=0.35)  # the weekday's share of the week
    by_kind = {kind: row["requests"] for kind, row in found["placements"].items()}
    assert by_kind["search"] / found["requests"] == pytest.approx(0.75, abs=0.05)
    assert by_kind.get("cart", 0) == by_kind.get("page", 0) == by_kind.get("live", 0) == 0
    assert report["publishers"]["clicks"] == report["publishers"]["commission_minor"] == 0
    by_hour = {row["hour"][11:13]: row["requests"] for row in found["hours"] if row["requests"]}
    assert set(by_hour) == {"09", "20"}
    assert by_hour["20"] == pytest.approx(3 * by_hour["09"], abs=2)


def test_a_quarter_hour_tick_serves_the_same_people(run: Simulate, plain: Report) -> None:
    fine = run(tick_minutes=15, drain_hours=1, plans=PLANS[:2])
    before = plain["treated"]["requests"]  # link visits, which are drawn anew, are not among them
    assert fine["treated"]["requests"] == pytest.approx(before, rel=0.03)
    assert plan_of(fine, "capped")["spend_minor"] <= 4_000
    assert fine["ledger"]["balanced"]
    spend = sum(plan["spend_minor"] for plan in fine["plans"])
    assert spend == fine["ledger"]["posted_minor_by_memo"]["media"]


def test_pricing_and_bidder_are_the_scenario_s(run: Simulate) -> None:
    plans = [{"target_roi": 2.0, "count": 3}]
    spend = {}
    for pricing in ("uplift", "gsp", "first_price"):
        found = run(pricing=pricing, bidder="constant", plans=plans, drain_hours=1)
        spend[pricing] = found["market"]["media_minor"]
        alphas = {row["alpha"] for plan in found["plans"] for row in plan["hours"]}
        assert alphas <= {1.0, None}
    assert 0 < spend["uplift"] < spend["first_price"]
    assert 0 < spend["gsp"] <= spend["first_price"]


def test_a_plan_takes_items_over_from_one_that_has_ended(run: Simulate) -> None:
    items = {"merchant": 0}
    found = run(
        plans=[
            {"name": "first", "items": items, "end_hour": 10},
            {"name": "second", "items": items, "start_hour": 10},
        ],
        drain_hours=1,
    )
    assert max(spending_hours(plan_of(found, "first"))) < 10
    assert min(spending_hours(plan_of(found, "second"))) >= 10
    assert plan_of(found, "first")["items"] == plan_of(found, "second")["items"]


def test_same_seed_same_bytes_in_another_process(
    run: Simulate, settings: Settings, tmp_path: Path
) -> None:
    small = {"requests_per_day": 600, "drain_hours": 2, "plans": PLANS[:2], "control": True}
    here = run(seed=3, **small)
    scenario, out = tmp_path / "s.toml", tmp_path / "out.json"
    scenario.write_text(
        "control = true\nhistory_days = 1\ndays = 1\ndrain_hours = 2\nrequests_per_day = 600\n"
        "[world]\nitems = 400\nmerchants = 8\nshoppers = 600\nseed = 5\n"
        "[publishers]\ncount = 4\nlinks_each = 4\nshare = 0.1\n"
        "[[plans]]\nname = 'open'\ntarget_roi = 2.0\n"
        "[[plans]]\nname = 'capped'\ntarget_roi = 1.0\nbudget = 40.0\n"
    )
    subprocess.run(
        [Path(sys.executable).with_name("adunion"), "simulate", scenario, "--seed", "3",
         "--json", out, "--quiet"],
        check=True, timeout=180, capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "4711", "ADUNION_HOME": str(settings.home)},
    )  # fmt: skip
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    assert out.read_bytes() == orjson.dumps(here, option=options)
    assert run(seed=4, **small) != here
