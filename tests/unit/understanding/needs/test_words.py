"""Phrases by their words."""

from adunion.understanding.needs.words import PhraseIndex


def test_one_word_of_several_is_no_fit():
    index = PhraseIndex(["home bar", "家里装个吧台", "insomnia"])
    assert index.match("return gold bar").tolist() == [0, 0, 0]
    assert index.match("a home bar")[0] > 0.9
    assert index.match("my insomnia")[2] > 0.5
