"""Words that shops use for the same thing, from a file that operators can edit."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from adunion.kernel.errors import invalid

from .words import query_pieces

_WORDS_MAX = 6
_HINT = 'A group is a list of texts: groups = [["notebook", "laptop", "笔记本电脑"]].'


class Synonyms:
    """Groups of texts that mean the same; read as queries are."""

    def __init__(self, groups: Sequence[Sequence[str]] = ()) -> None:
        self._others: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for group in groups:
            said = [tuple(_concepts(text)) for text in group]
            for one in said:
                others = [each for each in said if each and each != one]
                self._others.setdefault(one, []).extend(others)

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


def load(path: Path | None = None) -> Synonyms:
    """The groups of a file, else those that come with the program."""
    source = path or files("adunion.understanding").joinpath("synonyms.toml")
    try:
        groups = tomllib.loads(source.read_text("utf-8"))["groups"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise invalid("synonyms", f"{source}: cannot be read: {error}.", _HINT) from None
    if not all(isinstance(g, list) and all(isinstance(t, str) for t in g) for g in groups):
        raise invalid("synonyms", f"{source}: a group is no list of texts.", _HINT)
    return Synonyms(groups)
