from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Engine

from adunion.attribution import Credits, LastClick, of_lines, of_orders, save, why
from adunion.kernel.clock import ManualClock, micros
from adunion.kernel.ids import encode
from adunion.tracking import FLAG_MOVED, NO_ID, EventType, concat, events

pytestmark = pytest.mark.integration
ITEM, PLAN, LINK = (np.frombuffer(letter * 16, "V16") for letter in (b"i", b"p", b"l"))
SHOPPER, ORDERS = np.frombuffer(b"s" * 16, "V16"), np.frombuffer(b"1" * 16 + b"2" * 16, "V16")


def credited(clock: ManualClock) -> Credits:
    now = micros(clock.now())
    click = events(
        1, type=EventType.CLICK, at_us=now - 7_200_000_000, item=ITEM, plan=PLAN, link=LINK,
        shopper=SHOPPER, placement=PLAN, flags=FLAG_MOVED, exposure=0.5, exposure_organic=0.25,
    )  # fmt: skip
    orders = events(
        2, type=EventType.ORDER, at_us=np.array([now, now - 9_000_000_000]), order=ORDERS, line=1,
        item=np.repeat(ITEM, 2), shopper=np.repeat(SHOPPER, 2), amount_minor=np.array([700, 800]),
    )  # fmt: skip
    return LastClick(ITEM, np.zeros(1, np.int32)).credit(concat([click, orders]))


def test_credits_are_written_once_and_read_back(engine: Engine, clock: ManualClock) -> None:
    given = credited(clock)
    with engine.begin() as conn:
        assert save(conn, given) == 2
        assert save(conn, given) == 0
        first, second = of_orders(conn, [f"ord_{encode(b * 16)}" for b in (b"1", b"2")])
    assert (first.plan_id, first.link_id) == (
        f"cmp_{encode(b'p' * 16)}",
        f"lnk_{encode(b'l' * 16)}",
    )
    assert (first.amount_minor, first.exposure, first.exposure_organic) == (700, 0.5, 0.25)
    assert first.click_at == clock.now() - timedelta(hours=2)
    assert (second.plan_id, second.link_id, second.click_at) == (None, None, None)
    assert "2 小时" in why(first, "zh-CN")
    assert why(second, "en").startswith("No plan is credited: the item was not clicked")


def test_credits_of_lines_come_in_the_order_asked_for(engine: Engine, clock: ManualClock) -> None:
    given = credited(clock)
    with engine.begin() as conn:
        save(conn, given)
        lines, returned = np.array([1, 1, 9], np.int16), micros(clock.now()) + np.arange(3)
        found = of_lines(conn, ORDERS[[1, 0, 0]], lines, returned)
    assert found.at_us.tolist() == [*given.at_us[[1, 0]].tolist(), returned[2]]
    assert found.amount_minor.tolist() == [800, 700, 0]
    assert (found.plan != NO_ID).tolist() == [False, True, False]
    assert found.click_at_us.tolist() == [-1, int(given.click_at_us[0]), -1]
    assert found.placement[1] == PLAN[0]
