"""Whether goods may be linked to a topic: yes, maybe or no, and by which words.

Points of words, makers and the list's category are added up; words of death, crime, disaster,
politics and harm stop everything, so that no goods stand beside a tragedy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from adunion.understanding.context.lists import HARMLESS, doubtful, load_lists, split
from adunion.understanding.lists import Lists, bad_lists, joined, read_lists

Verdict = Literal["yes", "maybe", "no"]

YES, MAYBE = 3, 1
NAMED = 2
"""Points of a product that the title names."""
TALK = -2
PAGES = {
    "tragedy": "death", "violence": "crime", "adult": "crime", "gambling": "crime",
    "drugs": "crime", "crime": "crime", "weapons": "crime", "hate": "politics", "war": "politics",
}  # fmt: skip
"""Of what makes a page unsafe (context/safety.toml), the kind in a title; of others `harm`."""
_MODEL = re.compile(r"[A-Za-z]{0,8}\d{1,4}(?:[A-Za-z+]{0,6})?|[A-Z]\d")


@dataclass(frozen=True)
class Commerce:
    """What was decided, and why: (reason, word) pairs, the weightiest first."""

    verdict: Verdict
    reasons: tuple[tuple[str, str], ...]
    unsafe: str = ""
    """death, crime, disaster, politics or harm: never beside goods."""


class Classifier:
    """Reads titles; one a process."""

    def __init__(self, lists: dict[str, dict[str, str]], pages: Lists) -> None:
        """Of `commerce.toml`, and what is harm on a page, of `safety.toml`."""
        self._unsafe = _words(lists["unsafe"])
        self._harmless = split(pages[HARMLESS]["words"])
        own = {word for _, word in self._unsafe}
        self._unsafe_pages = [
            (kind, word)
            for key, each in pages.items() if each.get("level") == "unsafe"
            for kind in [PAGES.get(key, "harm")]
            for word in split(each["words"])
            if word not in own and (kind == "death" or word not in doubtful(each["words"]))
        ]  # fmt: skip
        self._talk = _words(lists["talk"])
        self._buy = [(int(points), word) for points, word in _words(lists["buy"])]
        self._makers = [(int(points), word) for points, word in _words(lists["makers"])]
        self._category = {word: int(points) for points, word in _words(lists["category"])}
        self._kinds = list(lists["unsafe"])
        self._means = _words(lists["means"])

    @classmethod
    def load(cls, home: Path | None = None) -> Classifier:
        """The words that ship, and a market's own beside them."""
        shipped, own, path = read_lists(__package__, "commerce", home)
        _check(path, shipped, own)
        return cls(joined(shipped, own, path, all_words=True), load_lists("safety", home))

    def read(self, title: str, category: str = "", named: Sequence[str] = ()) -> Commerce:
        """Decide; `named` are products that the title names."""
        unsafe = self._harm(title)
        if unsafe:
            said = tuple((f"unsafe:{why}", word) for why, word in unsafe[:3])
            return Commerce("no", said, unsafe[0][0])
        found = [(NAMED, "product", name) for name in list(named)[:1]]
        found += [(points, "buy", word) for points, word in self._buy if _holds(title, word)]
        found += [self._maker(title, points, word) for points, word in self._makers
                  if _holds(title, word)]  # fmt: skip
        found = _longest(found)
        talk = [(TALK, f"talk:{why}", word) for why, word in self._talk if _holds(title, word)]
        points = sum(sorted((each[0] for each in found), reverse=True)[:3])
        points += sum(each[0] for each in talk[:2])
        at = self._category.get(category, 0)
        if found or at > 1:
            points += at
        elif at == 1:
            points += 1
        reasons = sorted(found, key=lambda each: -each[0])[:3] + talk[:2]
        if at:
            reasons.append((at, "category", category))
        verdict: Verdict = (
            "yes" if points >= YES and found else "maybe" if points >= MAYBE else "no"
        )
        said = tuple((reason, word) for _, reason, word in reasons)
        return Commerce(verdict, said or (("nothing", ""),))

    def meant(self, title: str) -> list[str]:
        """Categories of goods that words of a title mean: makers, models, kinds of fruit."""
        return list(dict.fromkeys(name for name, word in self._means if _holds(title, word)))

    def _harm(self, title: str) -> list[tuple[str, str]]:
        """(kind, word) of harm in a title, in the order of kinds."""
        found = [pair for pair in self._unsafe if _holds(title, pair[1])]
        rest = title.lower()
        for word in self._harmless:
            rest = rest.replace(word, " ")
        found += [pair for pair in self._unsafe_pages if _holds(rest, pair[1])]
        return sorted(found, key=lambda pair: self._kinds.index(pair[0]))

    def _maker(self, title: str, points: int, word: str) -> tuple[int, str, str]:
        """A maker with a model behind it is a product."""
        rest = title[title.lower().find(word.lower()) + len(word) :]
        model = _MODEL.match(rest)
        return (points + 1, "model", word + model[0]) if model else (points, "maker", word)


def _longest(found: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """Without words that are part of a longer one found."""
    words = [word for _, _, word in found]
    return [
        each for each in found
        if not any(each[2] != word and each[2] in word for word in words)
    ]  # fmt: skip


def _holds(title: str, word: str) -> bool:
    """Whether a title holds a word; latin words as whole words where they are short."""
    if not word.isascii():
        return word in title
    low, word = title.lower(), word.lower()
    at = low.find(word)
    while at >= 0:
        before = at > 0 and low[at - 1].isascii() and low[at - 1].isalpha()
        end = at + len(word)
        after = end < len(low) and low[end].isascii() and low[end].isalpha()
        if not before and (not after or len(word) > 4) and word[0].isalpha():
            return True
        if not word[0].isalpha() and not (at > 0 and low[at - 1].isdigit()):
            return not (end < len(low) and low[end].isdigit())
        at = low.find(word, at + 1)
    return False


def _words(lists: dict[str, str]) -> list[tuple[str, str]]:
    return [(key, word) for key, words in lists.items() for word in words.split()]


def _check(path: Path, shipped: Lists, own: Lists) -> None:
    """Raise for what is no list of words under a name that is known."""
    for name, lists in own.items():
        if name not in shipped or not isinstance(lists, dict):
            raise bad_lists(path, f"{name} is none of {', '.join(shipped)}")
        for key, words in lists.items():
            if not isinstance(words, str):
                raise bad_lists(path, f"{name}.{key} is no text of words with spaces between")
            if name in ("unsafe", "talk") and key not in shipped[name]:
                raise bad_lists(path, f"{name}.{key} is none of {', '.join(shipped[name])}")
            if name in ("buy", "makers", "category") and not re.fullmatch(r"-?\d+", key):
                raise bad_lists(path, f"{name}.{key} is no number of points")
