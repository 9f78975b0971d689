from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adunion.kernel.clock import micros, rfc3339
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import decode, encode
from adunion.serving import decide_one
from adunion.tracking import (
    FLAG_CONSENT,
    FLAG_MOVED,
    EventBatch,
    EventType,
    Intake,
    Tracker,
    concat,
    order_key,
    shopper_key,
)
from adunion.trust.token import CHARGE_SECONDS

ASK = {"placement": "search", "pseudonym": "u-1", "consent": True}


@pytest.fixture
def intake(market: Any, tracker: Tracker) -> Intake:
    return Intake(market, tracker)


@pytest.fixture
def slots(market: Any) -> list[dict[str, Any]]:
    return list(decide_one(market, ASK).answer["slots"])


def logged(tracker: Tracker) -> EventBatch:
    return concat([batch for _, batch in tracker.read()])


def order(**changes: Any) -> dict[str, Any]:
    item = f"itm_{encode(bytes([0] * 15 + [1]))}"
    lines = [{"item": item, "quantity": 1, "amount_minor": 900}]
    return {"type": "order", "order_id": "A-1", "lines": lines, "currency": "CNY"} | changes


def test_a_refund_that_contradicts_its_order_is_answered_at_once(
    market: Any, tracker: Tracker
) -> None:
    asked: list[list[int]] = []

    def contradictions(refunds: EventBatch) -> dict[int, tuple[str, str]]:
        asked.append(refunds.number.tolist())
        return {1: ("exceeds_line", "20 is more than the 10 left of 30.")}

    intake = Intake(market, tracker, contradictions)
    refund = {"type": "refund", "order_id": "A-1", "line": 1, "amount_minor": 20}
    events = [order(), refund, refund | {"number": 1}]
    first, second, third = intake.accept({"events": events}, "adu_one")
    assert [first["status"], second["status"]] == ["accepted", "accepted"]
    assert (third["status"], third["code"]) == ("rejected", "exceeds_line")
    assert "10 left" in third["reason"]
    assert asked == [[0, 1]]
    assert logged(tracker).type.tolist() == [EventType.ORDER, EventType.REFUND]


def one(intake: Intake, event: object, secret: str | None = None) -> dict[str, Any]:
    (result,) = intake.accept({"events": [event]}, secret)
    return result


def test_an_impression_long_after_its_decision_counts_and_costs_nothing(
    intake: Intake, tracker: Tracker, slots: list[dict[str, Any]], market: Any
) -> None:
    market.clock.set(market.clock.now() + timedelta(seconds=CHARGE_SECONDS + 1))
    assert one(intake, {"type": "impression", "token": slots[1]["token"]}) == {"status": "accepted"}
    row = logged(tracker)
    assert row.price_micros.tolist() == [0]
    assert row.flags.tolist() == [FLAG_MOVED | FLAG_CONSENT]


def test_a_beacon_says_what_its_token_says(
    intake: Intake, tracker: Tracker, slots: list[dict[str, Any]], market: Any
) -> None:
    assert one(intake, {"type": "impression", "token": slots[1]["token"]}) == {"status": "accepted"}
    row = logged(tracker)
    assert row.type.tolist() == [EventType.IMPRESSION]
    assert row.price_micros.tolist() == [250_000]
    assert row.flags.tolist() == [FLAG_MOVED | FLAG_CONSENT]
    assert row.slot.tolist() == [1]
    assert bytes(row.plan[0]) == b"P" * 16
    assert bytes(row.placement[0]) == b"S" * 16
    assert bytes(row.shopper[0]) == shopper_key("u-1")
    assert row.at_us.tolist() == [micros(market.clock.now())]
    assert row.exposure_organic[0] == pytest.approx(0.3)


def test_a_beacon_counts_once_for_each_type(
    intake: Intake, tracker: Tracker, slots: list[dict[str, Any]]
) -> None:
    token = slots[0]["token"]
    kinds = ["impression", "click", "visit", "favourite", "cart", "impression", "click"]
    results = intake.accept({"events": [{"type": kind, "token": token} for kind in kinds]})
    assert [result["status"] for result in results] == ["accepted"] * 5 + ["duplicate"] * 2
    assert one(intake, {"type": "click", "token": token})["status"] == "duplicate"
    assert one(intake, {"type": "click", "token": slots[2]["token"]})["status"] == "accepted"
    assert len(logged(tracker)) == 6


def test_a_bad_event_does_not_hold_up_the_others(
    intake: Intake, tracker: Tracker, slots: list[dict[str, Any]]
) -> None:
    token = slots[0]["token"]
    events: list[Any] = [
        {"type": "click", "token": token},
        {"type": "click", "token": token[:-4] + "AAAA"},
        {"type": "click", "token": "x"},
        {"type": "click"},
        {"type": "dance", "token": token},
        {"type": "request", "placement": "search"},
        "not an object",
        None,
        {"type": "click", "token": token, "extra": 1},
        {"type": "click", "token": 5},
    ]
    results = intake.accept({"events": events})
    assert [result["status"] for result in results] == ["accepted"] + ["rejected"] * 9
    assert results[1]["code"] == "token_forged"
    assert results[2]["code"] == "token_garbled"
    assert all(result["reason"] for result in results[1:])
    assert len(logged(tracker)) == 1


def test_a_beacon_is_too_late_after_a_day(
    intake: Intake, slots: list[dict[str, Any]], market: Any
) -> None:
    market.clock.advance(timedelta(hours=24, seconds=1))
    event = {"type": "click", "token": slots[0]["token"]}
    assert one(intake, event)["code"] == "token_expired"


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_beacon_cannot_be_before_its_decision_or_in_the_future(
    intake: Intake, slots: list[dict[str, Any]], market: Any, hours: int
) -> None:
    at = rfc3339(market.clock.now() + timedelta(hours=hours))
    result = one(intake, {"type": "click", "token": slots[0]["token"], "at": at})
    assert (result["status"], result["field"]) == ("rejected", "at")


@pytest.mark.parametrize("body", [None, [], {}, {"events": []}, {"events": {}}, 5, "x"])
def test_a_body_without_events_is_refused_whole(intake: Intake, body: object) -> None:
    with pytest.raises(AdUnionError) as caught:
        intake.accept(body)
    assert (caught.value.status, caught.value.field) == (422, "events")


def test_more_than_a_thousand_events_are_refused_whole(intake: Intake) -> None:
    with pytest.raises(AdUnionError, match="at most 1000"):
        intake.accept({"events": [{}] * 1_001})


def test_a_merchant_reports_an_order_and_its_steps_by_key(
    intake: Intake, tracker: Tracker, market: Any
) -> None:
    merchant = decode(market.catalog.merchant_ids[0][4:])
    made = intake.accept(
        {
            "events": [
                order(shopper="u-1"),
                {"type": "payment", "order_id": "A-1"},
                {"type": "receipt", "order_id": "A-1"},
                {"type": "refund", "order_id": "A-1", "line": 1, "amount_minor": 100},
                {"type": "refund", "order_id": "A-1", "line": 1, "amount_minor": 50, "number": 1},
                {"type": "refund", "order_id": "A-1", "line": 1, "amount_minor": 50, "number": 1},
            ]
        },
        "adu_one",
    )
    assert [result["status"] for result in made] == ["accepted"] * 5 + ["duplicate"]
    assert {result["order"] for result in made} == {f"ord_{encode(order_key(merchant, 'A-1'))}"}
    rows = logged(tracker)
    assert rows.type.tolist() == [6, 7, 8, 9, 9]
    assert rows.text.tolist()[0] == "A-1"
    assert rows.number.tolist() == [0, 0, 0, 0, 1]
    assert bytes(rows.shopper[0]) == shopper_key("u-1")
    assert one(intake, order(shopper="u-1"), "adu_one")["status"] == "duplicate"


def test_orders_of_two_merchants_with_one_number_are_two(
    intake: Intake, slots: list[dict[str, Any]], market: Any
) -> None:
    lines = [{"item": market.catalog.ids[3], "amount_minor": 5}]
    first = one(intake, order(), "adu_one")
    second = one(intake, order(lines=lines), "adu_two")
    assert first["status"] == second["status"] == "accepted"
    assert first["order"] != second["order"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"currency": "USD"}, "currency"),
        ({"lines": []}, "lines"),
        ({"order_id": ""}, "order_id"),
        ({"order_id": "a\x00b"}, "order_id"),
        ({"shopper": "me@example.com"}, "shopper"),
        ({"shopper": "+86 138 0013 8000"}, "shopper"),
        ({"shopper": "13800138000"}, "shopper"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2020-01-01T00:00:00Z"}, "at"),
        ({"lines": [{"item": "itm_x", "amount_minor": 1}]}, "id"),
        ({"lines": [{"item": "cmp_x", "amount_minor": 1}]}, "item"),
        ({"lines": [{"item": "itm_" + encode(b"z" * 16), "amount_minor": 1}]}, "item"),
    ],
)
def test_a_bad_order_is_refused_with_the_field(
    intake: Intake, changes: dict[str, Any], field: str
) -> None:
    result = one(intake, order(**changes), "adu_one")
    assert result["status"] == "rejected"
    assert field in result["field"]


@pytest.mark.parametrize("amount", [-1, 1.5, "5", True, None, 10**18])
def test_an_amount_is_a_whole_number_of_minor_units(intake: Intake, amount: object) -> None:
    event = order()
    event["lines"][0]["amount_minor"] = amount
    assert one(intake, event, "adu_one")["status"] == "rejected"


def test_a_key_reports_only_its_own_merchants_items(intake: Intake) -> None:
    result = one(intake, order(), "adu_two")
    assert (result["status"], result["field"]) == ("rejected", "lines.0.item")


def test_a_wrong_key_is_refused_whole(intake: Intake) -> None:
    with pytest.raises(AdUnionError) as caught:
        intake.accept({"events": [order()]}, "adu_nobody")
    assert caught.value.status == 401


def test_in_the_demo_shop_a_token_stands_for_the_key_up_to_the_price(
    intake: Intake, tracker: Tracker, slots: list[dict[str, Any]], market: Any
) -> None:
    token = slots[0]["token"]
    assert one(intake, order(token=token))["status"] == "accepted"
    assert bytes(logged(tracker).shopper[0]) == shopper_key("u-1")
    dear = [{"item": slots[0]["item"], "amount_minor": 1_001}]
    assert one(intake, order(token=token, lines=dear))["field"] == "lines.0.amount_minor"
    market.storefront = False
    assert one(intake, order(token=token, order_id="A-2"))["code"] == "key_required"


def test_an_order_without_key_and_token_is_refused(intake: Intake) -> None:
    assert one(intake, order())["code"] == "key_required"
