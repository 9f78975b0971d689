"""Phrases by their words."""

from adunion.understanding.needs.words import PhraseIndex, sizeless


def test_one_word_of_several_is_no_fit():
    index = PhraseIndex(["home bar", "家里装个吧台", "insomnia"])
    assert index.match("return gold bar").tolist() == [0, 0, 0]
    assert index.match("a home bar")[0] > 0.9
    assert index.match("my insomnia")[2] > 0.5


def test_sizes_name_no_thing():
    assert sizeless("gaming monitor 27 inch") == "gaming monitor"
    assert sizeless("手机壳 6.7寸") == "手机壳"
    assert sizeless("iphone 15 case") == "iphone 15 case"
    assert sizeless("500ml") == "500ml"
