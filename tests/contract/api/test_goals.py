"""Goals, boosts and shared budgets over the API: what they need, and what is refused."""

from __future__ import annotations

from json import dumps
from typing import Any

import pytest

from adunion.campaigns import checks
from adunion.kernel.errors import AdUnionError

pytestmark = pytest.mark.integration
MONEY = {"amount_minor": 900, "currency": "CNY"}
FREE = {"selector": {"text": "diapers 1"}}


def test_a_plan_for_new_customers_and_one_in_a_shared_budget(api: Any) -> None:
    budget = api.ids["budget_id"]
    wanted = {**FREE, "goal": "new_customers", "target_roi": 4, "new_customer": MONEY}
    plan = api.post("merchant", "/v1/plans", {**wanted, "shared_budget_id": budget}).json()
    assert (plan["goal"], plan["new_customer"], plan["shared_budget_id"]) == (
        "new_customers", MONEY, budget,
    )  # fmt: skip
    shared = api.get("merchant", f"/v1/shared-budgets/{budget}").json()
    assert shared["plan_ids"] == [plan["id"]]
    path = f"/v1/plans/{plan['id']}"
    left = api.send("merchant", "PATCH", path, json={"shared_budget_id": None}).json()
    assert left["shared_budget_id"] is None
    dearer = {"new_customer": {**MONEY, "amount_minor": 5_000}}
    assert api.send("merchant", "PATCH", path, json=dearer).json()["stage"] == "adjusting"


def test_a_boost_is_made_once_and_cancelled_for_good(api: Any) -> None:
    path = f"/v1/plans/{api.ids['plan_id']}/boosts"
    body = {"budget": MONEY, "end_at": "2026-11-01T12:00:00Z", "factor": 2, "regions": ["CN-31"]}
    first, again = (api.post("merchant", path, body, key="push") for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    made = first.json()
    assert (made["factor"], made["floor_roi"], made["regions"]) == (2, 1, ["CN-31"])
    assert "guarantee" in made["guarantee"]
    assert made["warning"].startswith("No order names CN-31: ")
    assert len(api.get("merchant", path).json()) == 2
    for _ in range(2):
        gone = api.post("merchant", f"{path}/{made['id']}/cancel")
        assert (gone.status_code, gone.json()["status"]) == (200, "ended")
    assert api.post("other", path, body).status_code in (401, 404)


def test_a_least_share_of_new_customers_goes_with_any_goal(api: Any) -> None:
    wanted = {**FREE, "goal": "new_customers", "target_roi": 4, "new_customer": MONEY}
    plan = api.post("merchant", "/v1/plans", {**wanted, "min_new_share": 0.4}).json()
    assert (plan["min_new_share"], plan["handicap"]) == (0.4, 0)
    path = f"/v1/plans/{plan['id']}"
    more = api.send("merchant", "PATCH", path, json={"min_new_share": 0.7}).json()
    assert (more["min_new_share"], more["stage"]) == (0.7, "adjusting")
    figures = api.get("merchant", f"/v1/reports/plans/{plan['id']}").json()["plan"]
    assert (figures["min_new_share"], figures["new_share_status"]) == (0.7, "too_few_orders")
    assert figures["figures"]["new_share"] is None
    none = api.send("merchant", "PATCH", path, json={"min_new_share": None}).json()
    assert none["min_new_share"] is None


BAD_PLANS = [
    *(
        ({"target_roi": 4, "min_new_share": share}, "min_new_share")
        for share in (0, 1, -0.2, 40, "NaN", "abc", [], True, 0.0001)
    ),
    ({"target_roi": 0}, "target_roi"),
    ({"target_roi": -4}, "target_roi"),
    ({"target_roi": "NaN"}, "target_roi"),
    ({"target_roi": 10_000}, "target_roi"),
    ({}, "target_roi"),
    ({"target_roi": 4, "budget": {"amount_minor": 1, "currency": "CNY"}}, "budget"),
    ({"target_roi": 4, "budget": {"amount_minor": -5, "currency": "CNY"}}, "budget.amount_minor"),
    ({"target_roi": 4, "budget": {"amount_minor": 500, "currency": "USD"}}, "budget.currency"),
    ({"target_roi": 4, "end_at": "2026-10-01T00:00:00Z"}, "end_at"),
    (
        {"target_roi": 4, "start_at": "2026-11-05T00:00:00Z", "end_at": "2026-11-04T00:00:00Z"},
        "end_at",
    ),
    ({"target_roi": 4, "goal": "sales"}, "goal"),
    ({"goal": "cost_per_order"}, "target_cost"),
    ({"goal": "new_customers", "target_roi": 4}, "new_customer"),
    ({"goal": "target_roi", "target_roi": 4, "new_customer": MONEY}, "new_customer"),
    ({"goal": "volume"}, "budget"),
    ({"target_roi": 4, "shared_budget_id": "bud_" + "0" * 26}, "shared_budget_id"),
]


@pytest.mark.parametrize(("changes", "field"), BAD_PLANS)
def test_a_bad_plan_names_the_field_and_what_to_do(
    api: Any, changes: dict[str, Any], field: str
) -> None:
    answer = api.post("merchant", "/v1/plans", {**FREE, **changes})
    problem = answer.json()
    assert answer.status_code == 422, problem
    assert problem["field"] == field, problem
    assert problem.get("hint") or problem["detail"]
    assert len(api.get("merchant", "/v1/plans").json()["data"]) == 1


def test_a_forecast_refuses_what_a_launch_does(api: Any) -> None:
    end = {"end_at": "2026-11-09T00:00:00Z"}
    for more, field in (({"budgets": [MONEY]}, "end_at"), (end, "budget")):
        budget = {"budget": MONEY} if "budgets" in more else {}
        plan = {**FREE, "goal": "volume", **budget, **(end if more is end else {})}
        asked = api.post("merchant", "/v1/forecasts", {**FREE, "goal": "volume", **more})
        launched = api.post("merchant", "/v1/plans", plan)
        assert (asked.status_code, asked.json()["field"]) == (422, field)
        assert asked.json() == launched.json()


def test_amounts_out_of_all_proportion_are_refused(api: Any) -> None:
    vast = {"amount_minor": 10**15, "currency": "CNY"}
    for goal, field in (
        ({"goal": "new_customers", "target_roi": 4}, "new_customer"),
        ({"goal": "cost_per_order"}, "target_cost"),
        ({"target_roi": 4}, "budget"),
    ):
        told = api.post("merchant", "/v1/plans", {**FREE, **goal, field: vast}).json()
        assert (told["status"], told["field"]) == (422, field)
        assert "at most" in told["hint"] + told["detail"]


@pytest.mark.parametrize("target", [0, -3, 10_000, float("nan"), "NaN", 4.00001])
def test_a_bad_target_is_told_in_the_words_of_the_command(api: Any, target: Any) -> None:
    with pytest.raises(AdUnionError) as wrong:
        checks.target_roi(target)
    for path, body, field in (
        ("/v1/plans", {"target_roi": target}, "target_roi"),
        ("/v1/forecasts", {"targets": [4, target]}, "targets.1"),
        (f"/v1/plans/{api.ids['plan_id']}/boosts", {"floor_roi": target}, "floor_roi"),
    ):
        more = FREE if field != "floor_roi" else {"budget": MONEY, "end_at": "2026-11-01T12:00:00Z"}
        answer = api.send(
            "merchant", "POST", path, content=dumps({**more, **body}),
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        told = answer.json()
        assert (answer.status_code, told["field"]) == (422, field), told
        assert (told["detail"], told["hint"]) == (wrong.value.message, wrong.value.hint)
    both = api.post("merchant", "/v1/plans", {**FREE, "target_roi": 0, "min_new_share": 2}).json()
    assert [error["pointer"] for error in both["errors"]] == ["/target_roi", "/min_new_share"]


def test_an_id_of_another_form_is_an_id_that_does_not_exist(api: Any) -> None:
    absent = api.get("merchant", "/v1/plans/nope")
    assert (absent.status_code, absent.json()["detail"]) == (404, "No plan with id 'nope'.")
    asked = {"item_ids": ["sku-1"], "target_roi": 4}
    told = api.post("merchant", "/v1/plans", asked).json()
    assert (told["field"], told["status"]) == ("item_ids.0", 422)
    assert told["detail"].endswith("begin with itm_.")


def test_withdrawn_items_make_no_plan(api: Any) -> None:
    found = api.get("merchant", "/v1/items").json()["data"]
    item = next(one["id"] for one in found if one["id"] != api.ids["item_id"])
    api.post("merchant", f"/v1/items/{item}/withdraw")
    answer = api.post("merchant", "/v1/plans", {"target_roi": 4, "item_ids": [item]})
    assert answer.status_code in (409, 422)
    assert "withdrawn" in answer.json()["detail"]
    assert answer.json()["hint"]
