"""Every route for every role, and nobody's record for anybody else."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.contract]

# route: the status for a merchant, a publisher and an operator, each about records it may see;
# without a key every route but the PUBLIC ones is a 401. A new route needs a line here.
STATUS = {
    "GET /v1/health": (200, 200, 200),
    "GET /v1/merchants": (403, 403, 200),
    "POST /v1/merchants": (403, 403, 200),
    "GET /v1/merchants/{merchant_id}": (200, 403, 200),
    "GET /v1/items": (200, 200, 200),
    "POST /v1/items": (200, 403, 200),
    "GET /v1/items/{item_id}": (200, 200, 200),
    "POST /v1/items/{item_id}/withdraw": (200, 403, 200),
    "PUT /v1/items/{item_id}/picture": (200, 403, 200),
    "DELETE /v1/items/{item_id}/picture": (200, 403, 200),
    "POST /v1/items/{item_id}/restore": (200, 403, 200),
    "GET /v1/plans": (200, 403, 200),
    "POST /v1/plans": (201, 403, 201),
    "POST /v1/forecasts": (200, 403, 200),
    "GET /v1/plans/{plan_id}": (200, 403, 200),
    "PATCH /v1/plans/{plan_id}": (200, 403, 200),
    "GET /v1/plans/{plan_id}/boosts": (200, 403, 200),
    "POST /v1/plans/{plan_id}/boosts": (201, 403, 201),
    "GET /v1/plans/{plan_id}/boosts/{boost_id}": (200, 403, 200),
    "POST /v1/plans/{plan_id}/boosts/{boost_id}/cancel": (200, 403, 200),
    "GET /v1/shared-budgets": (200, 403, 200),
    "POST /v1/shared-budgets": (201, 403, 201),
    "GET /v1/shared-budgets/{budget_id}": (200, 403, 200),
    "PATCH /v1/shared-budgets/{budget_id}": (200, 403, 200),
    "POST /v1/plans/{plan_id}/pause": (200, 403, 200),
    "POST /v1/plans/{plan_id}/resume": (200, 403, 200),
    "POST /v1/plans/{plan_id}/end": (200, 403, 200),
    "GET /v1/plans/{plan_id}/edits": (200, 403, 200),
    "GET /v1/plans/{plan_id}/items": (200, 403, 200),
    "GET /v1/publishers": (403, 403, 200),
    "POST /v1/publishers": (403, 403, 201),
    "GET /v1/publishers/{publisher_id}": (403, 200, 200),
    "GET /v1/placements": (403, 200, 200),
    "POST /v1/placements": (403, 201, 201),
    "GET /v1/placements/{placement_id}": (403, 200, 200),
    "GET /v1/links": (403, 200, 200),
    "POST /v1/links": (403, 200, 200),
    "GET /v1/links/{link_id}": (403, 200, 200),
    "POST /v1/links/{link_id}/disable": (403, 200, 200),
    "POST /v1/links/{link_id}/enable": (403, 200, 200),
    "GET /v1/selection": (403, 200, 200),
    "GET /v1/trends": (200, 200, 200),
    "GET /v1/orders": (200, 200, 200),
    "GET /v1/orders/{order_id}": (200, 200, 200),
    "GET /v1/rejected_events": (200, 403, 200),
    "GET /v1/commissions": (200, 200, 200),
    "GET /v1/commissions/{commission_id}": (200, 200, 200),
    "GET /v1/statements": (200, 200, 200),
    "GET /v1/statements/{statement_id}": (200, 404, 200),
    "GET /v1/statements/{statement_id}/csv": (200, 404, 200),
    "GET /v1/reports/market": (403, 403, 200),
    "GET /v1/reports/plans": (200, 403, 200),
    "GET /v1/reports/plans/{plan_id}": (200, 403, 200),
    "GET /v1/plans/{plan_id}/credits": (200, 403, 200),
    "GET /v1/plans/{plan_id}/funnel": (200, 403, 200),
    "GET /v1/delivery": (200, 200, 200),
    "GET /v1/decisions/{request_id}": (200, 403, 200),
    "GET /v1/reports/links": (403, 200, 200),
    "GET /v1/wallet": (200, 403, 200),
    "GET /v1/wallet/entries": (200, 403, 200),
    "POST /v1/wallet/top-ups": (403, 403, 201),
    "GET /v1/ledger/accounts": (403, 403, 200),
    "GET /v1/ledger/entries": (403, 403, 200),
    "GET /v1/ledger/check": (403, 403, 200),
    "GET /v1/people": (200, 403, 200),
    "GET /v1/reviews": (200, 403, 200),
    "POST /v1/reviews": (200, 403, 200),
    "GET /v1/items/{item_id}/reviews": (200, 403, 200),
    "POST /v1/shoppers/forget": (403, 403, 200),
    "POST /v1/understanding/needs": (200, 200, 200),
    "POST /v1/understanding/reviews": (200, 200, 200),
    "POST /v1/understanding/context": (200, 200, 200),
    "POST /v1/understanding/titles": (200, 200, 200),
    "POST /v1/understanding/pictures": (200, 200, 200),
    "GET /v1/keys": (200, 200, 200),
    "POST /v1/keys": (201, 201, 201),
    "GET /v1/keys/{key_id}": (200, 200, 200),
    "DELETE /v1/keys/{key_id}": (200, 200, 200),
}
HOT_PATH = {"POST /v1/decide", "POST /v1/events", "GET /l/{code}"}  # test_hot_path.py
OWN_LISTS = (
    "items", "plans", "reviews", "links", "orders", "rejected_events", "commissions", "statements",
    "keys",
)  # fmt: skip
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
PUBLIC = {"GET /v1/health", "GET /v1/delivery"}
ROLES = ("merchant", "publisher", "operator")


def _bodies(ids: dict[str, str], role: str) -> dict[str, Any]:
    money = {"amount_minor": 500, "currency": "CNY"}
    item = {"external_id": f"by-{role}", "title": "奶粉", "price": money}
    operator = role == "operator"
    merchant = {"merchant_id": ids["merchant_id"]} if operator else {}
    publisher = {"publisher_id": ids["publisher_id"]} if operator else {}
    return {
        "POST /v1/merchants": {"external_id": "new", "name": "New"},
        "POST /v1/items": {"items": [item], **merchant},
        "POST /v1/plans": {"target_roi": 4, "selector": {"text": "diapers 0"}, **merchant},
        "POST /v1/forecasts": {"plan_id": ids["plan_id"], **merchant},
        "PATCH /v1/plans/{plan_id}": {"target_roi": 3.5},
        "POST /v1/plans/{plan_id}/boosts": {"budget": money, "end_at": "2026-11-02T00:00:00Z"},
        "POST /v1/shared-budgets": {"name": "Both", "amount": money, **merchant},
        "PATCH /v1/shared-budgets/{budget_id}": {"amount": money},
        "POST /v1/publishers": {"external_id": "new", "name": "New"},
        "POST /v1/placements": {"code": f"p:{role}", "kind": "page", "name": "P", "slots": 3},
        "POST /v1/links": {"item_id": ids["item_id"], **publisher},
        "POST /v1/wallet/top-ups": {"merchant_id": ids["merchant_id"], "amount": money},
        "POST /v1/keys": {"name": "another"},
        "PUT /v1/items/{item_id}/picture": {"data": DOT},
        "POST /v1/reviews": {"reviews": [{"item": ids["item_id"], "stars": 4}], **merchant},
        "POST /v1/shoppers/forget": {"shopper": "somebody"},
        "POST /v1/understanding/needs": {"texts": ["失眠"]},
        "POST /v1/understanding/reviews": {"reviews": [{"text": "物流很快，屏幕太暗"}]},
        "POST /v1/understanding/context": {"page": "周末烤蛋糕"},
        "POST /v1/understanding/titles": {"titles": ["纸尿裤"]},
        "POST /v1/understanding/pictures": {"pictures": [{"data": "AAAA"}]},
    }


def _call(api: Any, role: str | None, route: str, ids: dict[str, str]) -> Any:
    method, path = route.split()
    named = {**ids, "key_id": api.ids.get(f"{role}_key_id", ids["key_id"])}
    query = {}
    if role == "operator" and "/wallet" in route and method == "GET":
        query = {"merchant_id": ids["merchant_id"]}
    if role == "operator" and route in ("GET /v1/reports/links", "GET /v1/selection"):
        query = {"publisher_id": ids["publisher_id"]}
    if role == "operator" and route == "GET /v1/people":
        query = {"merchant_id": ids["merchant_id"]}
    if route == "GET /v1/ledger/entries":
        query = {"account": "platform:cash"}
    body = _bodies(ids, role or "merchant").get(route)
    return api.send(role, method, path.format(**named), params=query, json=body)


def _routes(api: Any) -> set[str]:
    paths = api.app.openapi()["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def test_every_route_is_in_the_table_and_described(api: Any) -> None:
    assert _routes(api) == set(STATUS) | HOT_PATH
    served = {
        f"{method} {route.path}"
        for route in api.app.routes
        if route.path != "/v1/openapi.json"
        for method in route.methods
    }
    assert served == set(STATUS)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_route_answers_each_role_as_the_table_says(api: Any, role: str | None) -> None:
    answers = {route: _call(api, role, route, api.ids) for route in STATUS}
    column = None if role is None else ROLES.index(role)
    expected = {
        route: (200 if route in PUBLIC else 401) if column is None else status[column]
        for route, status in STATUS.items()
    }
    got = {route: answer.status_code for route, answer in answers.items()}
    assert got == expected, {r: answers[r].text for r in got if got[r] != expected[r]}
    for answer in answers.values():
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", ["merchant", "publisher"])
def test_another_partys_record_does_not_exist(api: Any, role: str) -> None:
    seen_by_all = {"GET /v1/items/{item_id}"} if role == "publisher" else set()
    column = ROLES.index(role)
    about_one = [r for r in STATUS if "{" in r and STATUS[r][column] == 200]
    for route in sorted(set(about_one) - seen_by_all):
        method, path = route.split()
        body = _bodies(api.others, role).get(route)
        answer = api.send(role, method, path.format(**api.others), json=body)
        assert answer.status_code == 404, (route, answer.text)
        assert answer.json()["code"] == "not_found"


def test_lists_hold_only_the_callers_own_records(api: Any) -> None:
    for role, field in (("merchant", "merchant_id"), ("publisher", "publisher_id")):
        for path in OWN_LISTS:
            if STATUS[f"GET /v1/{path}"][ROLES.index(role)] == 403:
                continue
            rows = api.get(role, f"/v1/{path}").json()["data"]
            assert rows, (role, path)
            parties = {row.get(field, row.get("party_id", api.ids[field])) for row in rows}
            assert parties == {api.ids[field]}, (role, path)


def test_a_party_cannot_write_in_anothers_name(api: Any) -> None:
    money = {"amount_minor": 500, "currency": "CNY"}
    item = {"external_id": "x", "title": "奶粉", "price": money}
    other = api.others["merchant_id"]
    refused = [
        api.post("merchant", "/v1/items", {"items": [item], "merchant_id": other}),
        api.post("merchant", "/v1/plans", {"target_roi": 4, "selector": {}, "merchant_id": other}),
        api.post(
            "publisher",
            "/v1/links",
            {"item_id": api.ids["item_id"], "publisher_id": api.others["publisher_id"]},
        ),
        api.get("merchant", "/v1/wallet", params={"merchant_id": other}),
    ]
    assert [answer.status_code for answer in refused] == [404] * 4
    for role in ("merchant", "publisher"):
        answer = api.post(role, "/v1/keys", {"name": "mine", "role": "operator"})
        assert answer.status_code == 409
    foreign = {"target_roi": 4, "item_ids": [api.others["item_id"]]}
    assert api.post("merchant", "/v1/plans", foreign).json()["code"] == "item_not_found"


def test_a_publisher_sees_only_the_lines_that_its_links_sold(api: Any) -> None:
    order = api.get("publisher", f"/v1/orders/{api.ids['order_id']}").json()
    assert [line["line"] for line in order["lines"]] == [1]
    assert order["total"] == {"amount_minor": 10_000, "currency": "CNY"}
    assert [step["amount"]["amount_minor"] for step in order["steps"]] == [0]
    whole = api.get("merchant", f"/v1/orders/{api.ids['order_id']}").json()
    assert [line["line"] for line in whole["lines"]] == [1, 2]
    assert whole["total"]["amount_minor"] == 30_000
