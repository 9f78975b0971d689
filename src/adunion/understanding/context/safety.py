"""Whether goods may stand beside a text: by words, and by meaning where there is an embedder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import numpy as np

from adunion.understanding.embed import Embedder, Floats

from .harm import Harm
from .lists import (
    EXCUSES,
    HARMLESS,
    OCCASIONS,
    STORIES,
    Scan,
    Words,
    doubtful,
    load_lists,
    split,
)
from .screen import suspicion
from .types import Concern, Level

CHARACTERS_MAX = 20_000
SHORT = 300
"""A text of fewer characters is read as strictly as a title."""
PIECE_CHARACTERS = 160
MEANT_MAX = 40
"""Sentences of a text that are read by meaning: the first, those with words of harm, and those
whose letters look most like it.
"""
MAYBE, LIKELY, TWICE, CLEAR, UNSAID_CLEAR = 0.35, 0.5, 0.7, 0.9, 0.95
"""Chances of harm in a sentence of a title or a short text: care, unsafe; in any other text LIKELY
is care, and TWICE, if two sentences reach it, or CLEAR (UNSAID_CLEAR without a sure word) is
unsafe.
"""
UNSAID = -2.2
"""By words alone: the log odds of harm where no word says so."""
POINT = 1.5
"""What a point of words adds, to them or to what meaning says; a doubtful word is one."""
SURE, EXCUSE = 2, 2
"""Points of any other word, and what excuses take away (of what is no film or game itself)."""
NO_EXCUSE = frozenset({"adult", "gambling", "drugs", "crime", "weapons"})
"""What is sold with the words of goods that excuse other kinds."""
QUOTED, WORDS_MAX = 60, 6
"""Characters of a sentence that is named because no single word of it is to blame."""
_SENTENCES = re.compile(r"(?<=[。！？!?；;…])\s*|(?<=\.)\s+|\n+")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff]")  # scripts without blanks
_LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True)
class _Heard:
    """What words say of one sentence: points of each kind of harm, and the words."""

    points: Counter[str]
    words: dict[str, list[str]]

    @property
    def said(self) -> int:
        """Points of all kinds; what excuses one kind takes nothing from another."""
        return sum(each for each in self.points.values() if each > 0) or self.points.total()


class Safety:
    """Reads texts by the lists that ship and a market's own beside them, and by meaning."""

    def __init__(self, home: Path | None = None, embedder: Embedder | None = None) -> None:
        self._embedder = embedder
        self._lists = load_lists("safety", home)
        self._harmless = whole_words(split(self._lists.pop(HARMLESS)["words"]))
        self._excuses = Words(self._lists.pop(EXCUSES)["words"])
        self._occasions = whole_words(split(self._lists.pop(OCCASIONS)["words"]))
        self._stories = Words(self._lists.pop(STORIES)["words"])
        unsafe = {k: e["words"] for k, e in self._lists.items() if e["level"] == "unsafe"}
        self._kinds = list(unsafe)
        self._kind = {word: kind for kind in reversed(unsafe) for word in split(unsafe[kind])}
        self._unsafe = Words(" ".join(unsafe.values()))
        self._doubtful = doubtful(" ".join(unsafe.values()))
        self._any = Words(" ".join(each["words"] for each in self._lists.values()))
        self._care = {k: Words(e["words"]) for k, e in self._lists.items() if k not in unsafe}

    def level(self, text: str) -> Level:
        """The worst of a text's concerns by words alone, in microseconds."""
        if not self._any.found(Scan(text[:CHARACTERS_MAX])):
            return "safe"
        return worst(self._concerns(text, "", meaning=False))

    def concerns(self, text: str, title: str = "") -> tuple[Concern, ...]:
        """Why goods may not belong beside a text that begins with its title, the worst first."""
        return self._concerns(text, title, meaning=self._embedder is not None)

    def _concerns(self, text: str, title: str, meaning: bool) -> tuple[Concern, ...]:
        pieces = sentences(text[:CHARACTERS_MAX])
        heard = [self._heard(piece) for piece in pieces]
        odds: Floats = np.full(len(pieces), UNSAID, np.float32)
        kinds = np.zeros((len(pieces), len(self._kinds)), np.float32)
        said = np.array([each.said for each in heard], np.float32)
        if meaning:
            rows = _chosen(pieces, said)
            odds[rows], kinds[rows] = self._meant([pieces[row] for row in rows])
            odds[rows] -= [POINT * (said[r] < SURE and self._story(pieces[r])) for r in rows]
        odds += np.float32(POINT) * said
        near = len(sentences(title)) if len(text) >= SHORT else len(pieces)
        found = self._harm_in(pieces, heard, odds, kinds, near)
        found += self._with_care(text[:CHARACTERS_MAX], title)
        return tuple(sorted(found, key=lambda c: -_LEVELS.index(c.level)))

    def _scan(self, text: str) -> Scan:
        """Without words that mean no harm, where there are any words of harm."""
        scan = Scan(text)
        if not self._any.found(scan):
            return scan
        return Scan(self._harmless.sub(" ", scan.lower))

    def _heard(self, piece: str) -> _Heard:
        scan = self._scan(piece)
        hits = self._unsafe.found(scan)
        points, words = Counter[str](), dict[str, list[str]]()
        for word in hits:
            if not any(word != other and word in other for other in hits):
                kind = self._kind[word]
                points[kind] += 1 if word in self._doubtful else SURE
                words.setdefault(kind, []).append(word)
        excused = points.keys() - NO_EXCUSE
        if excused and self._excuses.found(self._placeless(scan)):
            points.subtract(dict.fromkeys(excused, EXCUSE))
        return _Heard(points, words)

    def _placeless(self, scan: Scan) -> Scan:
        """Without occasions."""
        return Scan(self._occasions.sub(" ", scan.lower))

    def _story(self, piece: str) -> bool:
        """Whether it tells of what sounds of harm and is none."""
        return bool(self._stories.found(self._placeless(Scan(piece))))

    def _meant(self, pieces: Sequence[str]) -> tuple[Floats, Floats]:
        """Log odds of harm in each sentence, and log chances of each of our kinds of it."""
        assert self._embedder is not None
        vectors = np.asarray(self._embedder.embed(pieces, kind="query"))
        logits = self._harm.logits(vectors)
        known = {kind: column for column, kind in enumerate(self._harm.kinds)}
        least = logits.min(1)
        kinds = [logits[:, known[k]] if k in known else least for k in self._kinds]
        return np.logaddexp.reduce(logits[:, 1:], 1) - logits[:, 0], np.stack(kinds, 1)

    @cached_property
    def _harm(self) -> Harm:
        assert self._embedder is not None
        return Harm.of(self._embedder)

    def _harm_in(
        self, pieces: list[str], heard: list[_Heard], odds: Floats, kinds: Floats, near: int
    ) -> list[Concern]:
        """Concerns of the sentences that speak of harm; the first `near` weigh most."""
        chance = 1 / (1 + np.exp(-odds))
        clear = [CLEAR if each.said >= SURE else UNSAID_CLEAR for each in heard]
        unsafe = bool(
            (chance[:near] >= LIKELY).any()
            or (chance >= TWICE).sum() > 1
            or (chance >= clear).any()
        )
        words: dict[str, Counter[str]] = {}
        care = np.where(np.arange(len(chance)) < near, LIKELY if unsafe else MAYBE, LIKELY)
        for row in np.flatnonzero(chance >= care):
            points = [heard[row].points[kind] for kind in self._kinds]
            kind = self._kinds[int(np.argmax(kinds[row] + POINT * np.array(points)))]
            quoted = heard[row].words.get(kind) or [pieces[row][:QUOTED]]
            words.setdefault(kind, Counter()).update(quoted)
        level: Level = "unsafe" if unsafe else "caution"
        return [self._concern(kind, level, said) for kind, said in words.items()]

    def _with_care(self, text: str, title: str) -> list[Concern]:
        """Subjects to be careful with: a word in the title or a short text, or two in another."""
        scan, titled = self._scan(text), self._scan(title)
        found = []
        for kind, words in self._care.items():
            hits = words.found(scan)
            enough = len(text) < SHORT or len(hits) > 1 or sum(hits.values()) > 2
            if hits and (enough or words.found(titled)):
                found.append(self._concern(kind, self._lists[kind]["level"], Counter(hits)))
        return found

    def _concern(self, kind: str, level: Level, words: Counter[str]) -> Concern:
        most = tuple(word for word, _ in words.most_common(WORDS_MAX))
        return Concern(kind, *both(self._lists[kind]), level, most)


def whole_words(words: Sequence[str]) -> re.Pattern[str]:
    """Finds any of some words, longest first; one of letters with blanks between, whole."""
    found = [
        re.escape(word) if _UNSPACED.search(word) else rf"\b{re.escape(word)}\b"
        for word in sorted(words, key=len, reverse=True)
    ]
    return re.compile("|".join(found) or r"(?!)")


def sentences(text: str) -> list[str]:
    """The sentences of a text in order, long ones cut."""
    found = []
    for line in _SENTENCES.split(text):
        pieces = [line[at : at + PIECE_CHARACTERS] for at in range(0, len(line), PIECE_CHARACTERS)]
        found += [piece.strip() for piece in pieces if any(map(str.isalpha, piece))]
    return found


def _chosen(pieces: Sequence[str], said: Any) -> list[int]:
    """The sentences to read by meaning: of many the first, and those that are likeliest of harm."""
    if len(said) <= MEANT_MAX:
        return list(range(len(said)))
    likeliest = np.lexsort([[-suspicion(piece) for piece in pieces], -said])
    return sorted({0, *likeliest[: MEANT_MAX - 1].tolist()})


def worst(concerns: tuple[Concern, ...]) -> Level:
    """The worst level of concerns that stand worst first."""
    return concerns[0].level if concerns else "safe"


def both(row: dict[str, Any]) -> tuple[str, str]:
    """A list's name in Chinese and English."""
    zh, en = row["name"]
    return zh, en
