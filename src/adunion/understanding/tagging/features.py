"""What the tagger looks at for each character: its neighbours, its script, and the lexicons."""

from __future__ import annotations

from collections.abc import Callable

from .types import SPAN_MAX

Codes = Callable[[str], tuple[int, int] | None]
"""A word's codes in tagged titles and in searches, if any."""
Features = list[list[str]]
_LEVELS = " lmh"


def features(title: str, codes: Codes) -> Features:
    """Feature names for each character of a title."""
    lower = lowered(title)
    found = _characters(lower)
    _scripts(lower, found)
    longest = [0] * len(lower)
    best = [""] * len(lower)
    for start in range(len(lower)):
        for length in range(1, min(SPAN_MAX, len(lower) - start) + 1):
            known = codes(lower[start : start + length])
            if known is None:
                continue
            tagged, searched = known
            if tagged:
                _parts(found, tagged, start, length)
                _longest(longest, best, tagged, start, length)
            if searched:
                _search(found, searched, start, length)
    for at, name in enumerate(best):
        if name:
            found[at].append(name)
    return found


def lowered(title: str) -> str:
    """In lower case, as long as before: of one that becomes two characters the first."""
    lower = title.lower()
    return lower if len(lower) == len(title) else "".join(one.lower()[0] for one in title)


def script(character: str) -> str:
    """D digit, a Latin letter, c Chinese, p anything else."""
    if character.isdigit():
        return "d"
    if character.isascii() and character.isalpha():
        return "a"
    return "c" if "\u4e00" <= character <= "\u9fff" else "p"


def _characters(lower: str) -> Features:
    """A character, it after the one before, and before the one behind."""
    padded = ["<s>", *lower, "</s>"]
    return [[f"0{b}", f"5{a}{b}", f"6{b}{c}"]
            for a, b, c in zip(padded[:-2], lower, padded[2:], strict=True)]  # fmt: skip


def _scripts(lower: str, found: Features) -> None:
    kinds = "".join(script(c) for c in lower)
    padded = f"^^{kinds}$$"
    since = 0
    for at, kind in enumerate(kinds):
        since = since + 1 if at and kinds[at - 1] == kind else 0
        left = 0
        while left < 3 and at + left + 1 < len(kinds) and kinds[at + left + 1] == kind:
            left += 1
        found[at] += [f"S{padded[at : at + 5]}", f"T{padded[at + 1 : at + 4]}",
                      f"R{kind}{min(since, 3)}{left}", f"o{min(at, 4)}",
                      f"r{lower.find(lower[at]) < at}"]  # fmt: skip


def _parts(found: Features, code: int, start: int, length: int) -> None:
    for kind in range(4):
        level = code >> 2 * kind & 3
        if not level:
            continue
        name = f"{kind}{_LEVELS[level]}"
        found[start].append(f"B{name}{min(length, 4)}")
        found[start + length - 1].append(f"E{name}{min(length, 4)}")
        for at in range(start + 1, start + length - 1):
            found[at].append(f"M{name}")
        if start:
            found[start - 1].append(f"N{name}")
        if start + length < len(found):
            found[start + length].append(f"P{name}")


def _longest(longest: list[int], best: list[str], code: int, start: int, length: int) -> None:
    for kind in range(4):
        if code >> 2 * kind & 3 < 2:
            continue
        for at in range(start, start + length):
            if longest[at] < length:
                longest[at] = length
                place = "B" if at == start else "E" if at == start + length - 1 else "M"
                best[at] = f"*{place}{kind}{min(length, 5)}"


def _search(found: Features, code: int, start: int, length: int) -> None:
    ends, starts, often = code & 3, code >> 2 & 3, code >> 4 & 3
    if ends:
        found[start].append(f"qb{ends}{length}")
        found[start + length - 1].append(f"qe{ends}{often}")
        if start + length < len(found):
            found[start + length].append(f"qp{ends}")
    if starts:
        found[start].append(f"gb{starts}{length}")
        found[start + length - 1].append(f"ge{starts}{length}")
