"""Learn the tagger: a CRF whose lexicons never count the title that is being learnt from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from .corpus import Title, bounds
from .features import Codes, features
from .lexicon import Counts, code, count_parts, own_counts, search_codes
from .tagger import Tagger

READ_LEAST = 2
C1, C2, ROUNDS = 0.05, 0.05, 80


def train(titles: list[Title], searches: list[str], texts: list[str]) -> Tagger:
    """A tagger from tagged titles, untagged searches and untagged titles (the last two may be []).

    Twice: a first tagger reads searches and titles, and how words were tagged there is a lexicon of
    the second (self-training, as in Yarowsky 1995). Titles that occur twice count once.
    """
    once = list({text: (text, labels) for text, labels in titles}.values())
    counts = count_parts((text, bounds(labels)) for text, labels in once)
    searched = search_codes(searches)
    first = _fit(once, counts, {}, searched)
    untagged = list(dict.fromkeys([*searches[::2], *texts]))
    if not untagged:
        return first
    read = count_parts(((text, first.bounds(text)) for text in untagged), READ_LEAST)
    return _fit(once, counts, {word: code(word, read) for word in read[0]}, searched)


def _fit(
    titles: list[Title], counts: Counts, read: dict[str, int], searched: dict[str, int]
) -> Tagger:
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    for text, labels in titles:
        own = own_counts(text, bounds(labels), counts[0])
        trainer.append(features(text, _without(own, counts, read, searched)), labels)
    trainer.set_params(
        {"c1": C1, "c2": C2, "max_iterations": ROUNDS, "feature.possible_transitions": True}
    )
    with TemporaryDirectory(prefix="adunion-tagger-") as folder:
        path = Path(folder) / "model.crf"
        trainer.train(str(path))
        tagged = {word: code(word, counts) for word in counts[0]}
        return Tagger(path.read_bytes(), _joined(tagged, read, searched))


def _without(own: Counts, counts: Counts, read: dict[str, int], searched: dict[str, int]) -> Codes:
    def codes(word: str) -> tuple[int, int, int]:
        tagged = code(word, counts, own) if word in counts[0] else 0
        return tagged, read.get(word, 0), searched.get(word, 0)

    return codes


def _joined(*lexicons: dict[str, int]) -> dict[str, tuple[int, int, int]]:
    words: Iterable[str] = sorted(set().union(*lexicons))
    rows = ((word, [lexicon.get(word, 0) for lexicon in lexicons]) for word in words)
    return {word: (row[0], row[1], row[2]) for word, row in rows if any(row)}
