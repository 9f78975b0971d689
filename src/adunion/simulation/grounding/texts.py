"""Queries and page topics of a grounded world, from the words of its titles."""

from __future__ import annotations

from collections import Counter

import numpy as np

from adunion.simulation.world.texts import Meaning
from adunion.simulation.world.types import F64, LIVE, PAGE, SEARCH, Queries

from .titles import Titles

_WORDS_SEARCHED = 14  # with each product word
_UNSAID = frozenset("of the and with in on for to all set pack pc asstd assorted design".split())


def queries(facts: Titles, popularity: F64, locale: int) -> tuple[Queries, Meaning]:
    """For each leaf its word, alone and with the words its sold items have most."""
    rows: list[tuple[str, int, int, int, float]] = []
    for leaf, name in enumerate(facts.leaf_names):
        members = np.flatnonzero(facts.leaf == leaf)
        weight: Counter[int] = Counter()
        for item in members.tolist():
            for word in facts.item_words[item].tolist():
                if word >= 0 and facts.words[word] not in (name, *_UNSAID):
                    weight[word] += int(popularity[item])
        common = [word for word, _ in sorted(weight.items(), key=lambda each: (-each[1], each[0]))]
        space = "" if locale == 0 else " "
        said = [(name, -1)] + [
            (f"{facts.words[word]}{space}{name}", word) for word in common[:_WORDS_SEARCHED]
        ]
        rows += [
            (text, SEARCH, leaf, word, 1.0 / (rank + 1)) for rank, (text, word) in enumerate(said)
        ]
        guide, show = (
            (f"{name}选购指南", f"{name}专场直播")
            if locale == 0
            else (f"{name.capitalize()} ideas: a buying guide", f"Live tonight: {name}")
        )
        rows += [(guide, PAGE, leaf, -1, 1.0), (show, LIVE, leaf, -1, 1.0)]
    text, kind, leaf_, word_, weight_ = zip(*rows, strict=True)
    count = len(rows)
    table = Queries(list(text), np.array(kind, np.int8), np.full(count, locale, np.int8))
    return table, Meaning(
        leaf=np.array(leaf_, np.int32),
        brand=np.full(count, -1, np.int32),
        word=np.array(word_, np.int32),
        weight=np.array(weight_, np.float32),
    )
