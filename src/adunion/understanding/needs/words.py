"""Finding what a text says by its words: phrases it holds, and products it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from adunion.understanding.tokens import CHARS_MAX, tokens

_HEAD_FIRST = re.compile(r"[\u0e00-\u0e7fđăơư\u1ea0-\u1ef9]")  # Thai, Vietnamese
_WORDS_MAX, _WORD_CHARS_MAX = 20_000, 40  # of words whose names are remembered
_WORDS = re.compile(r"(?:[^\W_]|[\u0300-\U0010ffff])+")
_SIZES = re.compile(
    r"(?<![^\W_])\d+(?:[.x×*]\d+)*\s*-?(?:inch(?:es)?|in|cm|mm|m|ml|l|kg|g|gb|tb|w|v|mah|hz|"
    r"pcs|寸|英寸|厘米|毫升|升|公斤|斤|克|码|瓦|米)(?![a-z])", re.IGNORECASE
)  # fmt: skip
_QUERY_SHARE = 0.35  # of a match: how much of the text the phrase accounts for


class PhraseIndex:
    """Phrases by their tokens: which of them does a text hold, and how much of each."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._vocabulary: dict[str, int] = {}
        rows, columns = [], []
        for row, phrase in enumerate(phrases):
            for token in dict.fromkeys(tokens(phrase) or [phrase.lower()]):
                rows.append(row)
                columns.append(self._vocabulary.setdefault(token, len(self._vocabulary)))
        order = np.argsort(columns, kind="stable")
        self._row = np.array(rows, np.int64)[order]
        held = np.bincount(np.array(columns, np.int64), minlength=len(self._vocabulary))
        self._offsets = np.concatenate(([0], np.cumsum(held)))
        self._idf = np.log1p((len(phrases) + 0.5) / (held + 0.5))
        weight = self._idf[np.array(columns, np.int64)]
        self._whole = np.bincount(rows, weight, len(phrases))
        self._least = np.minimum(np.bincount(rows, minlength=len(phrases)), 2)

    def match(self, text: str) -> npt.NDArray[np.float64]:
        """How well each phrase fits a text, (phrases,) 0..1: 1 where both say just the same.

        One word alone of a phrase of several is no fit: a gold bar is no home bar.
        """
        shared, theirs, held = self._shared(text)
        mine = np.where(held >= self._least, shared, 0.0) / np.maximum(self._whole, 1e-9)
        return np.asarray(mine * (1 - _QUERY_SHARE + _QUERY_SHARE * np.sqrt(theirs)))

    def covered(self, text: str) -> npt.NDArray[np.float64]:
        """How much of a text each phrase holds, (phrases,) 0..1."""
        return self._shared(text)[1]

    def _shared(
        self, text: str
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Of the tokens that each phrase shares with a text: weight, share of the text, number."""
        said = dict.fromkeys(tokens(text))
        known = [self._vocabulary[token] for token in said if token in self._vocabulary]
        shared, held = np.zeros(len(self._whole)), np.zeros(len(self._whole), np.int64)
        for token in known:
            rows = self._row[self._offsets[token] : self._offsets[token + 1]]
            shared[rows] += self._idf[token]
            held[rows] += 1
        unknown = (len(said) - len(known)) * float(np.median(self._idf))
        asked = float(self._idf[known].sum()) + 0.5 * unknown
        return shared, np.minimum(shared / max(asked, 1e-9), 1.0), held


@dataclass(frozen=True)
class Mention:
    """A product that a text names."""

    product: int
    name: str
    share: float  # of the text's letters


class NameFinder:
    """Finds the names of products in a text, the longest first, in any script."""

    def __init__(self, names: dict[str, int]) -> None:
        self._spaced: dict[tuple[str, ...], tuple[str, int]] = {}
        self._unspaced: dict[str, int] = {}
        words_from: dict[str, set[int]] = {}  # a first word -> how many words such names have
        characters_from: dict[str, set[int]] = {}  # the first two -> how many characters
        for name, row in names.items():
            if _unspaced(name):
                if len(name) > 1:
                    self._unspaced.setdefault(name, row)
                    characters_from.setdefault(name[:2], set()).add(len(name))
            elif words := tuple(_words(name)):
                self._spaced.setdefault(words, (name, row))
                words_from.setdefault(words[0], set()).add(len(words))
        self._words_from = {key: sorted(sizes)[::-1] for key, sizes in words_from.items()}
        self._characters_from = {key: sorted(sizes)[::-1] for key, sizes in characters_from.items()}
        self._names_within = lru_cache(_WORDS_MAX)(self._read_word)

    def find(self, text: str) -> list[Mention]:
        """The products named, in order, none within another's name."""
        low = text[:CHARS_MAX].lower()
        letters = max(sum(map(str.isalnum, low)), 1)
        found = [*self._in_words(low, letters), *self._in_characters(low, letters)]
        return sorted(found, key=lambda mention: low.find(mention.name))

    def _in_words(self, text: str, letters: int) -> Iterable[Mention]:
        words, start = _words(text), 0
        while start < len(words):
            for size in self._words_from.get(words[start], ()):
                hit = self._spaced.get(tuple(words[start : start + size]))
                if hit:
                    length = sum(len(word) for word in words[start : start + size])
                    yield Mention(hit[1], hit[0], length / letters)
                    start += size - 1
                    break
            start += 1

    def _in_characters(self, text: str, letters: int) -> Iterable[Mention]:
        for word in text.split():
            if word.isascii():
                continue
            read = self._names_within if len(word) <= _WORD_CHARS_MAX else self._read_word
            for name in read(word):
                yield Mention(self._unspaced[name], name, len(name) / letters)

    def _read_word(self, word: str) -> tuple[str, ...]:
        """The names in a text without spaces."""
        found, start = [], 0
        while start < len(word):
            for size in self._characters_from.get(word[start : start + 2], ()):
                name = word[start : start + size]  # at the end it may be shorter
                if name in self._unspaced:
                    found.append(name)
                    start += len(name) - 1
                    break
            start += 1
        return tuple(found)


def sizeless(text: str) -> str:
    """A text without its sizes, which name no thing: "gaming monitor 27 inch"."""
    rest = " ".join(_SIZES.sub(" ", text).split())
    return rest if any(map(str.isalpha, rest)) else text


def names_the_thing(text: str, name: str) -> bool:
    """Whether a name stands where a compound says what the thing is, not what it is for.

    Last in Chinese and English, first in Thai and Vietnamese; at either end where a text of plain
    letters may be Indonesian.
    """
    low = text.lower().strip()
    first, last = low.startswith(name), low.endswith((name, f"{name}s"))
    if _HEAD_FIRST.search(low):
        return first
    return last or (low.isascii() and first)


def _unspaced(name: str) -> bool:
    """Whether a name has characters of a script that is written without spaces."""
    return any(ord(c) >= 0x2E80 or 0x0E00 <= ord(c) <= 0x0E7F for c in name)


def _words(text: str) -> list[str]:
    """Words of spaced scripts, without their plural, accents kept."""
    said = _WORDS.findall(text.lower())
    return [w[:-1] if len(w) > 3 and w[-1] == "s" and w[-2:] != "ss" else w for w in said]
