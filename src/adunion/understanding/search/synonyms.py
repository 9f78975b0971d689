"""What shops mean by words, from a file that operators can edit: synonyms, and accessories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..lists import bad_lists, joined, read_lists
from ..tokens import tokens
from .words import plain, query_pieces

_WORDS_MAX = 6
_TITLE_CHARS_MAX = 200


class Synonyms:
    """Groups of texts that mean the same; read as queries are."""

    def __init__(
        self, groups: Sequence[Sequence[str]] = (), accessories: Sequence[str] = ()
    ) -> None:
        self._plain = frozenset(tokens(" ".join(w for w in accessories if w.isascii())))
        self._within = tuple(word for word in accessories if not word.isascii())
        self._others: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for group in groups:
            said = [tuple(_concepts(text)) for text in group]
            for one in said:
                others = [each for each in said if each and each != one]
                self._others.setdefault(one, []).extend(others)

    def is_accessory(self, text: str) -> bool:
        """Whether a title or a query speaks of an accessory."""
        said = plain(text, _TITLE_CHARS_MAX)
        if not self._plain.isdisjoint(tokens(said)):
            return True
        return any(word in said for word in self._within)

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
    groups, accessories = found["groups"], found["accessories"]
    for some in (accessories, *groups):
        if not (isinstance(some, list) and all(isinstance(text, str) for text in some)):
            raise bad_lists(path, 'a group is a list of texts: groups = [["notebook", "laptop"]]')
    return Synonyms(groups, accessories)
