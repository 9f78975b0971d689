"""Chinese typed by its sound (`shouji ke`, `shoujike`), or with a sign that sounds alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

_RUN_MAX = 12
_LIKE_MAX = 3


class Pinyin:
    """Knows the pairs of characters that items say, by their sound."""

    def __init__(self, frequency: Mapping[str, int]) -> None:
        self._frequency = frequency
        self._pairs: dict[str, list[str]] | None = None

    def of(
        self, concepts: Sequence[str], known: Callable[[str], bool]
    ) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """First and last concept and the pairs they sound like, all of which some item says."""
        for at, token in enumerate(concepts):
            if len(token) == 2 and _is_han(token) and not known(token):
                for pair in self._sounding(sound(token)):
                    yield at, at, (pair,)
        for first, last in _latin_runs(concepts, known):
            syllables = split("".join(concepts[first : last + 1]))
            if syllables is None or not 2 <= len(syllables) <= _RUN_MAX:
                continue
            sounds = ["".join(both) for both in pairwise(syllables)]
            pairs = [self._sounding(each)[:1] for each in sounds]
            if all(pairs):
                yield first, last, tuple(pair for some in pairs for pair in some)

    def _sounding(self, said: str) -> list[str]:
        """Pairs of that sound, the most frequent first."""
        if self._pairs is None:
            pairs: dict[str, list[str]] = {}
            for token in self._frequency:
                if len(token) == 2 and _is_han(token):
                    pairs.setdefault(sound(token), []).append(token)
            for some in pairs.values():
                some.sort(key=lambda token: (-self._frequency[token], token))
            self._pairs = pairs
        return self._pairs.get(said, [])[:_LIKE_MAX]


def _latin_runs(concepts: Sequence[str], known: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Runs of words in Latin letters of which some are not words of the index."""
    first = 0
    while first < len(concepts):
        last = first
        while last < len(concepts) and concepts[last].isascii() and concepts[last].isalpha():
            last += 1
        if last > first and not all(known(token) for token in concepts[first:last]):
            yield first, last - 1
        first = max(last, first + 1)


def _is_han(token: str) -> bool:
    return all("㐀" <= char <= "鿿" for char in token)


def sound(text: str) -> str:
    """The syllables of some characters in one, without tones."""
    return "".join(_of_char(char) for char in text)


@lru_cache(maxsize=30_000)
def _of_char(char: str) -> str:
    from pypinyin import Style, pinyin

    return str(pinyin(char, style=Style.NORMAL)[0][0]).replace("ü", "v")


@lru_cache(maxsize=1)
def _syllables() -> frozenset[str]:
    """All syllables of the language, from the sounds of its common characters."""
    common = (chr(code) for code in range(0x4E00, 0x9FA6))
    return frozenset(s for s in map(_of_char, common) if s.isascii() and s.isalpha())


@lru_cache(maxsize=5_000)
def split(letters: str) -> tuple[str, ...] | None:
    """Letters as syllables, the longest first; None where they are not all syllables."""
    if not letters:
        return ()
    for size in range(min(6, len(letters)), 0, -1):
        if letters[:size] in _syllables():
            rest = split(letters[size:])
            if rest is not None:
                return (letters[:size], *rest)
    return None
