"""Which items are of one kind, so that one replaces the other and does not go with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from adunion.understanding.tokens import tokens

_OVERLAP = 0.5
_PAIR_TITLES = 3  # titles that hold two words in a row before these name a kind
_NO_KIND = frozenset(
    "red blue green pink white black grey gray ivory cream small large medium mini big set pack "
    "vintage retro design assorted new of box 红色 蓝色 黑色 白色 粉色 新款 套装".split()
)


class Kinds:
    """Tells items of one kind apart from those that go together.

    Of one kind are items of the same category path, of the same named product, or whose titles
    share most of their words or a pair of words that names a kind, as in "lunch bag".
    """

    def __init__(
        self,
        titles: Sequence[str],
        categories: Sequence[str] | None = None,
        products: Sequence[int] | None = None,
    ) -> None:
        self._words = [[w for w in tokens(title) if w not in _NO_KIND] for title in titles]
        self._categories = categories
        self._products = products
        held = Counter(pair for words in self._words for pair in set(_pairs(words)))
        self._naming = {pair for pair, count in held.items() if count >= _PAIR_TITLES}

    def alike(self, item: int, others: Iterable[int]) -> bool:
        """Whether an item is of one kind with any of the others."""
        return any(self._same(item, other) for other in others)

    def _same(self, a: int, b: int) -> bool:
        for known, none in ((self._categories, ""), (self._products, -1)):
            if known is not None and known[a] != none and known[a] == known[b]:
                return True
        first, second = set(self._words[a]), set(self._words[b])
        if first and len(first & second) >= _OVERLAP * len(first | second):
            return True
        shared = set(_pairs(self._words[a])) & set(_pairs(self._words[b]))
        return bool(shared & self._naming)


def _pairs(words: list[str]) -> list[tuple[str, str]]:
    return list(pairwise(words))
