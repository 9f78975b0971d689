"""Looks, prices and moves of a merchant's people: floors, noise, and beside whom."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.audience import (
    PEOPLE_MIN,
    Move,
    People,
    Step,
    looks,
    moves,
    persona,
    special,
    steps_at,
    taken_looks,
)
from adunion.audience.liked import Liked, liked
from adunion.audience.moves import BOUGHT, LOOKED, SEEN

GREY, MINIMAL = ([look.key for look in looks()].index(key) for key in ("grey", "minimal"))


def middle(_key: str) -> float:
    return 0.5  # no noise


def have(people: int, **counts: int) -> np.ndarray:
    """(people, looks); the first so many took each."""
    keys = [look.key for look in looks()]
    found = np.zeros((people, len(keys)), bool)
    for key, count in counts.items():
        found[:count, keys.index(key)] = True
    return found


def test_what_more_of_a_group_took_than_of_others_is_special() -> None:
    found = liked(
        have(200, grey=120, minimal=60), have(1_000, grey=600, minimal=150), 200, "k", middle
    )
    assert [(each.look, each.people) for each in found] == [(GREY, 120), (MINIMAL, 60)]
    assert (found[0].share, found[0].usual) == (0.6, 0.6)
    assert (found[1].share, found[1].usual) == (0.3, 0.15)
    assert [each.look for each in special(found)] == [MINIMAL]
    assert special(found)[0].lift == pytest.approx(2)
    told = liked(have(200, grey=120), have(1_000, grey=600), 240, "k", middle)
    assert told[0].share == 120 / 240  # of the people that the segment is said to have


def test_looks_of_fewer_people_than_the_floor_are_not_told() -> None:
    assert liked(have(200, grey=PEOPLE_MIN - 1), have(1_000, grey=10), 200, "k", middle) == ()
    unlucky = liked(have(200, grey=PEOPLE_MIN), have(1_000, grey=10), 200, "k", lambda _: 0.999)
    assert unlucky == ()  # the noisy count is under it


def test_a_look_nobody_else_took_has_a_finite_lift() -> None:
    assert Liked(0, 60, 0.5, 0.0).lift == pytest.approx(500)


def test_the_last_items_tell_the_looks() -> None:
    of_items = np.zeros((3, 2), bool)
    of_items[0, 0] = of_items[2, 1] = True
    found = taken_looks(np.array([[0, 2], [1, -1], [-1, -1]], np.int32), of_items)
    assert found.tolist() == [[True, True], [False, False], [False, False]]


def people(count: int, category: int, paid: float, grey: int = 0) -> People:
    tastes = np.zeros((count, 3), np.float32)
    tastes[:, category] = 1
    zero = np.zeros(count)
    return People(
        tastes, zero.astype(np.float32), zero.astype(np.int8), have(count, grey=grey),
        np.ones((count, 4), np.float32), np.full(count, np.log(paid)),
    )  # fmt: skip


def test_a_segment_has_its_looks_its_price_and_its_taste() -> None:
    found = persona(people(100, 0, 8_912, grey=80), people(400, 0, 9_000, grey=100),
                    np.arange(3), middle)  # fmt: skip
    assert found is not None
    segment = found.segments[0]
    assert segment.price_minor == 8_900  # two digits
    assert [(each.look, each.share, each.usual) for each in segment.likes] == [(GREY, 0.8, 0.25)]
    assert segment.liking is not None
    assert segment.liking.tolist() == [1, 1, 1, 1]


def test_others_are_those_who_like_the_same_category() -> None:
    market = People(*(np.concatenate(parts) for parts in zip(
        *(vars(each).values() for each in (people(300, 0, 9_000), people(300, 1, 9_000, grey=300))),
        strict=True,
    )))  # fmt: skip
    found = persona(people(100, 0, 9_000, grey=60), market, np.arange(3), middle)
    assert found is not None
    assert found.segments[0].likes[0].usual == 0  # all who took grey like another category


def test_stages_follow_what_touched_people_by_then() -> None:
    pair = np.array([0, 1, 1, 2, 2, 3, 3, 4])
    kind = np.array([SEEN, SEEN, LOOKED, LOOKED, BOUGHT, BOUGHT, BOUGHT, SEEN])
    at_us = np.array([1, 1, 5, 1, 5, 1, 5, 9])
    assert steps_at(pair, kind, at_us, 9, 5).tolist() == [1, 2, 3, 4, 1]
    assert steps_at(pair, kind, at_us, 4, 5).tolist() == [1, 1, 2, 3, 0]


def by_step(found: tuple[Move, ...]) -> dict[tuple[Step, Step], Move]:
    return {(move.before, move.after): move for move in found}


def test_moves_are_shares_of_who_stood_there_beside_the_market() -> None:
    before = np.array([Step.INTERESTED] * 200 + [Step.INTERESTED] * 800 + [Step.NONE] * 70, np.int8)
    after = before.copy()
    after[:60] = Step.BOUGHT
    after[200:280] = Step.BOUGHT
    after[1_000:] = Step.AWARE
    mine = np.arange(len(before)) < 200
    mine[1_000:] = True
    nobody = np.zeros(len(before), np.bool_)
    found = by_step(moves(before, after, mine, nobody, middle))
    bought = found[Step.INTERESTED, Step.BOUGHT]
    assert (bought.people, bought.share, bought.usual) == (60, 0.3, 0.14)
    assert bought.usual_of == "market"
    new = found[Step.NONE, Step.AWARE]
    assert (new.people, new.share, new.usual) == (70, None, None)  # of whom, nobody knows
    none = found[Step.INTERESTED, Step.LOYAL]
    assert (none.people, none.share, none.usual, none.usual_of) == (None,) * 4
    assert (Step.AWARE, Step.NONE) not in found
    peers = (np.arange(len(before)) >= 200) & (np.arange(len(before)) < 600)
    beside = by_step(moves(before, after, mine, peers, middle))[Step.INTERESTED, Step.BOUGHT]
    assert (beside.usual, beside.usual_of) == (0.2, "category")
    few = peers & (np.arange(len(before)) < 245)
    beside = by_step(moves(before, after, mine, few, middle))[Step.INTERESTED, Step.BOUGHT]
    assert (beside.usual, beside.usual_of) == (0.14, "market")


@pytest.mark.parametrize("number", range(40, 61))
def test_a_move_under_the_floor_is_never_told(number: int) -> None:
    before = np.full(500, Step.AWARE, np.int8)
    after = before.copy()
    after[:number] = Step.INTERESTED
    for u in (0.02, 0.5, 0.98):
        found = moves(before, after, np.ones(500, bool), np.zeros(500, bool), lambda _, u=u: u)
        told = next(move.people for move in found if move.after == Step.INTERESTED
                    and move.before == Step.AWARE)  # fmt: skip
        assert told is None if number < PEOPLE_MIN else told is None or told >= PEOPLE_MIN
