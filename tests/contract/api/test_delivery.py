"""Delivery in public, a plan's guarantee and funnel, and why a request was answered so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from adunion.decision.waterfall import SUMS, Counted
from adunion.kernel.clock import micros

pytestmark = [pytest.mark.integration, pytest.mark.contract]

HOURS = text(
    "insert into plan_hours (plan_id, hour, placement_kind, spend_micros, gmv_minor, orders)"
    " values (:plan, :hour, 'feed', :spend, :gmv, :orders)"
)


def spent(api: Any, plan_id: str, hours_ago: int, spend: int, gmv: int, orders: int) -> None:
    at = api.clock.now().replace(minute=0) - timedelta(hours=hours_ago)
    row = {"plan": plan_id, "hour": at, "spend": spend * 10_000, "gmv": gmv, "orders": orders}
    with api.services.engine.begin() as conn:
        conn.execute(HOURS, row)
        conn.execute(
            text(
                "insert into plan_spend values (:plan, :spend, 0) on conflict (plan_id) do update"
                " set spend_micros = plan_spend.spend_micros + excluded.spend_micros"
            ),
            row,
        )


def test_anybody_may_read_the_delivery_rate_which_names_nobody(api: Any) -> None:
    mine, other = api.ids["plan_id"], api.others["plan_id"]
    spent(api, mine, 2, 10_000, 40_000, 25)  # target 4: attained 1 today
    spent(api, mine, 30, 10_000, 20_000, 5)  # .5 the day before, .75 over both
    spent(api, other, 2, 30_000, 111_000, 60)  # .925
    answer = api.get(None, "/v1/delivery")
    assert answer.status_code == 200
    assert not any(name in answer.text for name in ("Merchant", "A plan", mine, other))
    shares = {(s["days"], s["band"], s["threshold"]): s for s in answer.json()["shares"]}
    week = shares[7, "all", 0.9]
    assert (week["windows"], week["share_plans"], week["share_spend"]) == (2, 0.5, 0.6)
    assert shares[7, "20-49", 0.8]["windows"] == shares[7, "50-199", 0.8]["windows"] == 1
    assert shares[7, "20-49", 0.8]["share_plans"] == 0.0
    day = shares[1, "all", 1.0]
    assert (day["windows"], day["share_plans"]) == (3, pytest.approx(1 / 3))
    assert shares[1, "50-199", 0.9]["poisson_floor"] == pytest.approx(0.8, abs=0.03)
    days = answer.json()["days"]
    assert [(one["plans"], one["spend"]["amount_minor"]) for one in days] == [
        (1, 10_000),
        (2, 40_000),
    ]
    assert days[1]["attainment"] == pytest.approx(151_000 / 160_000)
    assert answer.json()["guarantee"]["share"] is None


CREDITS = text(
    "insert into credits (order_id, line, item_id, rule, amount_minor, ordered_at, click_at,"
    " exposure, exposure_organic) select 'ord_' || n, 0, 'itm', 'last_click', 100, clicked + late,"
    " clicked, 1, 1 from (select n, cast(:now as timestamptz) - interval '1 hour' * n as clicked,"
    " interval '1 hour' * (case n % 3 when 0 then 1 when 1 then 30 else 80 end)"
    "  + interval '1 second' * n as late"
    " from generate_series(1, 320) n) given where clicked + late < :now"
)


def test_a_young_plans_late_orders_are_counted_in_beside_what_came(api: Any) -> None:
    plan_id = api.ids["plan_id"]
    spent(api, plan_id, 20, 10_000, 14_000, 25)  # target 4: .35, as only a third has come
    with api.services.engine.begin() as conn:
        conn.execute(CREDITS, {"now": api.clock.now().replace(minute=0)})
    found = api.get(None, "/v1/delivery").json()
    assert found["come"] == pytest.approx(1 / 3, abs=0.05)
    shares = {(s["days"], s["threshold"]): s for s in found["shares"] if s["band"] == "all"}
    week = shares[7, 0.9]
    assert (week["share_plans"], week["share_plans_due"]) == (0.0, 1.0)
    [day] = found["days"]
    assert day["attainment"] == pytest.approx(0.35)
    assert day["attainment_due"] == pytest.approx(1.05, abs=0.15)


def test_a_target_counts_as_it_was_when_the_window_ended(api: Any) -> None:
    spent(api, api.ids["plan_id"], 30, 10_000, 40_000, 25)
    api.services.plans.update(api.ids["plan_id"], {"target_roi": 8})
    shares = {
        (s["days"], s["threshold"]): s
        for s in api.get(None, "/v1/delivery").json()["shares"]
        if s["band"] == "all"
    }
    assert shares[1, 1.0]["share_plans"] == 1.0  # 4 of 4, then
    assert shares[7, 0.9]["share_plans"] == 1.0  # the window ended before the edit


def test_credits_show_their_arithmetic_before_and_after_they_are_final(api: Any) -> None:
    plan_id = api.ids["plan_id"]
    spent(api, plan_id, 0, 10_000, 0, 0)
    [day] = api.get("merchant", f"/v1/plans/{plan_id}/credits").json()
    assert day["status"] == "open"
    assert day["outcome"] == "few_orders"
    assert day["final_at"] == "2026-11-10T00:00:00Z"
    assert day["spend"] == {"amount_minor": 10_000, "currency": "CNY"}
    assert (day["orders"], day["gmv"]["amount_minor"], day["target_roi"]) == (0, 0, 4.0)


def test_a_funnel_counts_and_names_no_rival(api: Any) -> None:
    plan_id = api.ids["plan_id"]
    sums = dict.fromkeys(SUMS, 0) | {
        "requests": 100, "in_time": 90, "funded": 85, "retrieved": 40, "bidding": 30,
        "lost_organic": 15, "lost_plan": 5, "shown": 10, "moved": 9, "gap_150": 20,
        "gap_micros": 20 * 7_000,
    }  # fmt: skip
    row = np.array([[sums[name] for name in SUMS]])
    hour = micros(api.clock.now()) // 3_600_000_000 - 1
    with api.services.engine.begin() as conn:
        for kind in ("search", "feed"):
            api.services.insight.add_funnels(conn, Counted([plan_id], [hour], [kind], row))
            api.services.insight.add_funnels(conn, Counted([plan_id], [hour], [kind], row))
    answer = api.get("merchant", f"/v1/plans/{plan_id}/funnel").json()
    whole = answer["whole"]
    assert (whole["requests"], whole["bidding"], whole["shown"]) == (400, 120, 40)
    assert whole["lost"] == {"organic": 60, "plan": 20, "own": 0, "cap": 0, "load": 0}
    assert whole["gap"]["p50"] == pytest.approx(1.375)
    assert whole["gap"]["score"] == {"amount_minor": 700, "currency": "CNY"}  # 7 yuan a thousand
    assert [one["placement_kind"] for one in answer["kinds"]] == ["feed", "search"]
    assert (answer["obstacle"], answer["steps"]) == ("no_clicks", [])


def test_the_operator_sees_every_part_and_a_merchant_its_own(api: Any) -> None:
    path = f"/v1/decisions/{api.ids['request_id']}"
    own, rival = api.get("operator", path).json()["candidates"]
    assert own["item_id"] == api.ids["item_id"]
    assert (own["slot"], own["reason"], own["parts"]["bid_micros"]) == (0, "moved", 2_000)
    assert own["parts"]["sale_micros"] + own["parts"]["experience_micros"] == 7_000
    assert rival["item_id"] == api.others["item_id"]
    assert rival["parts"]["score_micros"] == 8_000
    own, rival = api.get("merchant", path).json()["candidates"]
    assert own["parts"]["price_micros"] == 1_500
    assert rival == {
        "slot": 1, "reason": "organic", "item_id": None, "title": None, "merchant_id": None,
        "plan_id": None, "parts": None,
    }  # fmt: skip


def test_a_decision_that_was_not_kept_says_so(api: Any) -> None:
    answer = api.get("operator", f"/v1/decisions/{api.services.ids('req')}")
    assert answer.status_code == 404
    assert "explain: true" in answer.json()["hint"]
