"""Lists: pages forwards and backwards, money and times as documented."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.integration


def _walk(api: Any, role: str, path: str, cursor: str, start: str | None) -> list[list[str]]:
    pages, at = [], start
    while True:
        params = {"limit": 2} | ({cursor: at} if at else {})
        page = api.get(role, path, params=params).json()
        pages.append([row["id"] for row in page["data"]])
        assert page["has_more"] == (page["next"] is not None)
        if not page["has_more"]:
            return pages
        at = page["next"]


@pytest.mark.parametrize("path", ["/v1/items", "/v1/orders", "/v1/links", "/v1/keys"])
def test_pages_hold_every_row_once_forwards_and_backwards(api: Any, path: str) -> None:
    if path == "/v1/links":
        for number in range(4):
            body = {"item_id": api.ids["item_id"], "sub_id": str(number)}
            body["publisher_id"] = api.ids["publisher_id"]
            assert api.post("operator", path, body).status_code == 201
    whole = [row["id"] for row in api.get("operator", path).json()["data"]]
    assert len(whole) >= 2
    forwards = [
        id_ for page in _walk(api, "operator", path, "starting_after", None) for id_ in page
    ]
    assert forwards == whole
    pages = _walk(api, "operator", path, "ending_before", whole[-1])
    assert [id_ for page in reversed(pages) for id_ in page] == whole[:-1]


def test_both_cursors_at_once_are_refused(api: Any) -> None:
    id_ = api.ids["item_id"]
    answer = api.get("operator", f"/v1/items?starting_after={id_}&ending_before={id_}")
    assert (answer.status_code, answer.json()["field"]) == (422, "ending_before")


def test_a_plan_is_started_changed_and_ended(api: Any) -> None:
    items = api.get("merchant", "/v1/items", params={"q": "diapers 1"}).json()["data"]
    body = {
        "target_roi": 4.5,
        "item_ids": [items[0]["id"]],
        "name": "双十一",
        "budget": {"amount_minor": 500_000, "currency": "CNY"},
        "end_at": "2026-11-12T00:00:00+08:00",
        "dayparts": [0, 1.0, 167],
    }
    plan = api.post("merchant", "/v1/plans", body).json()
    assert plan["budget"] == {"amount_minor": 500_000, "currency": "CNY"}
    assert plan["spend"] == {"amount_minor": 0, "currency": "CNY"}
    assert (plan["end_at"], plan["dayparts"]) == ("2026-11-11T16:00:00Z", [0, 1, 167])
    assert (plan["status"], plan["stage"], plan["target_roi"]) == ("active", "learning", 4.5)
    path = f"/v1/plans/{plan['id']}"
    changed = api.send("merchant", "PATCH", path, json={"target_roi": 3, "budget": None}).json()
    assert (changed["target_roi"], changed["budget"], changed["stage"]) == (3.0, None, "adjusting")
    edits = api.get("merchant", f"{path}/edits").json()["data"]
    assert edits[0]["changes"]["target_roi"] == ["4.500", "3.000"]
    euros = {"budget": {"amount_minor": 500_000, "currency": "EUR"}}
    refused = api.send("merchant", "PATCH", path, json=euros)
    assert (refused.status_code, refused.json()["field"]) == (422, "budget.currency")
    again = api.post("merchant", "/v1/plans", body)
    assert (again.status_code, again.json()["plan_id"]) == (409, plan["id"])
    assert api.post("merchant", f"{path}/end").json()["status"] == "ended"
    assert api.post("merchant", "/v1/plans", body).status_code == 201


def test_a_plan_in_another_currency_than_its_budget_is_not_made(api: Any) -> None:
    before = len(api.get("merchant", "/v1/plans").json()["data"])
    for goods in ({"item_ids": None, "selector": {"text": "diapers 1"}},):
        body = {"target_roi": 4, "budget": {"amount_minor": 500_000, "currency": "EUR"}, **goods}
        refused = api.post("merchant", "/v1/plans", body)
        assert (refused.status_code, refused.json()["field"]) == (422, "budget.currency")
    assert len(api.get("merchant", "/v1/plans").json()["data"]) == before


def test_items_are_stored_searched_and_withdrawn(api: Any) -> None:
    item = {
        "external_id": "new-1",
        "title": "婴儿奶粉 三段",
        "price": {"amount_minor": 29_900, "currency": "CNY"},
        "translations": {"en": "Infant formula, stage 3"},
        "attributes": {"net": "800 g"},
    }
    stored = api.post("merchant", "/v1/items", {"items": [item]}).json()
    assert stored == {"inserted": 1, "updated": 0, "unchanged": 0, "outside_market": 0}
    again = api.post("merchant", "/v1/items", {"items": [item]}).json()
    assert again == {"inserted": 0, "updated": 0, "unchanged": 1, "outside_market": 0}
    found = api.get("publisher", "/v1/items", params={"q": "formula"}).json()["data"]
    assert [(row["title"], row["price"]) for row in found] == [(item["title"], item["price"])]
    path = f"/v1/items/{found[0]['id']}"
    assert api.post("merchant", f"{path}/withdraw").json()["withdrawn_at"]
    assert api.get("publisher", path).status_code == 404
    assert api.get("publisher", "/v1/items", params={"q": "formula"}).json()["data"] == []
    assert api.post("merchant", f"{path}/restore").json()["withdrawn_at"] is None
    twice = api.post("merchant", "/v1/items", {"items": [item, item]})
    assert (twice.status_code, twice.json()["code"]) == (409, "duplicate_item")


def test_a_link_is_made_once_disabled_and_enabled(api: Any) -> None:
    body = {"item_id": api.ids["item_id"], "sub_id": "post-7"}
    made = api.post("publisher", "/v1/links", body)
    same = api.post("publisher", "/v1/links", body)
    assert (made.status_code, same.status_code) == (201, 200)
    assert made.json()["id"] == same.json()["id"]
    assert made.json()["path"] == f"/l/{made.json()['code']}"
    path = f"/v1/links/{made.json()['id']}"
    assert api.post("publisher", f"{path}/disable").json()["disabled_at"]
    assert api.post("publisher", f"{path}/enable").json()["disabled_at"] is None


def test_reports_statements_and_books_are_told_in_money(api: Any) -> None:
    statement = api.get("merchant", "/v1/statements").json()["data"][0]
    lines = sum(line["amount"]["amount_minor"] for line in statement["lines"])
    assert statement["opening"]["amount_minor"] + lines == statement["closing"]["amount_minor"]
    csv = api.get("merchant", f"/v1/statements/{statement['id']}/csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.text.splitlines()[0] == "day,kind,count,amount,currency"
    commission = api.get("publisher", "/v1/commissions").json()["data"][0]
    assert (commission["state"], commission["estimated"]["amount_minor"]) == ("estimated", 800)
    entries = api.get("merchant", "/v1/wallet/entries").json()["data"]
    assert entries[-1]["amount"] == {"amount_minor": 1_000_000, "currency": "CNY"}
    report = api.get("merchant", f"/v1/reports/plans/{api.ids['plan_id']}").json()
    assert report["plan"]["figures"]["spend"] == {"amount_minor": 0, "currency": "CNY"}
    since = (api.clock.now() + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    backwards = api.get("merchant", "/v1/reports/plans", params={"since": since})
    assert (backwards.status_code, backwards.json()["field"]) == (422, "since")
