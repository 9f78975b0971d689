"""Whatever is wrong is told as one kind of problem."""

from __future__ import annotations

from typing import Any

import pytest

from adunion.api import create_api

pytestmark = pytest.mark.integration
JSON = {"Content-Type": "application/json"}


def _is_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"] == f"urn:adunion:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    return problem


def test_an_unknown_route_and_a_wrong_method(api: Any) -> None:
    _is_problem(api.get("operator", "/v1/nothing"), 404, "no_such_route")
    _is_problem(api.get(None, "/nothing"), 404, "no_such_route")
    wrong = api.send("operator", "DELETE", "/v1/plans")
    _is_problem(wrong, 405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET, POST"


def test_no_or_a_wrong_key(api: Any) -> None:
    for value in (None, "", "Bearer", "Bearer adu_unknown", "Basic eDp5", "Bearer é"):
        headers = {} if value is None else {"Authorization": value.encode()}
        answer = api.get(None, "/v1/items", headers=headers)
        _is_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_key_ends_at_once(api: Any) -> None:
    made = api.post("merchant", "/v1/keys", {"name": "shop"}).json()
    assert api.get(made["secret"], "/v1/items").status_code == 200
    assert api.send("merchant", "DELETE", f"/v1/keys/{made['id']}").status_code == 200
    _is_problem(api.get(made["secret"], "/v1/items"), 401, "unauthenticated")


BODIES = [
    (b"{", 422, "invalid"),
    (b"", 422, "invalid"),
    (b"[]", 422, "invalid"),
    (b"\xff\xfe", 422, "invalid"),
    (b"[" * 100_000, 400, "bad_request"),
    (b'{"external_id": "x", "name": "X", "name": "Y"}', 400, "bad_request"),
    (b'{"external_id": "x", "name": "\\u0000"}', 422, "invalid"),
    (b'{"external_id": "x", "name": "\\ud800"}', 422, "invalid"),
    (b'{"external_id": "x", "name": NaN}', 422, "invalid"),
    (b'{"external_id": "x", "name": 1' + b"0" * 5_000 + b"}", 400, "bad_request"),
    (b'{"external_id": "x", "name": "X", "audience": {"a": Infinity}}', 422, "invalid"),
    (b'{"external_id": "x", "name": "X", "more": 1}', 422, "invalid"),
    (b"x" * 4_000_001, 413, "body_too_large"),
]


def test_a_body_that_cannot_be_taken(api: Any) -> None:
    for content, status, code in BODIES:
        answer = api.send("operator", "POST", "/v1/publishers", content=content, headers=JSON)
        _is_problem(answer, status, code)


def test_each_bad_field_is_pointed_at_and_its_value_not_repeated(api: Any) -> None:
    item = {"external_id": "x", "title": "", "price": {"amount_minor": 2**70, "currency": "XXQ"}}
    answer = api.post("merchant", "/v1/items", {"items": [item]})
    problem = _is_problem(answer, 422, "invalid")
    pointers = {error["pointer"] for error in problem["errors"]}
    price = "/items/0/price"
    assert pointers == {"/items/0/title", f"{price}/amount_minor", f"{price}/currency"}
    assert str(2**70) not in answer.text
    limit = _is_problem(api.get("merchant", "/v1/items?limit=0"), 422, "invalid")
    assert (limit["field"], limit["errors"][0]["where"]) == ("limit", "query")


def test_what_the_schema_refuses_says_what_to_do(api: Any) -> None:
    money = {"amount_minor": 0, "currency": "CNY"}
    for body, field, what, todo in (
        ({"selector": {}, "budget": money}, "budget.amount_minor", "1 or more", "Send 1"),
        ({"selector": {}, "name": ""}, "name", "empty", "Write 1 or more"),
        ({"selector": {}, "name": "a\u0007b"}, "name", "control character", "on one line"),
        ({"item_ids": []}, "item_ids", "empty", "Send 1 or more"),
        ({"selector": {}, "colour": "red"}, "colour", "not known", "Leave it out"),
    ):
        answer = api.post("merchant", "/v1/plans", {"target_roi": 4, **body})
        problem = _is_problem(answer, 422, "invalid")
        assert problem["field"] == field
        assert what in problem["detail"]
        assert todo in problem["hint"]


def test_an_unknown_currency_names_its_field(api: Any) -> None:
    body = {
        "merchant_id": api.ids["merchant_id"],
        "amount": {"amount_minor": 1, "currency": "XXQ"},
    }
    problem = _is_problem(api.post("operator", "/v1/wallet/top-ups", body), 422, "invalid")
    assert problem["field"] == "amount.currency"


def test_more_calls_than_allowed_are_429_and_told_when_to_come_back(api: Any) -> None:
    api.app = create_api(api.services, calls_per_minute=3)
    answers = [api.get("merchant", "/v1/items") for _ in range(4)]
    assert [a.headers["ratelimit-remaining"] for a in answers] == ["2", "1", "0", "0"]
    assert {a.headers["ratelimit-limit"] for a in answers} == {"3"}
    assert answers[0].headers["ratelimit-reset"] == "20"
    _is_problem(answers[3], 429, "rate_limited")
    assert answers[3].headers["retry-after"] == "20"
    assert api.get("publisher", "/v1/items").status_code == 200  # each key has its own
    strangers = [api.get(None, "/v1/items").status_code for _ in range(4)]
    assert strangers == [401, 401, 401, 429]
