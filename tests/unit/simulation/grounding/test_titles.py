from __future__ import annotations

import numpy as np

from adunion.simulation.grounding.titles import group, singular, tokens, understand


def test_words_of_a_title_are_lower_case_and_without_numbers():
    assert tokens("SET OF 3 CAKE TINS, Pantry-Design 2") == [
        "set",
        "of",
        "cake",
        "tins",
        "pantry",
        "design",
    ]


def test_a_chinese_run_stands_by_its_last_two_characters():
    assert tokens("泽音 液态硅胶手机壳 Pro") == ["泽音", "机壳", "pro"]


def test_a_plural_is_its_singular_where_that_is_a_word():
    known = {"bag", "box", "bags", "boxes", "glass"}
    assert singular("bags", known) == "bag"
    assert singular("boxes", known) == "box"
    assert singular("glass", known) == "glass"


def test_items_belong_to_the_word_that_ends_most_titles():
    titles = [
        "LUNCH BAG",
        "JUMBO BAG",
        "RED BAGS",
        "LUNCH BAG RED RETROSPOT",
        "TIN MUG",
        "BLUE MUG",
    ]
    facts = understand([*titles, "ODDITY"], 2)
    names = [facts.leaf_names[leaf] for leaf in facts.leaf]
    assert names == ["bag", "bag", "bag", "bag", "mug", "mug", "other"]
    lunch = facts.words.index("lunch")
    assert lunch in facts.item_words[0]
    assert lunch not in facts.item_words[1]


def test_leaves_bought_together_are_grouped():
    together = np.zeros((6, 6))
    for first, second in ((0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)):
        together[first, second] = together[second, first] = 200.0
    found = group(together, np.full(6, 10), 2, seed=1)
    assert len(set(found[:3].tolist())) == len(set(found[3:].tolist())) == 1
    assert found[0] != found[3]
