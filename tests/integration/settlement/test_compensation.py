"""The guarantee in the books: once for a plan's day, in any order, through any crash."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adunion.campaigns import PlanDraft, Plans
from adunion.catalog import Catalog
from adunion.catalog.types import ItemRecord
from adunion.insight import repository as insight
from adunion.kernel.clock import sleep
from adunion.ledger import Ledger, merchant_wallet
from adunion.settlement import compensate, days_of_plan, settle
from adunion.settlement.guarantee import final_at, final_before

pytestmark = pytest.mark.integration
DAY = date(2026, 11, 3)
_orders = count()

SPEND = text(
    "insert into plan_hours (plan_id, hour, placement_kind, spend_micros)"
    " values (:plan, :at, 'feed', :micros)"
    " on conflict (plan_id, hour, placement_kind)"
    " do update set spend_micros = plan_hours.spend_micros + excluded.spend_micros"
)
BILL = text(
    "insert into plan_spend values (:plan, :micros, 0) on conflict (plan_id)"
    " do update set spend_micros = plan_spend.spend_micros + excluded.spend_micros"
)
SELL = text(
    "insert into credits (order_id, line, item_id, plan_id, rule, amount_minor, ordered_at,"
    " click_at, exposure, exposure_organic)"
    " values (:order, 1, 'itm', :plan, 'last_click', :minor, :ordered, :clicked, 1, 0)"
)


@pytest.fixture
def market(engine, clock, ids):
    item = ItemRecord("m1", "i1", "Milk", 1_000, "CNY")
    Catalog(engine, clock, ids).upsert_items([item])
    return engine, Ledger(ids, clock), Plans(engine, clock, ids), clock


def a_plan(market) -> str:
    engine, _, plans, _ = market
    with engine.connect() as conn:
        merchant, item = conn.exec_driver_sql("select merchant_id, id from items").one()
    return plans.create(PlanDraft(merchant_id=merchant, target_roi=4, item_ids=(item,))).id


def spend(conn, plan: str, at: datetime, minor: int) -> None:
    told = {"plan": plan, "at": at.replace(minute=0), "micros": minor * 10_000}
    conn.execute(SPEND, told)
    conn.execute(BILL, told)


def sell(conn, plan: str, clicked: datetime, minor: int, after: timedelta) -> None:
    told = {"plan": plan, "order": f"ord_{next(_orders)}", "minor": minor}
    conn.execute(SELL, told | {"ordered": clicked + after, "clicked": clicked})


def run(market, now: datetime):
    engine, ledger, _, _ = market
    with engine.begin() as conn:
        return compensate(conn, ledger, insight.billed_days(conn, final_before(now)), now)


def noon(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)


def a_short_day(market, plan: str, day: date = DAY, orders: int = 25) -> None:
    """1,000.00 spent, 25 orders of 40.00 each: 1,000 / 3.6 = 277.77 justified."""
    with market[0].begin() as conn:
        spend(conn, plan, noon(day), 100_000)
        for _ in range(orders):
            sell(conn, plan, noon(day), 4_000, timedelta(days=6))


def test_a_short_day_is_paid_once_and_only_when_it_is_final(market):
    engine, ledger, plans, _ = market
    plan = a_plan(market)
    a_short_day(market, plan)
    a_short_day(market, plan, DAY + timedelta(days=1), orders=20)
    assert run(market, final_at(DAY) - timedelta(seconds=1)) == []
    [first] = run(market, final_at(DAY))
    assert (first.spend_minor, first.gmv_minor, first.orders) == (100_000, 100_000, 25)
    assert first.credit_minor == 100_000 - 27_777
    assert run(market, final_at(DAY)) == []
    [few] = run(market, final_at(DAY + timedelta(days=1)))
    assert (few.outcome, few.credit_minor) == ("few_orders", 0)
    merchant = merchant_wallet(plans.get(plan).merchant_id)
    with engine.connect() as conn:
        assert ledger.balance(conn, merchant, "CNY").posted_minor == 72_223
        assert ledger.balance(conn, "platform:guarantee", "CNY").posted_minor == -72_223
        assert ledger.check(conn).ok
        days = days_of_plan(conn, plan, insight.billed_days(conn, date(2027, 1, 1), plan_id=plan))
    assert [(d.day, d.outcome, d.judged_at is not None) for d in days] == [
        (DAY + timedelta(days=1), "few_orders", True),
        (DAY, "credited", True),
    ]


def test_what_may_yet_change_is_shown_but_not_paid(market):
    engine, ledger, _, _ = market
    plan = a_plan(market)
    a_short_day(market, plan)
    with engine.connect() as conn:
        [day] = days_of_plan(conn, plan, insight.billed_days(conn, date(2027, 1, 1), plan_id=plan))
        assert ledger.balances(conn, "platform:guarantee") == []
    assert (day.credit_minor, day.judged_at) == (72_223, None)


def test_an_edit_of_the_target_or_a_pause_takes_that_day_out(market):
    _, _, plans, clock = market
    clock.set(noon(DAY))
    edited, paused, renamed = (a_plan_of_its_own(market, n) for n in range(3))
    plans.update(edited, {"target_roi": "3.9"})
    plans.pause(paused)
    plans.update(renamed, {"name": "another", "budget_minor": 900_000})
    for plan in (edited, paused, renamed):
        a_short_day(market, plan)
    judged = {one.plan_id: one.outcome for one in run(market, final_at(DAY))}
    assert judged == {edited: "edited", paused: "edited", renamed: "credited"}


def a_plan_of_its_own(market, number: int) -> str:
    engine, _, plans, clock = market
    Catalog(engine, clock, plans._ids).upsert_items(
        [ItemRecord("m1", f"own{number}", "Milk", 1_000, "CNY")]
    )
    with engine.connect() as conn:
        found = conn.execute(
            text("select merchant_id, id from items where external_id = :id"),
            {"id": f"own{number}"},
        ).one()
    return plans.create(PlanDraft(merchant_id=found[0], target_roi=4, item_ids=(found[1],))).id


def test_what_was_shown_over_the_budget_was_not_billed_and_is_not_credited(market):
    engine, _, _, _ = market
    plan = a_plan(market)
    a_short_day(market, plan)
    with engine.begin() as conn:
        conn.execute(text("update plan_spend set spend_micros = 300000000, over_micros = 1"))
    [day] = run(market, final_at(DAY))
    assert (day.spend_minor, day.credit_minor) == (30_000, 30_000 - 27_777)


def test_the_credit_is_a_line_of_the_next_statement(market, tmp_path):
    engine, _, plans, clock = market
    plan = a_plan(market)
    a_short_day(market, plan)
    clock.set(final_at(DAY))
    with engine.connect() as conn:
        spends = insight.billed_days(conn, final_before(clock.now()))
    report = settle(engine, clock, plans._ids, clock.now(), tmp_path, spends=spends)
    assert [one.credit_minor for one in report.guaranteed] == [72_223]
    clock.advance(timedelta(hours=1))
    report = settle(engine, clock, plans._ids, clock.now(), tmp_path, spends=spends)
    assert report.guaranteed == []
    [statement] = [s for s in report.statements if s.role == "merchant"]
    assert statement.by_kind() == [("guarantee", 1, 72_223)]


Happening = st.tuples(st.sampled_from(("spend", "sell", "run")), st.integers(0, 3))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data(), st.lists(Happening, max_size=12), st.integers(0, 30), st.integers(0, 30_000))
def test_any_order_of_events_and_any_runs_give_the_same_credit(market, data, more, orders, worth):
    """Events of four days in any order, with runs between them that are too early or repeated."""
    engine, ledger, _, _ = market
    with engine.connect() as conn:
        conn.execute(text("update plan_items set active = false"))
        conn.commit()
    plan, day = a_plan(market), timedelta(days=1)
    happened = data.draw(st.permutations([*more, ("spend", 0), *[("sell", 0)] * orders]))
    for what, number in happened:
        at = noon(DAY + number * day)
        if what == "run":
            run(market, final_at(DAY) - timedelta(hours=1 + number))
        else:
            with engine.begin() as conn:
                if what == "spend":
                    spend(conn, plan, at, 90_000)
                else:
                    sell(conn, plan, at, worth, number * day)
    for number in (0, 3, 3, 1):
        run(market, final_at(DAY + number * day))
    paid = 0
    for number in range(4):
        spent = 90_000 * happened.count(("spend", number))
        sold = happened.count(("sell", number))
        if sold > 20:
            paid += max(spent - sold * worth * 10 // 36, 0)
    with engine.connect() as conn:
        credited = conn.execute(
            text("select coalesce(sum(amount_minor), 0) from transfers where reference = :id"),
            {"id": plan},
        ).scalar_one()
        assert ledger.check(conn).ok
    assert credited == paid


WORKER = """
import sys
from datetime import datetime
from sqlalchemy import create_engine
from adunion.insight import repository
from adunion.kernel.clock import SystemClock
from adunion.kernel.ids import IdFactory
from adunion.ledger import Ledger
from adunion.settlement import compensate
from adunion.settlement.guarantee import final_before
engine, now = create_engine(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
sys.stdout.write("ready\\n"); sys.stdout.flush()
while True:
    with engine.begin() as conn:
        spends = repository.billed_days(conn, final_before(now))[:1]
        if not spends:
            break
        compensate(conn, Ledger(IdFactory(), SystemClock()), spends, now)
"""


def test_killed_while_it_pays_every_day_is_paid_once(market):
    """Two payers at a time, the first of each pair killed with -9 on its way."""
    engine, ledger, _, _ = market
    plan = a_plan(market)
    days = [DAY + timedelta(days=n) for n in range(60)]
    for day in days:
        a_short_day(market, plan, day, orders=21)
    now = final_at(days[-1]).isoformat()
    started = [sys.executable, "-c", WORKER, engine.url.render_as_string(False), now]
    for attempt in range(4):
        pair = [subprocess.Popen(started, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        with pair[0] as first, pair[1] as second:
            first.stdout.readline()
            sleep(0.03 * (attempt + 1))
            first.kill()
            if attempt < 3:
                second.kill()
            else:
                second.wait()
        with engine.connect() as conn:
            assert ledger.check(conn).ok
            kept, paid = conn.execute(
                text(
                    "select (select count(*) from plan_guarantees),"
                    " (select count(*) from transfers where memo = 'guarantee')"
                )
            ).one()
        assert kept == paid
    assert paid == len(days)
    with engine.connect() as conn:
        balance = ledger.balance(conn, "platform:guarantee", "CNY")
    assert balance.posted_minor == -len(days) * (100_000 - 21 * 4_000 * 10 // 36)
