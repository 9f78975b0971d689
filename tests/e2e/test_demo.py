"""The demo as a visitor meets it."""

from __future__ import annotations

import httpx
import pytest

from .conftest import Server

pytestmark = pytest.mark.e2e


def test_the_demo_prints_plans_lift_and_a_balanced_ledger(server: Server) -> None:
    said = server.log.read_text()
    assert "attained" in said
    assert "lift over the control arm" in said
    assert "balanced" in said
    assert "NOT balanced" not in said


def test_a_decision_can_be_asked_for_over_http(server: Server) -> None:
    asked = {"placement": "feed", "slots": 4, "locale": "en"}
    answer = httpx.post(f"{server.url}/v1/decide", json=asked)
    assert answer.status_code == 200
    slots = answer.json()["slots"]
    assert len(slots) == 4
    assert all(slot["token"] and slot["price"]["currency"] == "CNY" for slot in slots)
    assert all((slot["label"] == "Sponsored") == slot["sponsored"] for slot in slots)


def test_a_beacon_counts_once(server: Server) -> None:
    answer = httpx.post(f"{server.url}/v1/decide", json={"placement": "feed", "slots": 1})
    token = answer.json()["slots"][0]["token"]
    event = {"events": [{"type": "impression", "token": token}]}
    first = httpx.post(f"{server.url}/v1/events", json=event)
    again = httpx.post(f"{server.url}/v1/events", json=event)
    assert first.status_code == again.status_code == 202
    assert first.json()["results"][0]["status"] == "accepted"
    assert again.json()["results"][0]["status"] == "duplicate"


def test_statements_were_written(server: Server) -> None:
    statements = server.home / "statements"
    assert list(statements.rglob("*.json"))
    assert list(statements.rglob("*.csv"))
    assert list(statements.rglob("*.html"))
