import numpy as np
import pytest

from adunion.kernel.clock import ManualClock, micros
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory, decode, encode


def test_ids_sort_by_time(clock: ManualClock) -> None:
    make = IdFactory(clock, seed=3)
    first = make("itm")
    clock.set(clock.now().replace(hour=1))
    assert first < make("itm")
    assert first.startswith("itm_")
    assert len(first) == 4 + 26


def test_text_and_bytes_are_inverse() -> None:
    raw = bytes(range(16))
    assert decode(encode(raw)) == raw


@pytest.mark.parametrize(
    "text",
    ["", "0" * 25, "8" + "0" * 25, "U" * 26, "é" * 26, "a" * 26, "+" + "0" * 25, "0_" * 13,
     " " + "0" * 25, "٣" * 26],
)  # fmt: skip
def test_what_is_not_an_id_is_refused(text: str) -> None:
    with pytest.raises(AdUnionError):
        decode(text)


def test_batches_carry_their_times(clock: ManualClock) -> None:
    at = np.array([micros(clock.now()), micros(clock.now()) + 5_000_000], np.int64)
    raw = IdFactory(clock, seed=3).raw_batch(at)
    assert raw.shape == (2,)
    assert [int.from_bytes(bytes(r)[:6], "big") for r in raw] == list(at // 1000)


def test_one_seed_gives_the_same_ids(clock: ManualClock) -> None:
    assert IdFactory(clock, seed=3)("cmp") == IdFactory(clock, seed=3)("cmp")


def test_many_ids_at_once_are_distinct_sorted_and_as_one_by_one(clock: ManualClock) -> None:
    made = IdFactory(clock, seed=3).batch("itm", 1000)
    assert made == sorted(set(made))
    assert all(encode(decode(each[4:])) == each[4:] for each in made)


def test_ids_of_one_millisecond_are_in_order(clock: ManualClock) -> None:
    for ids in (IdFactory(clock, seed=3), IdFactory()):
        made = [ids("edt") for _ in range(2_000)]
        assert made == sorted(set(made))
