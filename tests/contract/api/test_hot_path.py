"""Decide, events and links answer each role as their description says."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from adunion.api.hot_path import Decision, EventResults

pytestmark = [pytest.mark.integration, pytest.mark.contract]
ROLES = (None, "merchant", "publisher", "operator")


def _call(api: Any, app: Any, role: str | None, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {api.secrets[role]}"} if role else {}

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            return await client.request(method, path, json=body, headers=headers)

    return asyncio.run(ask())


def test_anybody_may_ask_for_a_decision_and_follow_a_link(api: Any, hot_path: Any) -> None:
    for role in ROLES:
        answer = _call(api, hot_path, role, "POST", "/v1/decide", {"placement": "search"})
        assert answer.status_code == 200
        decision = Decision.model_validate_json(answer.content)
        assert decision.slots
        assert _call(api, hot_path, role, "GET", f"/l/{hot_path.code}").status_code == 302


def test_warming_up_leaves_the_market_as_it_is(hot_path: Any) -> None:
    market = hot_path.market
    purse = [column.copy() for column in market.plans.purse]
    market.warm()
    assert market._cards  # it has answered
    assert all((a == b).all() for a, b in zip(market.plans.purse, purse, strict=True))
    assert not market.brain.engine._desk
    assert not market.brain._together


def test_only_a_merchants_key_may_report_events_with_a_key(api: Any, hot_path: Any) -> None:
    item = api.ids["item_id"]
    order = {
        "type": "order", "order_id": "A-1", "currency": "CNY",
        "lines": [{"item": item, "amount_minor": 500}],
    }  # fmt: skip
    told = {}
    for role in ROLES:
        answer = _call(api, hot_path, role, "POST", "/v1/events", {"events": [order]})
        told[role] = answer.status_code
        if answer.status_code == 202:
            (result,) = EventResults.model_validate_json(answer.content).results
            assert result.status == ("rejected" if role is None else "accepted")
            assert result.code == ("key_required" if role is None else None)
    assert told == {None: 202, "merchant": 202, "publisher": 401, "operator": 401}


def test_every_kind_of_result_fits_the_description(api: Any, hot_path: Any) -> None:
    shown = _call(api, hot_path, None, "POST", "/v1/decide", {"placement": "search"}).json()
    seen = {"type": "impression", "token": shown["slots"][0]["token"]}
    answer = _call(api, hot_path, None, "POST", "/v1/events", {"events": [seen, seen, {}]})
    results = EventResults.model_validate_json(answer.content).results
    assert [one.status for one in results] == ["accepted", "duplicate", "rejected"]
    assert results[2].reason
