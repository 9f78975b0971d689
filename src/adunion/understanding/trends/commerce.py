"""Whether goods may be linked to a topic: yes, maybe or no, and by which words.

Points of words, makers and the list's category are added up; words of death, crime, disaster,
politics and harm stop everything, so that no goods stand beside a tragedy.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from adunion.kernel.errors import AdUnionError

Verdict = Literal["yes", "maybe", "no"]

YES, MAYBE = 3, 1
NAMED = 2
"""Points of a product that the title names."""
TALK = -2
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

    def __init__(self, lists: dict[str, dict[str, str]]) -> None:
        self._unsafe = _words(lists.get("unsafe", {}))
        self._talk = _words(lists.get("talk", {}))
        self._buy = [(int(points), word) for points, word in _words(lists.get("buy", {}))]
        self._makers = [(int(points), word) for points, word in _words(lists.get("makers", {}))]
        self._category = {word: int(points) for points, word in _words(lists.get("category", {}))}

    @classmethod
    def load(cls, home: Path | None = None) -> Classifier:
        """The words that ship, and a market's own beside them."""
        lists = tomllib.loads((files(__package__) / "commerce.toml").read_text("utf-8"))
        own = home / "trends" / "commerce.toml" if home else None
        if own and own.exists():
            for name, more in _own(own).items():
                held = lists.setdefault(name, {})
                for key, words in more.items():
                    held[key] = f"{held.get(key, '')} {words}"
        return cls(lists)

    def read(self, title: str, category: str = "", named: Sequence[str] = ()) -> Commerce:
        """Decide; `named` are products that the title names."""
        unsafe = [(f"unsafe:{why}", word) for why, word in self._unsafe if _holds(title, word)]
        if unsafe:
            return Commerce("no", tuple(unsafe[:3]), unsafe[0][0].removeprefix("unsafe:"))
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


def _own(file: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(file.read_text("utf-8"))
        for lists in found.values():
            if not all(isinstance(words, str) for words in lists.values()):
                raise ValueError("a list is a text of words with spaces between")
        for name in ("buy", "makers", "category"):
            for points in found.get(name, {}):
                int(points)
        return found
    except (ValueError, AttributeError, UnicodeDecodeError) as error:
        raise AdUnionError(
            "bad_words", f"{file}: {error}.", 422, hint="See docs/trends.md for its form."
        ) from None
