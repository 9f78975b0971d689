"""What shops mean by words, from a file that operators can edit: synonyms and accessories."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ..lists import bad_lists, joined, read_lists
from ..tokens import tokens
from .words import plain, query_pieces

_WORDS_MAX = 12  # a Thai word of ten letters is nine pairs
_THING_MIN = 2  # characters, of a part of what is asked for
_NO_TAIL = "装邮控克"  # behind it: 盒装 says how 奶粉 is packed, not what it is for
_CHINESE = re.compile("[\u4e00-\u9fff]+")
_TITLE_CHARS_MAX = 200
_BESIDE = "and|for|from|in|incl|including|on|or|plus|to|with"


class Synonyms:
    """Groups of texts that mean the same, and names of one brand; read as queries are."""

    def __init__(
        self,
        groups: Sequence[Sequence[str]] = (),
        accessories: Sequence[str] = (),
        tails: Sequence[str] = (),
        brands: Sequence[Sequence[str]] = (),
    ) -> None:
        self._tails = tuple(tail for tail in tails if not tail.isascii())
        either = "|".join(map(re.escape, sorted(self._tails, key=len, reverse=True))) or "(?!)"
        self._tail = re.compile(f"(?:{either})(?![{_NO_TAIL}])")
        latin = "|".join(map(re.escape, (tail for tail in tails if tail.isascii()))) or "(?!)"
        self._latin_tail = re.compile(
            rf"(?:[ -](?!(?:{_BESIDE})\b)[^\W\d_]+)?[ -](?P<tail>{latin})(?:e?s)?\b"
        )
        self._plain = frozenset(tokens(" ".join(w for w in accessories if w.isascii())))
        self._within = tuple(word for word in accessories if not word.isascii())
        self._others: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        self._brands: set[tuple[str, ...]] = set()
        for group in (*groups, *brands):
            said = [tuple(_concepts(text)) for text in group]
            for one in said:
                others = [each for each in said if each and each != one]
                self._others.setdefault(one, []).extend(others)
            if group in brands:
                self._brands.update(said)

    def is_accessory(self, text: str) -> bool:
        """Whether a title or a query speaks of an accessory."""
        said = plain(text, _TITLE_CHARS_MAX)
        if not self._plain.isdisjoint(tokens(said)):
            return True
        return any(word in said for word in self._within)

    def made_for(
        self, query: str, titles: Sequence[str], names: Collection[str] = ()
    ) -> list[bool]:
        """Whether each title (in the form of `plain`) is of something for what is asked for.

        It is where it says what the query ends with only before a tail: 奶粉盒 for 奶粉; or first
        before one, a word between at most: a laptop backpack. `names` are the last word of the
        query and of what else may stand for it, in Latin letters, where it has one.
        """
        said = plain(query, _TITLE_CHARS_MAX)
        runs = _CHINESE.findall(said)
        thing = runs[-1] if runs and not runs[-1].endswith(self._tails) else ""
        either = "|".join(map(re.escape, sorted(names))) or "(?!)"
        latin, asked = re.compile(rf"\b(?:{either})(?:e?s)?\b"), frozenset(tokens(said))
        return [
            (bool(thing) and self._before_tails(thing, title))
            or self._before_latin_tails(latin, asked, title)
            for title in titles
        ]

    def _before_tails(self, thing: str, title: str) -> bool:
        while thing not in title:
            thing = thing[1:]
            if len(thing) < _THING_MIN:
                return False
        at, size = title.find(thing), len(thing)
        while at >= 0:
            if not self._tail.match(title, at + size):
                return False
            at = title.find(thing, at + size)
        return True

    def _before_latin_tails(
        self, things: re.Pattern[str], asked: frozenset[str], title: str
    ) -> bool:
        thing = things.search(title)
        tail = self._latin_tail.match(title, thing.end()) if thing else None
        return tail is not None and tail["tail"] not in asked

    def is_brand(self, tokens: tuple[str, ...]) -> bool:
        """Whether these are a brand's name: of one in another script as good as itself."""
        return tokens in self._brands

    def words(self) -> set[str]:
        """Every token of the groups."""
        return {token for text in self._others for token in text}

    def whole(self, concepts: Sequence[str]) -> Sequence[tuple[str, ...]]:
        """Other words for all of some concepts together."""
        return self._others.get(tuple(concepts), ())

    def of(self, concepts: Sequence[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """First and last concept, and other words for them; the longest text counts."""
        for first in range(len(concepts)):
            for size in range(min(_WORDS_MAX, len(concepts) - first), 0, -1):
                others = self._others.get(tuple(concepts[first : first + size]))
                if others is not None:
                    for tokens in others:
                        yield first, first + size - 1, tokens
                    break


def _concepts(text: str) -> list[str]:
    out: list[str] = []
    for piece in query_pieces(text):
        out += [piece[0]] if piece[0].isascii() else piece
    return out


def load(home: Path | None = None) -> Synonyms:
    """The groups that come with the program, and those of ADUNION_HOME/understanding/lexicon.toml.

    Raises AdUnionError where a market's own are no lists of texts.
    """
    shipped, own, path = read_lists("adunion.understanding", "lexicon", home)
    found = joined(shipped, own, path, all_words=True)
    groups, brands = found["groups"], found["brands"]
    accessories, tails = found["accessories"], found["tails"]
    for some in (accessories, tails, *groups, *brands):
        if not (isinstance(some, list) and all(isinstance(text, str) for text in some)):
            raise bad_lists(path, 'a group is a list of texts: groups = [["notebook", "laptop"]]')
    return Synonyms(groups, accessories, tails, brands)
