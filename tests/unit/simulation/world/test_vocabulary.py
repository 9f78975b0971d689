from __future__ import annotations

import numpy as np

from adunion.simulation.world.lexicon import lexicon
from adunion.simulation.world.vocabulary import load, season


def texts():
    for top in load():
        yield from (top.name, *top.brands, *top.series)
        for leaf in top.leaves:
            yield from (leaf.name, *leaf.nouns, *leaf.words, *leaf.specs, *leaf.problems)


def test_there_are_at_least_16_categories_each_with_subcategories():
    assert len(load()) >= 16
    assert min(len(top.leaves) for top in load()) >= 5


def test_every_text_is_in_both_languages():
    for chinese, english in texts():
        assert chinese.strip()
        assert english.strip()
        assert english.isascii()


def test_every_leaf_has_words_enough_for_different_titles():
    for leaf in lexicon().leaves:
        assert min(len(leaf.nouns), len(leaf.specs)) >= 2, leaf.name
        assert len(leaf.words) >= 3, leaf.name
        assert leaf.price_median > 0
        assert 0 < leaf.returns < 0.3
        assert leaf.cycle_days >= 7


def test_leaf_and_brand_names_are_distinct():
    leaves = [leaf.name[0] for leaf in lexicon().leaves]
    brands = [brand[0] for brand in lexicon().brands]
    assert len(set(leaves)) == len(leaves)
    assert len(set(brands)) == len(brands)


def test_a_phone_case_goes_with_a_lanyard_and_a_stand_and_not_with_a_case():
    words = lexicon()
    rows = {leaf.name[0]: row for row, leaf in enumerate(words.leaves)}
    strength = words.complements()[rows["手机壳"]]
    best = set(np.argsort(-strength)[:3].tolist())
    assert {rows["手机挂绳"], rows["手机支架"]} <= best
    assert strength[rows["手机壳"]] == 0
    assert strength[rows["猫粮"]] == 0


def test_formula_goes_with_bottles():
    words = lexicon()
    rows = {leaf.name[0]: row for row, leaf in enumerate(words.leaves)}
    assert words.complements()[rows["奶粉"], rows["奶瓶"]] == 1.0


def test_repeat_cycles_are_believable():
    cycle = {leaf.name[0]: leaf.cycle_days for leaf in lexicon().leaves}
    assert cycle["奶粉"] == 30
    assert cycle["猫粮"] == 35
    assert cycle["手机"] == 700


def test_a_season_has_mean_1_and_peaks_where_it_says():
    months = season([6, 7], 1.0)
    assert abs(months.mean() - 1) < 1e-6
    assert set(np.argsort(-months)[:2].tolist()) == {5, 6}
    assert months[4] > months[0]
