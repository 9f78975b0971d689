"""One market, one currency: what is priced in another is kept and takes no part."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration
ITEM = {"external_id": "eu", "title": "Tasse", "price": {"amount_minor": 900, "currency": "EUR"}}


@pytest.fixture
def foreign(api: Any) -> str:
    """The id of an item priced in euros, in a market of yuan."""
    stored = api.post("merchant", "/v1/items", {"items": [ITEM]}).json()
    assert stored == {"inserted": 1, "updated": 0, "unchanged": 0, "outside_market": 1}
    (item,) = api.get("merchant", "/v1/items", params={"currency": "EUR"}).json()["data"]
    return str(item["id"])


def test_a_publisher_is_not_offered_it(api: Any, foreign: str) -> None:
    for params in ({}, {"currency": "EUR"}):
        seen = api.get("publisher", "/v1/items", params=params).json()["data"]
        assert {item["price"]["currency"] for item in seen} == {"CNY"}
    made = api.post("publisher", "/v1/links", {"item_id": foreign})
    assert (made.status_code, made.json()["code"]) == (409, "item_outside_market")


def test_no_plan_takes_it(api: Any, foreign: str) -> None:
    made = api.post("merchant", "/v1/plans", {"target_roi": 4, "item_ids": [foreign]})
    assert (made.status_code, made.json()["code"]) == (422, "item_outside_market")
    assert "this market counts in CNY" in made.json()["detail"]
    by_word = {"target_roi": 4, "selector": {"text": "Tasse"}}
    assert api.post("merchant", "/v1/plans", by_word).json()["detail"].startswith("No live item")


def test_a_wallet_takes_only_the_markets_money(api: Any) -> None:
    body = {"merchant_id": api.ids["merchant_id"]}
    amount = {"amount_minor": 100, "currency": "USD"}
    refused = api.post("operator", "/v1/wallet/top-ups", {**body, "amount": amount})
    assert (refused.status_code, refused.json()["field"]) == (422, "amount.currency")
    wallet = api.get("merchant", "/v1/wallet").json()
    assert {balance["posted"]["currency"] for balance in wallet} == {"CNY"}
