"""What was taught comes back as it was taught; what was not is left to the network."""

import numpy as np

from adunion.understanding.tagging.chain import LABELS, parts
from adunion.understanding.tagging.corpus import bounds, marked
from adunion.understanding.tagging.memory import Memory, memory

TEXT = "海尔新款三门变频冰箱家用节能"
LABELLED = marked([(0, 2, "HPPX"), (4, 6, "MISC"), (8, 10, "HCCX")], len(TEXT))


def _nothing(length: int):
    return np.full((length, len(LABELS)), 1 / len(LABELS))


def _said(held: Memory, title: str):
    return [part for part, _ in parts(held.correct(title, _nothing(len(title))))]


def test_a_taught_title_comes_back_as_it_was_taught_in_either_case() -> None:
    held = memory([("Haier冰箱", marked([(0, 5, "HPPX"), (5, 7, "HCCX")], 7)), (TEXT, LABELLED)])
    assert _said(held, TEXT) == bounds(LABELLED)
    assert _said(held, "HAIER冰箱") == [(0, 5, "HPPX"), (5, 7, "HCCX")]


def test_of_a_changed_title_what_stands_as_it_was_taught_is_remembered() -> None:
    held = memory([(TEXT, LABELLED)])
    longer = f"包邮特价{TEXT}正品"
    assert (12, 14, "HCCX") in _said(held, longer)
    other = "男士春季运动鞋透气跑步鞋"
    np.testing.assert_array_equal(held.correct(other, _nothing(12)), _nothing(12))


def test_taught_differently_the_more_frequent_holds_and_then_the_later() -> None:
    first, last = marked([(0, 2, "HPPX")], len(TEXT)), marked([(0, 2, "HCCX")], len(TEXT))
    assert _said(memory([(TEXT, first), (TEXT, last)]), TEXT) == [(0, 2, "HCCX")]
    assert _said(memory([(TEXT, first), (TEXT, first), (TEXT, last)]), TEXT) == [(0, 2, "HPPX")]


def test_two_titles_that_share_a_window_come_back_each_as_it_was_taught() -> None:
    other = TEXT[:8] + "冰柜商用立式"
    differently = marked([(0, 2, "HCCX"), (8, 10, "HCCX")], len(other))
    held = memory([(TEXT, LABELLED), (other, differently), (other, differently), ("贝", ["O"])])
    assert _said(held, TEXT) == bounds(LABELLED)
    assert _said(held, other) == bounds(differently)
    assert (0, 2, "HCCX") in _said(held, TEXT[:8])  # only its windows are known: the more frequent
    single = memory([("贝", ["O"]), ("碗", ["B-HCCX"])])
    assert [_said(single, one) for one in "贝碗"] == [[], [(0, 1, "HCCX")]]


def test_an_empty_memory_and_letters_that_become_two_in_lower_case_change_nothing() -> None:
    nothing = _nothing(2)
    np.testing.assert_array_equal(memory([]).correct("İa", nothing), nothing)
    np.testing.assert_array_equal(memory([(TEXT, LABELLED)]).correct("İa", nothing), nothing)
