from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given as of
from hypothesis import settings
from hypothesis import strategies as st

from adunion.kernel.id_columns import IdTable, distinct, empty_table, fill, given, words_of

IDS = st.binary(min_size=16, max_size=16) | st.integers(0, 300).map(lambda n: n.to_bytes(16, "big"))


def column(ids: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(ids), "V16")


@settings(max_examples=200, deadline=None, derandomize=True)
@of(known=st.sets(IDS, max_size=20), others=st.lists(IDS, max_size=20))
def test_every_id_is_found_where_it_is_and_no_other(known: set[bytes], others: list[bytes]) -> None:
    order = sorted(known)
    wanted = [*order, *others]
    expected = [order.index(one) if one in known else -1 for one in wanted]
    assert IdTable(column(order)).rows(column(wanted)).tolist() == expected


@pytest.mark.parametrize("step", [2, 3])
def test_ids_that_do_not_lie_side_by_side_are_found_too(step: int) -> None:
    ids = column([n.to_bytes(16, "little") for n in range(40)])
    known = np.sort(ids)[::step]
    assert IdTable(known).rows(known).tolist() == list(range(len(known)))
    assert (IdTable(known).rows(ids) >= 0).sum() == len(known)


@settings(max_examples=200, deadline=None, derandomize=True)
@of(given_ids=st.lists(IDS, max_size=40))
def test_different_ids_are_those_of_numpy(given_ids: list[bytes]) -> None:
    ids = column(given_ids)
    expected, places = np.unique(ids, return_inverse=True)
    found, codes = distinct(ids)
    assert found.tolist() == expected.tolist()
    assert codes.tolist() == places.tolist()


def test_an_id_is_given_where_any_of_its_bytes_is_not_zero() -> None:
    ids = [bytes(16), b"\1" + bytes(15), bytes(15) + b"\1", bytes(7) + b"\1" + bytes(8), bytes(16)]
    assert given(column(ids)).tolist() == [any(each) for each in ids]
    assert given(column([])).tolist() == []


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("step", [1, 2, 256, 2**16, 2**24, 2**40])
def test_ids_made_in_a_row_do_not_crowd_a_table(step: int, order: Literal["big", "little"]) -> None:
    first, count = 0x0192_3456_789A_7000_8000_0000_0000_0000, 5_000
    ids = column([(first + n * step).to_bytes(16, order) for n in range(count)])
    table = empty_table(count)
    fill(words_of(ids), np.arange(count), table)
    free = np.flatnonzero(table < 0)
    assert np.diff(free).max() < 40  # places to look through at most
