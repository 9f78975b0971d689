"""Other ways to say a query that the index may know: parts, joins, spelling, pinyin, synonyms."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from itertools import pairwise
from typing import Any

from .pinyin import Pinyin
from .synonyms import Synonyms
from .types import Alternative, Query
from .words import CONCEPTS_MAX, codes, query_pieces

_JOINED, _PARTS, _SPLIT, _SPELLED, _SYNONYM, _BRAND, _PINYIN = (
    1.0, 0.7, 0.9, 0.8, 0.6, 0.95, 0.9,
)  # fmt: skip
_SPELL_LETTERS_MIN = 4
_SPELL_MAX = 3
_RARE = 3  # a word that fewer items say may be a misspelling of one that many say
_COMMONER = 20


class Rewriter:
    """Reads queries with the words of one index; safe for many threads."""

    def __init__(self, frequency: dict[str, int], synonyms: Synonyms) -> None:
        """`frequency`: by token, how many items say it; only those that some item says."""
        self._frequency = frequency
        self._synonyms = synonyms
        self._by_length: dict[int, list[str]] | None = None
        self._pinyin = Pinyin({**dict.fromkeys(synonyms.words(), 1), **frequency})

    def read(self, text: str) -> Query:
        """The concepts of a query, at most 16, and what else may stand for them."""
        found = query_pieces(text)
        concepts: list[str] = []
        alternatives: list[Alternative] = []
        for piece in found:
            here = len(concepts)
            if _is_unspaced(piece[0]):
                concepts += _apart(piece, self._frequency)
            else:
                concepts.append(piece[0])
                if len(piece) > 1:
                    alternatives.append(Alternative(here, here, tuple(piece[1:]), _PARTS))
        concepts = concepts[:CONCEPTS_MAX]
        alternatives = [each for each in alternatives if each.last < len(concepts)]
        for rule in (self._joins, self._splits, self._spellings, self._said_otherwise):
            alternatives += rule(concepts)
        alternatives += self._from_pinyin(concepts)
        known = [each for each in alternatives if all(t in self._frequency for t in each.tokens)]
        return Query(text, concepts, known, codes(text))

    def _joins(self, concepts: Sequence[str]) -> Iterator[Alternative]:
        """`head set` as `headset`."""
        for at, (left, right) in enumerate(pairwise(concepts)):
            if left.isascii() and right.isascii():
                yield Alternative(at, at + 1, (left + right,), _JOINED)

    def _splits(self, concepts: Sequence[str]) -> Iterator[Alternative]:
        """`powerbank` as `power bank`, where nobody writes it in one."""
        for at, word in enumerate(concepts):
            if word in self._frequency or not word.isascii() or not word.isalpha():
                continue
            parts = [(word[:cut], word[cut:]) for cut in range(3, len(word) - 2)]
            both = [p for p in parts if p[0] in self._frequency and p[1] in self._frequency]
            if both:
                best = max(both, key=lambda p: min(self._frequency[p[0]], self._frequency[p[1]]))
                yield Alternative(at, at, best, _SPLIT)

    def _spellings(self, concepts: Sequence[str]) -> Iterator[Alternative]:
        """Words of the index one or two letters away from one that hardly any item says."""
        for at, word in enumerate(concepts):
            own = self._frequency.get(word, 0)
            if own >= _RARE or not word.isascii() or not word.isalpha():
                continue
            if len(word) < _SPELL_LETTERS_MIN:
                continue
            for near, likeness in self._near(word, max(own * _COMMONER, 1)):
                yield Alternative(at, at, (near,), _SPELLED * likeness)

    def _near(self, word: str, frequency_min: int) -> list[tuple[str, float]]:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if self._by_length is None:
            lengths: dict[int, list[str]] = {}
            for token in self._frequency:
                if token.isascii() and token.isalpha() and len(token) >= _SPELL_LETTERS_MIN - 1:
                    lengths.setdefault(len(token), []).append(token)
            self._by_length = lengths
        apart = 1 if len(word) < 7 else 2
        found: list[tuple[str, float]] = []
        for length in range(len(word) - apart, len(word) + apart + 1):
            matches: Any = process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance,
                score_cutoff=apart, limit=8,
            )  # fmt: skip
            found += [(token, distance) for token, distance, _ in matches]
        frequent = [
            (token, 1 - distance / len(word) - 0.1 * (token[0] != word[0]), distance)
            for token, distance in found
            if self._frequency[token] >= frequency_min and token != word
        ]
        frequent.sort(key=lambda each: (each[2], -self._frequency[each[0]], each[0]))
        return [(token, likeness) for token, likeness, _ in frequent[:_SPELL_MAX]]

    def _said_otherwise(self, concepts: Sequence[str]) -> Iterator[Alternative]:
        for first, last, tokens in self._synonyms.of(concepts):
            worth = _BRAND if self._synonyms.is_brand(tokens) else _SYNONYM
            yield Alternative(first, last, tokens, worth)

    def _from_pinyin(self, concepts: Sequence[str]) -> Iterator[Alternative]:
        """`shouji ke` as 手机, 机壳; and a Chinese word that no item says as one that sounds so."""
        known: Callable[[str], bool] = self._frequency.__contains__
        for first, last, tokens in self._pinyin.of(concepts, known):
            yield Alternative(first, last, tokens, _PINYIN)
            for others in self._synonyms.whole(tokens):
                yield Alternative(first, last, others, _PINYIN * _SYNONYM)


def _is_unspaced(token: str) -> bool:
    return not token[0].isascii() and ord(token[0]) > 0x0DFF


def _apart(pairs: Sequence[str], known: Container[str]) -> list[str]:
    """The overlapping pairs of unspaced text without those that straddle two words.

    They are pairs that no item says beside pairs that some do: 秀礼 of 雪花秀礼盒. Of several in a
    row those between the outer ones are left, as a word that no item says.
    """
    kept: list[str] = []
    at = 0
    while at < len(pairs):
        end = at
        while end < len(pairs) and pairs[end] not in known:
            end += 1
        first, last = at, end
        if end < len(pairs) and (at > 0 or end - at > 1):
            last -= 1
        if at > 0 and last - first > 1:
            first += 1
        kept += pairs[first : max(last, first)]
        kept += pairs[end : end + 1]
        at = end + 1
    return kept
