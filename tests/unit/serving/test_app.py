from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adunion.kernel.ids import encode
from adunion.serving import CLICK_COOKIE, ServingApp
from adunion.tracking import EventBatch, EventType, Intake, Tracker, concat, shopper_key

Call = Callable[..., httpx.Response]
ASK = {"placement": "search", "pseudonym": "u-1", "consent": True, "context": {"query": "奶粉"}}


@pytest.fixture
def app(market: Any, tracker: Tracker) -> ServingApp:
    return ServingApp(market, Intake(market, tracker), burst_calls=20, calls_per_second=1)


@pytest.fixture
def call(app: ServingApp) -> Call:
    """One request, and then everything written."""

    async def ask(method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=("10.0.0.1", 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            answer = await client.request(method, path, **options)
        await app.close()
        return answer

    return lambda method, path, **options: asyncio.run(ask(method, path, **options))


def logged(tracker: Tracker) -> EventBatch:
    return concat([batch for _, batch in tracker.read()])


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"]
    assert body["title"]
    return body


def test_decide_answers_with_slots_and_logs_the_request(
    call: Call, tracker: Tracker, market: Any
) -> None:
    answer = call("POST", "/v1/decide", json=ASK)
    assert answer.status_code == 200
    body = answer.json()
    assert body["request"].startswith("req_")
    assert body["decided_at"] == "2026-11-01T00:00:00Z"
    first, second, third = body["slots"]
    assert first == {
        "slot": 0,
        "item": market.catalog.ids[0],
        "title": "奶粉",
        "price": {"amount_minor": 1_000, "currency": "CNY"},
        "image_url": "/image/0",
        "sponsored": False,
        "label": None,
        "why": 'because zh-CN "praised"',
        "token": first["token"],
        "link": f"/store/item/{market.catalog.ids[0]}",
    }
    assert (second["sponsored"], second["label"]) == (True, "广告")
    assert second["why"] == 'paid because zh-CN "praised"'
    assert (third["label"], third["why"]) == (None, 'it fits zh-CN "praised"')
    row = logged(tracker)
    assert row.type.tolist() == [EventType.REQUEST]
    assert row.text.tolist() == ["奶粉"]
    assert f"req_{encode(bytes(row.request[0]))}" == body["request"]
    (asked,) = market.asked
    assert (asked.queries, asked.profile.tolist(), asked.consent.tolist()) == (
        ["奶粉"],
        [7],
        [True],
    )


def test_english_shoppers_read_english_where_there_is_any(call: Call) -> None:
    body = call("POST", "/v1/decide", json=ASK | {"locale": "en-GB"}).json()
    assert [slot["title"] for slot in body["slots"]] == ["Milk powder", "手机壳", "Tent"]
    assert [slot["label"] for slot in body["slots"]] == [None, "Sponsored", None]


def test_without_consent_the_shopper_is_a_stranger_each_time(
    call: Call, tracker: Tracker, market: Any
) -> None:
    for _ in range(2):
        call("POST", "/v1/decide", json=ASK | {"consent": False})
    rows = logged(tracker)
    assert len({bytes(who) for who in rows.shopper} | {shopper_key("u-1")}) == 3
    assert rows.flags.tolist() == [0, 0]
    assert [asked.profile.tolist() for asked in market.asked] == [[-1], [-1]]


def test_the_cart_and_the_item_in_view_are_context(call: Call, market: Any) -> None:
    gone = "itm_" + encode(b"z" * 16)
    context = {"cart": [market.catalog.ids[2], gone], "item": market.catalog.ids[1]}
    answer = call("POST", "/v1/decide", json={"placement": "cart", "context": context})
    assert len(answer.json()["slots"]) == 1
    (asked,) = market.asked
    assert asked.context_items.tolist() == [2, 1]
    assert asked.context_offsets.tolist() == [0, 2]
    assert asked.placement.tolist() == [1]


def test_at_most_the_slots_asked_for_are_filled(call: Call) -> None:
    assert len(call("POST", "/v1/decide", json=ASK | {"slots": 2}).json()["slots"]) == 2
    assert len(call("POST", "/v1/decide", json=ASK | {"slots": 100}).json()["slots"]) == 3


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_json"),
        (b"{", 400, "bad_json"),
        (b'{"placement": "\xff\xfe"}', 400, "bad_json"),
        (b'{"placement": "\\ud800"}', 400, "bad_json"),
        (b"[" * 200_000, 400, "bad_json"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b'{"placement": 5}', 422, "invalid"),
        (b'{"placement": "nowhere"}', 404, "no_such_placement"),
        (b'{"placement": "search", "slots": 1000000}', 422, "invalid"),
        (b'{"placement": "search", "slots": 0}', 422, "invalid"),
        (b'{"placement": "search", "slots": true}', 422, "invalid"),
        (b'{"placement": "search", "colour": 1}', 422, "invalid"),
        (b'{"placement": "search", "pseudonym": "a@b.cn"}', 422, "invalid"),
        (b'{"placement": "search", "pseudonym": ""}', 422, "invalid"),
        (b'{"placement": "search", "context": {"item": "itm_1"}}', 422, "invalid"),
        (b'{"placement": "search", "context": {"cart": 5}}', 422, "invalid"),
        (b'{"placement": "search", "link": "nope"}', 404, "no_such_link"),
        (b'{"placement": "search", "link": "off"}', 410, "link_disabled"),
        (b'{"placement": "' + b"x" * (1 << 20) + b'"}', 413, "body_too_large"),
        (b'{"placement":"search","context":{"query":"' + b"x" * 9_999 + b'"}}', 422, "invalid"),
    ],
)
def test_a_bad_body_is_a_problem(call: Call, body: bytes, status: int, code: str) -> None:
    answer = call("POST", "/v1/decide", content=body)
    assert (answer.status_code, problem(answer)["code"]) == (status, code)


@pytest.mark.parametrize("who", ["a@b.cn", "+86 138 0013 8000", "", "x" * 129])
def test_a_shopper_that_is_no_pseudonym_is_told_by_the_field_that_was_sent(
    call: Call, who: str
) -> None:
    body = f'{{"placement": "search", "pseudonym": "{who}"}}'
    found = problem(call("POST", "/v1/decide", content=body.encode()))
    assert (found["code"], found["field"]) == ("invalid", "pseudonym")


def test_a_body_of_ten_megabytes_is_refused_without_reading_it_all(app: ServingApp) -> None:
    received, sent = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal received
        received += 1
        return {"type": "http.request", "body": b"x" * 100_000, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/v1/decide", "headers": [], "client": ("a", 1)
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 413
    assert received == 11


def test_events_are_answered_one_by_one_when_they_are_durable(call: Call, tracker: Tracker) -> None:
    token = call("POST", "/v1/decide", json=ASK).json()["slots"][1]["token"]
    events = [{"type": "click", "token": token}, {"type": "click", "token": "x"}]
    answer = call("POST", "/v1/events", content=json.dumps({"events": events}))
    assert answer.status_code == 202
    assert [result["status"] for result in answer.json()["results"]] == ["accepted", "rejected"]
    again = call("POST", "/v1/events", json={"events": events[:1]})
    assert again.json() == {"results": [{"status": "duplicate"}]}
    assert logged(tracker).type.tolist() == [EventType.REQUEST, EventType.CLICK]


def test_concurrent_beacons_share_commits_and_each_counts_once(
    app: ServingApp, market: Any, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adunion.serving import decide_one

    tokens = [decide_one(market, ASK).answer["slots"][0]["token"] for _ in range(40)]
    accepts = []
    accept = tracker.accept
    monkeypatch.setattr(tracker, "accept", lambda batch: (accepts.append(1), accept(batch))[1])

    async def all_at_once() -> list[Any]:
        intake = app._intake
        bodies = [{"events": [{"type": "click", "token": token}]} for token in tokens * 2]
        return await asyncio.gather(*(intake.submit(body, None) for body in bodies))

    results = [answer[0]["status"] for answer in asyncio.run(all_at_once())]
    assert sorted(results) == ["accepted"] * 40 + ["duplicate"] * 40
    assert len(accepts) < 10
    assert len(logged(tracker)) == 40


def test_a_key_that_is_not_one_is_401(call: Call) -> None:
    for value in ("Basic abc", "Bearer ", "Bearer nobody"):
        answer = call("POST", "/v1/events", json={"events": [{}]}, headers={"authorization": value})
        assert (answer.status_code, problem(answer)["code"]) == (401, "bad_key")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_link_sets_a_click_id_logs_a_click_and_redirects(call: Call, tracker: Tracker) -> None:
    answer = call("GET", "/l/go")
    assert answer.status_code == 302
    click_id = answer.cookies[CLICK_COOKIE]
    assert answer.headers["location"] == f"https://shop.example/p?id=4&adu_click={click_id}#top"
    assert "HttpOnly; SameSite=Lax" in answer.headers["set-cookie"]
    row = logged(tracker)
    assert row.type.tolist() == [EventType.CLICK]
    assert bytes(row.link[0]) == b"L" * 16
    assert bytes(row.shopper[0]) == shopper_key(click_id)


def test_a_visitor_keeps_the_click_id_and_each_click_counts(call: Call, tracker: Tracker) -> None:
    first = call("GET", "/l/home")
    click_id = first.cookies[CLICK_COOKIE]
    again = call("GET", "/l/home", headers={"cookie": f"a=b; {CLICK_COOKIE}={click_id}"})
    assert again.cookies[CLICK_COOKIE] == click_id
    forged = call("GET", "/l/home", headers={"cookie": f'{CLICK_COOKIE}="x y"; ;;='})
    assert forged.cookies[CLICK_COOKIE].startswith("clk_")
    assert len({bytes(who) for who in logged(tracker).shopper}) == 2
    assert len(logged(tracker)) == 3


@pytest.mark.parametrize("code", ["home", "evil", "split"])
def test_a_link_leads_to_our_own_page_unless_the_item_has_a_web_page(
    call: Call, market: Any, code: str
) -> None:
    location = call("GET", f"/l/{code}").headers["location"]
    assert location == f"/store/item/{market.catalog.ids[3]}"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/l/nope", 404, "no_such_link"),
        ("/l/", 404, "no_such_link"),
        ("/l//evil.example", 404, "no_such_link"),
        ("/l/off", 410, "link_disabled"),
        ("/v1/nothing", 404, "no_such_route"),
        ("/v1/decide", 405, "method_not_allowed"),
    ],
)
def test_a_wrong_address_is_a_problem(call: Call, path: str, status: int, code: str) -> None:
    answer = call("GET", path)
    assert (answer.status_code, problem(answer)["code"]) == (status, code)


def test_looking_ahead_at_a_link_is_no_click(call: Call, tracker: Tracker) -> None:
    assert call("HEAD", "/l/go").status_code == 302
    assert call("GET", "/l/go", headers={"sec-purpose": "prefetch"}).status_code == 302
    assert tracker.rows == 0


def test_any_origin_may_call_and_is_told_what_it_may(call: Call) -> None:
    answer = call("OPTIONS", "/v1/events", headers={"origin": "https://blog.example"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert call("POST", "/v1/decide", content=b"{").headers["access-control-allow-origin"] == "*"


def test_too_many_calls_are_told_when_to_come_again(call: Call) -> None:
    answers = [call("POST", "/v1/decide", json=ASK) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[0].headers["ratelimit-limit"] == "20"
    assert answers[0].headers["ratelimit-remaining"] == "19"
    assert problem(answers[-1])["code"] == "rate_limited"
    assert answers[-1].headers["retry-after"] == "1"


def test_keys_that_nobody_gave_out_share_the_allowance_of_their_address(call: Call) -> None:
    answers = [
        call("POST", "/v1/decide", json=ASK, headers={"Authorization": f"Bearer made-up-{n}"})
        for n in range(21)
    ]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]


def test_a_key_that_proved_good_has_an_allowance_of_its_own(call: Call, market: Any) -> None:
    good = {"Authorization": "Bearer adu_one"}
    order = {
        "type": "order", "order_id": "A-1", "currency": "CNY",
        "lines": [{"item": market.catalog.ids[0], "amount_minor": 1_000}],
    }  # fmt: skip
    assert call("POST", "/v1/events", json={"events": [order]}, headers=good).status_code == 202
    assert [call("POST", "/v1/decide", json=ASK).status_code for _ in range(20)][-1] == 429
    answer = call("POST", "/v1/events", json={"events": [order]}, headers=good)
    assert (answer.status_code, answer.headers["ratelimit-remaining"]) == (202, "19")
    assert answer.json()["results"][0]["status"] == "duplicate"


def test_beside_a_harmful_page_no_bid_counts(call: Call, market: Any) -> None:
    for page in ("a casino opens", "a bakery opens"):
        call("POST", "/v1/decide", json={"placement": "search", "context": {"page": page}})
    casino, bakery = market.asked
    assert casino.harmful.tolist() == [True]
    assert bakery.harmful is None
