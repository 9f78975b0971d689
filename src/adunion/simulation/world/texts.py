"""Makes the texts people type and read: search queries, page topics and live-room titles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adunion.kernel.clock import generator

from .lexicon import Lexicon
from .types import F32, I32, LIVE, LOCALES, PAGE, SEARCH, Flags, Queries
from .vocabulary import Leaf, Text

_BRANDS_SEARCHED = 6  # of a category, the commonest first


@dataclass(frozen=True)
class Meaning:
    """What a text asks for, shape (Q,); -1 where it does not say."""

    leaf: I32
    brand: I32
    word: I32
    weight: F32  # popularity within its leaf, locale and kind


def texts(lexicon: Lexicon, seed: int, stocked: Flags) -> tuple[Queries, Meaning]:
    """Queries, pages and rooms for every leaf that has items (`stocked`, shape (L,)).

    Popularity falls as 1 / rank within a leaf; plain product words come first.
    """
    rng = generator(seed, 21)
    rows: list[tuple[str, int, int, int, int, int, float]] = []
    for leaf_row, leaf in enumerate(lexicon.leaves):
        if not stocked[leaf_row]:
            continue
        for locale in range(len(LOCALES)):
            rows += _searches(lexicon, rng, leaf_row, leaf, locale)
            for kind in (PAGE, LIVE):
                rows += [
                    (text, kind, locale, leaf_row, -1, -1, 1.0)
                    for text in _topics(leaf, locale, kind)
                ]
    text, kind_, locale_, leaf_, brand, word, weight = zip(*rows, strict=True)
    queries = Queries(list(text), np.array(kind_, np.int8), np.array(locale_, np.int8))
    return queries, Meaning(
        np.array(leaf_, np.int32),
        np.array(brand, np.int32),
        np.array(word, np.int32),
        np.array(weight, np.float32),
    )


def _searches(
    lexicon: Lexicon, rng: np.random.Generator, leaf_row: int, leaf: Leaf, locale: int
) -> list[tuple[str, int, int, int, int, int, float]]:
    top = int(lexicon.leaf_top[leaf_row])
    first = int(np.searchsorted(lexicon.brand_top, top))
    brands = lexicon.tops[top].brands[:_BRANDS_SEARCHED]
    noun, ids = leaf.nouns[0], lexicon.word_ids
    plain = [
        (each[locale], -1, -1 if row == 0 else ids[each[0]]) for row, each in enumerate(leaf.nouns)
    ]
    branded = [(_join(each, noun, locale), first + row, -1) for row, each in enumerate(brands)]
    detailed = [
        (_join(each, leaf.nouns[row % len(leaf.nouns)], locale), -1, ids[each[0]])
        for row, each in enumerate((*leaf.words, *leaf.specs))
    ]
    asked = [(each[locale], -1, -1) for each in leaf.problems]
    rare = branded + detailed + asked
    order = [*range(len(plain)), *(rng.permutation(len(rare)) + len(plain)).tolist()]
    ranked = [(plain + rare)[row] for row in order]
    return [
        (_spoken(text, locale), SEARCH, locale, leaf_row, brand, word, (rank + 1.0) ** -1.0)
        for rank, (text, brand, word) in enumerate(ranked)
    ]


def _topics(leaf: Leaf, locale: int, kind: int) -> list[str]:
    noun, name = leaf.nouns[0][locale], leaf.name[locale]
    word = leaf.words[0][locale]
    if kind == LIVE:
        return [f"{noun}专场直播 今晚福利"] if locale == 0 else [f"Live tonight: {noun} deals"]
    if locale == 0:
        return [f"{name}选购指南：{word}{noun}怎么选", f"{noun}实测对比，哪款值得买"]
    return [
        f"{name} buying guide: how to choose a {word} {noun}",
        f"We tested {noun}: which one is worth it",
    ]


def _join(first: Text, noun: Text, locale: int) -> str:
    return f"{first[0]}{noun[0]}" if locale == 0 else f"{first[1]} {noun[1]}"


def _spoken(text: str, locale: int) -> str:
    return text if locale == 0 else text.lower()
