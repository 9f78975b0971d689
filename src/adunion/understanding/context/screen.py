"""How much a sentence's letters look like those of harm: in microseconds, to choose what to read.

Naive Bayes over runs of two to four letters of words, learned from the examples of `harm`. It
decides nothing: of a long text it names the sentences that are worth reading by meaning.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from math import log

from .harm import SAFE, examples

LENGTHS = (2, 3, 4)
COUNTED = 0.5
"""What is added to every count, so that a run never seen beside harm is not proof of none."""
_WORD = re.compile(r"[^\W\d_]+")


def suspicion(text: str) -> float:
    """Mean log odds of a text's runs of letters; above 0 is nearer to harm."""
    odds, runs = _odds(), _runs(text)
    return sum(odds.get(run, 0.0) for run in runs) / (len(runs) + 1)


@cache
def _odds() -> dict[str, float]:
    """Log odds of harm of each run of letters."""
    seen = {True: Counter[str](), False: Counter[str]()}
    texts = Counter[bool]()
    for kind, _, text in examples():
        seen[kind != SAFE].update(_runs(text))
        texts[kind != SAFE] += 1
    spread = log((texts[False] + 2 * COUNTED) / (texts[True] + 2 * COUNTED))
    return {
        run: log((seen[True][run] + COUNTED) / (seen[False][run] + COUNTED)) + spread
        for run in seen[True].keys() | seen[False].keys()
    }


def _runs(text: str) -> set[str]:
    """Every run of letters, once; a blank stands at both ends of a word."""
    words = [f" {word} " for word in _WORD.findall(text.lower())]
    return {
        word[at : at + length]
        for word in words
        for length in LENGTHS
        for at in range(len(word) - length + 1)
    }
