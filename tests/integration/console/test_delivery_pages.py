"""The delivery rate in public, why a plan delivers as it does, and why a request went so."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import text

from adunion.campaigns import PlanDraft
from adunion.decision.waterfall import SUMS, Counted
from adunion.kernel.clock import micros

from .conftest import Site

pytestmark = pytest.mark.integration


def a_plan(site: Site) -> str:
    draft = PlanDraft(site.merchant, 4, tuple(site.items[:20]), name="Secret plan")
    return site.faces.plans.create(draft).id


def spent(site: Site, plan_id: str, spend: int, gmv: int, orders: int) -> None:
    hour = site.faces.clock.now() - timedelta(hours=2)
    row = {"plan": plan_id, "at": hour, "spend": spend * 10_000, "gmv": gmv, "orders": orders}
    with site.faces.engine.begin() as conn:
        conn.execute(
            text(
                "insert into plan_hours (plan_id, hour, placement_kind, spend_micros, gmv_minor,"
                " orders) values (:plan, :at, 'feed', :spend, :gmv, :orders)"
            ),
            row,
        )
        conn.execute(text("insert into plan_spend values (:plan, :spend, 0)"), row)


def test_anybody_reads_the_delivery_rate_and_nobody_is_named(site: Site) -> None:
    page = site.client().get("/delivery")
    assert "no plan has spent yet" in page.text
    spent(site, a_plan(site), 10_000, 37_000, 30)
    page = site.client().get("/delivery")
    assert page.status_code == 200
    assert "of 1, at least 90% of the target" in page.text
    assert "Secret plan" not in page.text
    assert site.merchant not in page.text
    table = site.client().get("/delivery?csv=week").text.splitlines()
    assert table[2].startswith("20–49,1,0.0,0.0,")


def test_a_plans_page_says_why_and_shows_the_guarantees_arithmetic(site: Site) -> None:
    plan_id = a_plan(site)
    spent(site, plan_id, 10_000, 0, 0)
    sums = dict.fromkeys(SUMS, 0) | {
        "requests": 500, "in_time": 500, "funded": 500, "retrieved": 400, "bidding": 400,
        "lost_plan": 360, "shown": 40, "moved": 40, "gap_300": 360,
    }  # fmt: skip
    hour = micros(site.faces.clock.now()) // 3_600_000_000 - 1
    row = np.array([[sums[name] for name in SUMS]])
    with site.faces.engine.begin() as conn:
        site.faces.insight.add_funnels(conn, Counted([plan_id], [hour], ["search"], row))
    page = site.client("merchant").get(f"/merchant/plans/{plan_id}").text
    assert "It bids, and others are worth more in most requests." in page
    assert "another merchant&#39;s plan" in page
    assert "A bid 2.50 times as high would have won half of those" in page
    days = site.client("merchant").get(f"/merchant/plans/{plan_id}?csv=guarantee").text
    assert "100.00,0,0.00,4.0,0.00,0.00,20 orders or fewer,open until" in days


def test_a_merchant_sees_its_own_candidates_and_of_rivals_the_slot(site: Site) -> None:
    body = {"placement": "feed", "slots": 8, "explain": True}
    request_id = site.faces.decide_one(body)["request"]
    whole = site.client("operator").get(f"/operator/decisions/{request_id}").text
    own = site.client("merchant").get(f"/merchant/decisions/{request_id}").text
    rival = site.client("merchant2").get(f"/merchant/decisions/{request_id}").text
    assert whole.count("an item of another merchant") == 0
    assert "Milk &lt;b&gt;m1&lt;/b&gt;" in whole
    assert "Milk &lt;b&gt;m2&lt;/b&gt;" in whole
    for page, mine, other in ((own, "m1", "m2"), (rival, "m2", "m1")):
        assert f"Milk &lt;b&gt;{mine}&lt;/b&gt;" in page
        assert f"Milk &lt;b&gt;{other}&lt;/b&gt;" not in page
        assert "an item of another merchant" in page
    assert request_id in site.client("operator").get("/operator/decisions").text
    found = site.client("operator").get(f"/operator/decisions?request={request_id}")
    assert found.headers["location"] == f"/operator/decisions/{request_id}"


@pytest.mark.parametrize("role", ["operator", "merchant"])
def test_a_request_that_was_not_kept_is_said_to_be_so(site: Site, role: str) -> None:
    for unknown in (site.faces.ids("req"), "nonsense"):
        page = site.client(role).get(f"/{role}/decisions/{unknown}")
        assert page.status_code == 404
