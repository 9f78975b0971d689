"""Every goal through the wizard, a boost and a shared budget on the merchant's pages."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from adunion.campaigns import PlanDraft

from .conftest import Site

pytestmark = pytest.mark.integration
GOALS = [
    ({"goal": "target_roi", "target": "4"}, {}),
    ({"goal": "net_roi", "target": "3"}, {}),
    ({"goal": "volume", "target": ""}, {"budget": "500"}),
    ({"goal": "cost_per_order", "cost": "12", "target": "4"}, {}),
    ({"goal": "new_customers", "target": "4", "new": "30"}, {}),
    ({"goal": "target_roi", "target": "4", "share": "40"}, {}),
]


@pytest.mark.parametrize(("asked", "limits"), GOALS)
def test_every_goal_makes_its_plan(
    site: Site, asked: dict[str, str], limits: dict[str, str]
) -> None:
    browser = site.client("merchant")
    begun = browser.get("/merchant/promote").headers["location"]
    browser.post(begun, data={"do": "toggle", "item": site.items[0]})
    step = begun.replace("/items", "/target")
    page = browser.get(step + "?lang=en").text
    assert all(name in page for name in ("A return", "Win new customers", "A cost per order"))
    went = browser.post(step, data=asked)
    assert (went.status_code, went.headers["location"]) == (303, begun.replace("items", "time"))
    assert browser.get(step).status_code == 200  # with the forecast of the goal
    if limits:
        end = site.faces.clock.now() + timedelta(days=2)
        limits = {**limits, "end": end.strftime("%Y-%m-%dT%H:%M")}
        bare = browser.post(begun.replace("items", "time") + "?lang=en", data={})
        assert bare.status_code == 422
        assert "budget" in bare.text
    made = browser.post(begun.replace("items", "time"), data=limits)
    assert made.status_code == 303
    plan_id = made.headers["location"].split("/")[3].split("?")[0]
    plan = site.faces.plans.get(plan_id)
    assert plan.goal == asked["goal"]
    least = Decimal(asked["share"]) / 100 if "share" in asked else None
    assert plan.min_new_share == least
    told = browser.get(f"/merchant/plans/{plan_id}?lang=en").text
    assert ("Too few orders yet to tell the share of new customers" in told) == bool(least)
    site.faces.plans.end(plan_id)


def test_the_last_step_shows_the_forecast_of_what_was_typed_and_makes_nothing(site: Site) -> None:
    browser = site.client("merchant")
    begun = browser.get("/merchant/promote").headers["location"]
    browser.post(begun, data={"do": "toggle", "item": site.items[0]})
    browser.post(begun.replace("/items", "/target"), data={"goal": "target_roi", "target": "4"})
    step = begun.replace("/items", "/time") + "?lang=en"
    end = (site.faces.clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    before = site.faces.plans.list(site.merchant)
    shown = browser.post(step, data={"budget": "500", "end": end, "look": "1"})
    assert shown.status_code == 200
    assert "Predicted by budget, over 3 days" in shown.text
    assert f'value="{end}"' in shown.text
    assert site.faces.plans.list(site.merchant) == before
    wrong = browser.post(step, data={"budget": "0", "look": "1"})
    assert wrong.status_code == 422


@pytest.mark.parametrize(
    "bad",
    [
        {"goal": "target_roi", "target": "0"},
        {"goal": "target_roi", "target": "-1"},
        {"goal": "target_roi", "target": "NaN"},
        {"goal": "net_roi", "target": "10000"},
        {"goal": "cost_per_order", "cost": "0"},
        {"goal": "cost_per_order"},
        {"goal": "new_customers", "target": "4", "new": "-3"},
        {"goal": "new_customers", "target": "4"},
        {"goal": "target_roi", "target": "4", "share": "100"},
    ],
)
def test_a_bad_goal_is_said_on_the_same_step(site: Site, bad: dict[str, str]) -> None:
    browser = site.client("merchant")
    begun = browser.get("/merchant/promote").headers["location"]
    browser.post(begun, data={"do": "toggle", "item": site.items[0]})
    answer = browser.post(begun.replace("/items", "/target") + "?lang=en", data=bad)
    assert answer.status_code == 422
    assert '<form class="stack" method="post" data-curve' in answer.text
    assert 'class="notice bad"' in answer.text


def test_a_boost_and_a_shared_budget_on_the_pages(site: Site) -> None:
    browser = site.client("merchant")
    plan = site.faces.plans.create(PlanDraft(site.merchant, 4, (site.items[0],)))
    path = f"/merchant/plans/{plan.id}"
    wrong = browser.post(f"{path}/boost?lang=en", data={"budget": "0"})
    assert wrong.status_code == 422
    assert browser.post(f"{path}/boost", data={"budget": "300", "hours": "6"}).status_code == 303
    (boost,) = site.faces.boosts.list(plan.id)
    assert "not part of the return guarantee" in browser.get(f"{path}?lang=en").text
    assert browser.post(f"{path}/boosts/{boost.id}/cancel").status_code == 303
    assert site.faces.boosts.get(plan.id, boost.id).status == "ended"
    other = site.client("merchant2")
    assert other.post(f"{path}/boost", data={"budget": "300"}).status_code == 404
    assert browser.post("/merchant/budgets", data={"name": "x", "amount": "0"}).status_code == 422
    browser.post("/merchant/budgets", data={"name": "Both", "amount": "50", "period": "total"})
    (shared,) = site.faces.shared_budgets.list(site.merchant)
    browser.post(f"{path}/edit", data={"name": "P", "target": "4", "shared": shared.id})
    assert site.faces.plans.get(plan.id).shared_budget_id == shared.id
    assert other.post(f"/merchant/budgets/{shared.id}", data={"amount": "9"}).status_code == 404
    site.faces.plans.end(plan.id)
