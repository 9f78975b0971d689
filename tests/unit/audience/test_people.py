from dataclasses import replace

import numpy as np
import pytest

from adunion.audience import PEOPLE_MIN, People, persona, shares, shown_cells


def people(rows):
    """(category, price level, stage, how many) each."""
    tastes, price, stage = [], [], []
    for category, level, at, many in rows:
        one = np.zeros(4, np.float32)
        one[category] = 0.6
        one[(category + 1) % 4] = 0.4
        tastes += [one] * many
        price += [level] * many
        stage += [at] * many
    return People(np.array(tastes), np.array(price, np.float32), np.array(stage, np.int8))


MARKET = people([(0, 0.0, 0, 500), (1, 0.0, 0, 500), (2, 0.0, 0, 500), (3, 0.0, 0, 500)])


ALONE = np.arange(4)  # each category is its own parent


def middle(_key):
    return 0.5  # no noise


def test_people_fall_in_segments_by_favourite_category_and_price():
    found = persona(
        people([(0, -0.3, 1, 80), (0, 0.3, 2, 60), (2, 0.0, 0, 120)]), MARKET, ALONE, middle
    )
    told = [(s.category, s.band, s.people) for s in found.segments]
    assert told == [(2, "usual", 120), (0, "thrifty", 80), (0, "premium", 60)]
    thrifty = found.segments[1]
    assert thrifty.price_difference == pytest.approx(np.expm1(-0.3), abs=1e-3)
    assert thrifty.share == pytest.approx(80 / 260, abs=1e-3)
    assert thrifty.stages == (None,) * 3  # 80 of 80 would tell that nobody is elsewhere
    assert [a.category for a in thrifty.also] == [1]
    assert found.stages == (120, 80, 60)


def test_nobody_is_told_apart_in_a_group_under_the_floor():
    few = persona(people([(0, 0.0, 0, PEOPLE_MIN - 1)]), MARKET, ALONE, middle)
    assert few is None
    found = persona(
        people([(0, 0.0, 0, 200), (1, 0.0, 2, 30), (3, 0.5, 1, 29)]), MARKET, ALONE, middle
    )
    assert [(s.category, s.people) for s in found.segments] == [(0, 200), (-1, 60)]
    assert found.segments[1].stages == (None,) * 3
    assert found.stages == (200, None, None)
    alone = persona(people([(0, 0.0, 0, 200), (1, 0.0, 2, 30)]), MARKET, ALONE, middle)
    assert [s.category for s in alone.segments] == [0]
    assert alone.people == 200  # not 230, which would tell of the 30


def test_small_categories_are_told_of_under_their_parent():
    parents = np.array([0, 0, 0, 1])
    few = people([(0, 0.0, 0, 200), (1, 0.0, 0, 30), (2, 0.0, 0, 40), (3, 0.0, 0, 30)])
    found = persona(few, MARKET, parents, middle)
    told = [(s.category, s.parent, s.people) for s in found.segments]
    assert told == [(0, False, 200), (0, True, 70)]


def test_dear_is_what_others_who_like_the_category_do_not_pay():
    dear = people([(0, 0.5, 0, 500), (1, 0.0, 0, 500)])
    found = persona(people([(0, 0.5, 0, 100), (1, 0.5, 0, 100)]), dear, ALONE, middle)
    assert {(s.category, s.band) for s in found.segments} == {(0, "usual"), (1, "premium")}


def test_no_difference_gives_a_withheld_stage_away():
    rng = np.random.default_rng(3)
    for _ in range(200):
        counts = rng.choice([0, 7, 30, 49, 60, 90, 400], (int(rng.integers(1, 6)), 3))
        keys = [str(row) for row in range(len(counts) + 1)]
        cells = shown_cells(counts, keys, middle)
        hidden = np.array([[n is None for n in row] for row in cells])
        every = np.vstack([counts, counts.sum(0)])
        for told, known, of in zip(cells, ~hidden, every, strict=True):
            assert all(n is None or n >= PEOPLE_MIN for n in told)
            assert known.all() or not known.any() or of[~known].sum() >= PEOPLE_MIN
            assert (~known).sum() != 1
        for at in range(3):
            missing = hidden[:-1, at]
            if not hidden[-1, at]:
                assert not missing.any() or counts[missing, at].sum() >= PEOPLE_MIN
                assert missing.sum() != 1
            else:
                assert missing.any()


def test_enough_people_at_two_stages_keep_the_largest_shown():
    found = persona(people([(0, 0.0, 0, 300), (0, 0.0, 1, 60), (0, 0.0, 2, 10)]), MARKET, ALONE,
                    middle)  # fmt: skip
    assert found.segments[0].stages == found.stages == (300, None, None)


def test_dearer_people_never_have_the_lower_price():
    own = people([(0, -0.3, 0, 100), (0, 0.0, 0, 100), (0, 0.3, 0, 100)])
    rng = np.random.default_rng(5)
    usual = rng.normal(9, 1, 300)  # other categories they like cost what they cost
    own = replace(own, paid=usual + own.price_level)
    found = persona(own, MARKET, ALONE, middle)
    by_band = {s.band: s for s in found.segments}
    others = by_band["usual"].price_minor
    for band in ("thrifty", "premium"):
        apart = by_band[band].price_minor / others - 1
        assert apart == pytest.approx(by_band[band].price_difference, abs=0.07)  # two digits each


def test_one_person_more_changes_a_noisy_count_by_at_most_a_rounding_step():
    for u in (0.01, 0.3, 0.77, 0.999):
        one = persona(people([(0, 0.0, 0, 300)]), MARKET, ALONE, lambda _key, u=u: u)
        more = persona(people([(0, 0.0, 0, 301)]), MARKET, ALONE, lambda _key, u=u: u)
        assert abs(one.people - more.people) <= 5
        assert one.people % 5 == 0


def test_tastes_become_shares_and_unknown_categories_do_not_count():
    found = shares(np.array([[1, -1], [0, 2]], np.int32), np.array([[3, 9], [1, 3]], np.float32), 3)
    assert found.tolist() == [[0, 1, 0], [0.25, 0, 0.75]]
