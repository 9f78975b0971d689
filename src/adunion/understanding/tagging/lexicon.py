"""Words and what they tended to be: in tagged titles and in searches.

A word's code has 2 bits a kind (product, brand, model, attribute): 0 never, 1 seldom, 2 at times, 3
mostly. For searches the kinds are: ends a search, starts one, and how often (log scale).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from .corpus import Bounds
from .types import CODES, SPAN_MAX

KINDS = tuple(CODES)
END_MAX = 7
ENDS_MIN = 3
Counts = tuple[Counter[str], Counter[tuple[str, str]]]
"""How often each word occurs, and how often as a part of each kind."""


def substrings(text: str, longest: int = SPAN_MAX) -> Iterator[tuple[int, int, str]]:
    """(start, length, text) of every substring."""
    for start in range(len(text)):
        for length in range(1, min(longest, len(text) - start) + 1):
            yield start, length, text[start : start + length]


def count_parts(titles: Iterable[tuple[str, list[Bounds]]]) -> Counts:
    """Counts over lower-case titles of every word that is a part."""
    kept = [(text.lower(), parts) for text, parts in titles]
    named: Counter[tuple[str, str]] = Counter()
    for text, parts in kept:
        named.update(_named(text, parts))
    words = {word for word, _ in named}
    seen: Counter[str] = Counter()
    for text, _ in kept:
        seen.update(word for _, _, word in substrings(text) if word in words)
    return seen, named


def code(word: str, counts: Counts, own: Counts | None = None) -> int:
    """The code of a word; without what its `own` title says, while that one is learnt from."""
    seen, named = counts
    times = seen[word] - (own[0][word] if own else 0)
    found = 0
    if times <= 0:
        return 0
    for at, kind in enumerate(KINDS):
        hits = named[word, kind] - (own[1][word, kind] if own else 0)
        if hits > 0:
            found |= _level(hits / (times + 0.5)) << 2 * at
    return found


def own_counts(text: str, parts: list[Bounds], words: Counter[str]) -> Counts:
    """What one title adds to the counts."""
    lower = text.lower()
    seen = Counter(word for _, _, word in substrings(lower) if word in words)
    return seen, _named(lower, parts)


def search_codes(searches: Iterable[str]) -> dict[str, int]:
    """Codes of words that end searches: products tend to, and brands to start them."""
    seen: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    starts: Counter[str] = Counter()
    kept = [text.lower() for text in searches]
    for text in kept:
        ends.update(text[-n:] for n in range(2, min(END_MAX, len(text)) + 1))
        starts.update(text[:n] for n in range(2, min(4, len(text)) + 1))
    words = {word for word, n in (ends + starts).items() if n >= ENDS_MIN}
    for text in kept:
        seen.update(word for _, _, word in substrings(text, END_MAX) if word in words)
    found = {}
    for word in words:
        mostly_ends = _level(ends[word] / seen[word]) if ends[word] >= ENDS_MIN else 0
        mostly_starts = _level(starts[word] / seen[word]) if starts[word] >= ENDS_MIN else 0
        often = min(int(math.log2(max(ends[word], 1))) // 2, 3)
        found[word] = mostly_ends | mostly_starts << 2 | often << 4
    return found


def _level(share: float) -> int:
    return 3 if share > 0.66 else 2 if share > 0.33 else 1


def _named(text: str, parts: list[Bounds]) -> Counter[tuple[str, str]]:
    return Counter((text[a:b], kind) for a, b, kind in parts if b - a <= SPAN_MAX)
