"""Learn the tagger: a CRF whose lexicons never count the title that is being learnt from."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from .corpus import Title, bounds
from .features import Codes, Features, features
from .learn import train_net
from .lexicon import Counts, code, count_parts, own_counts, search_codes
from .tagger import Tagger

READ_LEAST = 2
C1, C2, ROUNDS = 0.05, 0.05, 80
NETS = 1
_MANTISSA = 6
"""Bits of a CRF's weights that are kept: what is left packs to half the size."""


def train(
    titles: list[Title],
    searches: list[str],
    texts: list[str],
    nets: int = NETS,
    told: Callable[[str], None] | None = None,
) -> Tagger:
    """A tagger from tagged titles, untagged searches and untagged titles (the last two may be []).

    Twice: a first CRF reads searches and titles, and how words were tagged there is a lexicon of
    the second (self-training, as in Yarowsky 1995) and of `nets` networks. Titles that occur twice
    count once.
    """
    tell = told or _silent
    once = list({text: (text, labels) for text, labels in titles}.values())
    counts = count_parts((text, bounds(labels)) for text, labels in once)
    searched = search_codes(searches)
    labels = [each for _, each in once]
    read: dict[str, int] = {}
    untagged = list(dict.fromkeys([*searches[::2], *texts]))
    if untagged:
        tell("a first CRF")
        found = _features(once, counts, {}, searched)
        first = Tagger(_fit(found, labels), _lexicon(counts, {}, searched))
        tell("reading untagged text")
        seen = count_parts(((text, first.bounds(text)) for text in untagged), READ_LEAST)
        read = {word: code(word, seen) for word in seen[0]}
    tell("the CRF")
    found = _features(once, counts, read, searched)
    made = Tagger(rounded(_fit(found, labels)), _lexicon(counts, read, searched))
    return replace(made, nets=tuple(train_net(found, labels, at, tell) for at in range(nets)))


def _silent(_: str) -> None:
    """Nobody listens."""


def rounded(crf: bytes) -> bytes:
    """A CRFsuite model with weights of `_MANTISSA` bits: records of 20 bytes, a double the last 8.

    Layout as in CRFsuite's crf1d_model.c: the header's eighth number is where features begin.
    """
    (begin,) = struct.unpack_from("<I", crf, 28)
    kind, _, count = struct.unpack_from("<4sII", crf, begin)
    if crf[:4] != b"lCRF" or kind != b"FEAT":
        return crf
    held = bytearray(crf)
    record = np.dtype([("rest", "V12"), ("weight", "<f8")])
    weight = np.frombuffer(held, record, count, begin + 12)["weight"]
    fraction, power = np.frexp(weight)
    weight[:] = np.ldexp(np.rint(np.ldexp(fraction, _MANTISSA)), power - _MANTISSA)
    return bytes(held)


def _features(
    titles: list[Title], counts: Counts, read: dict[str, int], searched: dict[str, int]
) -> list[Features]:
    """Of each title, without what it says itself of its words."""
    found = []
    for text, labels in titles:
        own = own_counts(text, bounds(labels), counts[0])
        found.append(features(text, _without(own, counts, read, searched)))
    return found


def _fit(found: list[Features], labels: list[list[str]]) -> bytes:
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    for each, said in zip(found, labels, strict=True):
        trainer.append(each, said)
    trainer.set_params(
        {"c1": C1, "c2": C2, "max_iterations": ROUNDS, "feature.possible_transitions": True}
    )
    with TemporaryDirectory(prefix="adunion-tagger-") as folder:
        path = Path(folder) / "model.crf"
        trainer.train(str(path))
        return path.read_bytes()


def _without(own: Counts, counts: Counts, read: dict[str, int], searched: dict[str, int]) -> Codes:
    def codes(word: str) -> tuple[int, int, int]:
        tagged = code(word, counts, own) if word in counts[0] else 0
        return tagged, read.get(word, 0), searched.get(word, 0)

    return codes


def _lexicon(
    counts: Counts, read: dict[str, int], searched: dict[str, int]
) -> dict[str, tuple[int, int, int]]:
    lexicons = ({word: code(word, counts) for word in counts[0]}, read, searched)
    words: Iterable[str] = sorted(set().union(*lexicons))
    rows = ((word, [lexicon.get(word, 0) for lexicon in lexicons]) for word in words)
    return {word: (row[0], row[1], row[2]) for word, row in rows if any(row)}
