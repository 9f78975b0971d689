from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adunion.kernel.clock import generator
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import encode
from adunion.tracking import EventType, beacon_keys, order_key, order_step_keys, shopper_key
from adunion.tracking.keys import event_key, id_texts, raw_ids

for some in (np.zeros(1, "V16"), np.frombuffer(bytes(16), "V16")):
    raw_ids(id_texts("ord", some))  # compiles


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=20))
def test_ids_are_written_as_the_kernel_writes_them_and_read_back(ids: list[bytes]) -> None:
    raw = np.frombuffer(b"".join(ids), "V16") if ids else np.zeros(0, "V16")
    texts = id_texts("ord", raw)
    assert texts == [f"ord_{encode(one)}" for one in ids]
    assert raw_ids(texts).tolist() == raw.tolist()


def test_no_id_is_sixteen_zeros() -> None:
    assert raw_ids([None]).tolist() == [bytes(16)]


def test_keys_differ_by_each_part_and_not_by_chance() -> None:
    requests = np.frombuffer(generator(2).bytes(16 * 500), "V16")
    keys = {
        key
        for kind in range(6)
        for slot in range(-1, 20)
        for key in beacon_keys(
            np.full(500, kind, np.uint8), requests, np.full(500, slot, np.int16)
        ).tolist()
    }
    assert len(keys) == 6 * 21 * 500
    steps = {
        key
        for kind in (6, 7, 8, 9)
        for line in range(4)
        for number in range(3)
        for key in order_step_keys(
            np.full(500, kind, np.uint8), requests, np.full(500, line, np.int16),
            np.full(500, number, np.int32),
        ).tolist()
    }  # fmt: skip
    assert len(steps) == 4 * 4 * 3 * 500
    assert not keys & steps


def test_keys_never_change_because_the_log_holds_them() -> None:
    assert event_key(EventType.CLICK, b"0123456789abcdef", 3) == 11194337310125689449
    assert event_key(EventType.REFUND, b"0123456789abcdef", 1, 2) == 10864142362959512377


def test_an_order_is_named_by_its_merchant_and_number() -> None:
    one, two = order_key(b"m" * 16, "A-1"), order_key(b"n" * 16, "A-1")
    assert (len(one), one == order_key(b"m" * 16, "A-1"), one == two) == (16, True, False)


@pytest.mark.parametrize("name", ["u-1", "17850", "用户🍼", "c12346.0", "a" * 128, "23800138000"])
def test_a_pseudonym_becomes_sixteen_bytes(name: str) -> None:
    assert len(shopper_key(name)) == 16


@pytest.mark.parametrize(
    "name",
    ["", "a" * 129, "x@y.cn", "Mail <me@example.com>", "+8613800138000", "138 0013 8000",
     "13800138000", "(020) 7946-0958", "\ud800"],
)  # fmt: skip
def test_contact_data_is_no_pseudonym(name: str) -> None:
    with pytest.raises(AdUnionError) as caught:
        shopper_key(name)
    assert (caught.value.field, caught.value.status) == ("shopper", 422)
    assert not name or name not in caught.value.message
