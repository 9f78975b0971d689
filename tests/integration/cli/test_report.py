"""Reports and settlements on the command line: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from adunion.campaigns import PlanDraft, Plans
from adunion.catalog import Catalog
from adunion.catalog.types import ItemRecord
from adunion.cli import app
from adunion.cli.report import LOST
from adunion.decision.seen import HourlyLandscape
from adunion.decision.waterfall import SUMS, Counted
from adunion.engines.eventlog import EventLog
from adunion.insight import Insight
from adunion.insight.funnel import LOSSES
from adunion.kernel.clock import SystemClock, micros
from adunion.kernel.ids import IdFactory
from adunion.tracking import EVENT_SCHEMA, EventType, Tracker
from adunion.tracking.types import events

pytestmark = pytest.mark.integration
Run = Callable[..., Result]


@pytest.fixture
def run(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ADUNION_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ADUNION_HOME", str(tmp_path))
    monkeypatch.setenv("ADUNION_CURRENCY", "CNY")
    return lambda *words: CliRunner().invoke(app, list(words))


@pytest.fixture
def plan_id(engine: Engine) -> str:
    """A plan that spent 1,000.00 and sold for 3,700.00 with 25 orders; target 4."""
    clock, ids = SystemClock(), IdFactory()
    Catalog(engine, clock, ids).upsert_items([ItemRecord("m1", "i1", "Milk", 1_000, "CNY")])
    with engine.connect() as conn:
        merchant, item = conn.exec_driver_sql("select merchant_id, id from items").one()
    found = Plans(engine, clock, ids).create(PlanDraft(merchant, 4, (item,))).id
    spend(engine, found, clock.now() - timedelta(hours=2))
    return found


def spend(engine: Engine, plan_id: str, at: datetime) -> None:
    told = {"plan": plan_id, "at": at.replace(minute=0, second=0, microsecond=0)}
    with engine.begin() as conn:
        conn.execute(
            text(
                "insert into plan_hours (plan_id, hour, placement_kind, spend_micros, gmv_minor,"
                " orders) values (:plan, :at, 'feed', 1000000000, 370000, 25)"
            ),
            told,
        )
        conn.execute(
            text(
                "insert into plan_spend values (:plan, 1000000000, 0) on conflict (plan_id)"
                " do update set spend_micros = plan_spend.spend_micros + 1000000000"
            ),
            told,
        )


def test_the_delivery_rate_is_told_to_people_and_programs(run: Run, plan_id: str) -> None:
    said = run("report", "delivery")
    assert said.exit_code == 0
    assert "20-49" in said.stdout
    assert plan_id not in said.stdout
    found = json.loads(run("report", "delivery", "--json").stdout)
    shares = {(s["days"], s["band"], s["threshold"]): s for s in found["shares"]}
    assert shares[7, "20-49", 0.9]["share_plans"] == 1.0
    assert shares[7, "20-49", 1.0]["share_spend"] == 0.0


def test_an_empty_market_has_an_empty_report(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ADUNION_CURRENCY")
    said = run("report", "delivery")
    assert said.exit_code == 0
    assert "no plan has spent" in said.stdout
    assert "attainment: (GMV / spend) / target" in said.stdout
    assert not (tmp_path / "currency").exists()  # a report settles nothing


def test_a_plan_of_minutes_ago_has_not_run_long_enough(
    run: Run, engine: Engine, plan_id: str
) -> None:
    with engine.begin() as conn:
        conn.execute(
            text(
                "insert into market_hours (hour, placement_kind, requests) values"
                " (date_trunc('hour', now()) - interval '5 hours', 'feed', 29640)"
            )
        )
    assert "not run long enough" in run("report", "plan", plan_id).stdout


def test_a_plan_is_told_why_and_what_the_next_step_costs(
    run: Run, engine: Engine, plan_id: str
) -> None:
    insight, now = Insight(engine, "CNY"), SystemClock().now()
    hour = micros(now) // 3_600_000_000
    sums = dict.fromkeys(SUMS, 0) | {
        "requests": 500, "in_time": 500, "funded": 500, "retrieved": 400, "bidding": 400,
        "lost_plan": 340, "lost_load": 20, "shown": 40, "moved": 40, "gap_300": 360,
    }  # fmt: skip
    grid = np.geomspace(0.02, 20, 20)
    curves = np.stack([10 * grid, 100 * grid**0.5, grid**0.5])
    seen = {(plan_id, hour - n): HourlyLandscape(100.0, 1.0, curves) for n in range(1, 25)}
    with engine.begin() as conn:
        row = np.array([[sums[name] for name in SUMS]])
        insight.add_funnels(conn, Counted([plan_id], [hour - 1], ["search"], row))
        insight.add_landscapes(conn, seen, {}, now)
    said = run("report", "plan", plan_id)
    assert said.exit_code == 0
    assert "lost to another merchant's plan: 340 (94.4%)" in said.stdout
    assert "lost to the limit of sponsored places on a page: 20 (5.6%)" in said.stdout
    assert "at target 3.5 instead of 4: GMV +1" in said.stdout
    found = json.loads(run("report", "plan", plan_id, "--json").stdout)
    assert (found["obstacle"], found["whole"]["lost"]["plan"]) == ("outbid", 340)
    assert len(found["steps"]) == 4


def test_every_loss_has_words() -> None:
    assert set(LOST) == set(LOSSES)


def test_a_plan_that_is_not_there_is_said_to_be_so(run: Run, plan_id: str) -> None:
    result = run("report", "plan", plan_id[:-1] + ("1" if plan_id.endswith("0") else "0"))
    assert result.exit_code == 1


def test_settling_pays_the_guarantee_but_not_while_events_wait(
    run: Run, engine: Engine, plan_id: str, tmp_path: Path
) -> None:
    day = (SystemClock().now() - timedelta(days=20)).replace(hour=12, tzinfo=UTC)
    spend(engine, plan_id, day)
    with engine.begin() as conn:
        for number in range(25):
            conn.execute(
                text(
                    "insert into credits (order_id, line, item_id, plan_id, rule, amount_minor,"
                    " ordered_at, click_at, exposure, exposure_organic)"
                    " values (:order, 1, 'itm', :plan, 'last_click', 4000, :at, :at, 1, 0)"
                ),
                {"order": f"ord_{number}", "plan": plan_id, "at": day},
            )
    log = EventLog(tmp_path / "events", EVENT_SCHEMA)
    at = np.array([micros(SystemClock().now())])
    Tracker(log, SystemClock()).accept(events(1, type=EventType.REQUEST, at_us=at))
    log.close()
    until, to = SystemClock().now().isoformat(), str(tmp_path / "out")
    waits = run("settle", "--until", until, "--to", to)
    assert waits.exit_code == 1
    with engine.begin() as conn:
        conn.execute(text("update consumed set position = 1"))
    settled = json.loads(run("settle", "--until", until, "--to", to, "--json").stdout)
    assert [one["credit_minor"] for one in settled["guaranteed"]] == [100_000 - 27_777]
    again = json.loads(run("settle", "--until", until, "--to", to, "--json").stdout)
    assert again["guaranteed"] == []
