"""Learn polarity from labelled reviews of several product classes, for classes not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adunion.kernel.clock import generator
from adunion.kernel.errors import invalid

from .grams import BITS, rows
from .lists import load_lists
from .polarity import Floats, Polarity

CLASSES_LEAST = 3
"""An n-gram counts where it occurs in as many classes (or all, if there are fewer): the words of
one product say nothing of the next."""
COUNT_LEAST = 4
SOFTNESS = 4.0
"""C of the logistic regression."""
MEANING_SOFTNESS, OWN_SOFTNESS = 3.0, 12.0
"""C over vectors: of other classes, and of one's own, of which more can be believed."""
REVIEWS_LEAST = 20
SHORT_COUNTS = 3.0
"""What a short opinion weighs in reviews."""


def gram_matrix(texts: Sequence[str]) -> Any:
    """Texts x buckets, 1 where the text has the n-gram (scipy CSR, float32)."""
    import scipy.sparse as sparse

    ids, starts = rows(texts)
    return sparse.csr_matrix(
        (np.ones(len(ids), np.float32), ids, starts), shape=(len(texts), 1 << BITS)
    )


def short_opinions() -> tuple[list[str], NDArray[np.bool_]]:
    """Opinions of a few characters, of our own writing (aspects.toml), and whether each praises.

    Praise and blame are said of each thing alike: reviews alone teach that who writes 质量 blames.
    """
    held = {name: text.split() for name, text in load_lists()["chinese"].items()}
    sides = [
        held[f"{side}_phrases"] + [thing + word for thing in held["things"] for word in held[side]]
        for side in ("praise", "blame")
    ]
    return sides[0] + sides[1], np.arange(len(sides[0]) + len(sides[1])) < len(sides[0])


def learn_words(grams: Any, praises: NDArray[np.bool_], classes: NDArray[np.int64]) -> Polarity:
    """`train` on reviews of several classes, and on `short_opinions` as one class more."""
    import scipy.sparse as sparse

    short, good = short_opinions()
    weights = np.append(np.ones(len(praises)), np.full(len(short), SHORT_COUNTS))
    return train(
        sparse.vstack([grams, gram_matrix(short)]).tocsr(), np.append(praises, good),
        np.append(classes, np.full(len(short), -1)), weights,
    )  # fmt: skip


def train(
    grams: Any,
    praises: NDArray[np.bool_],
    classes: NDArray[np.int64],
    weights: Floats | None = None,
) -> Polarity:
    """Log-ratio-scaled logistic regression over n-grams of several classes.

    Args:
        grams: what `gram_matrix` made.
        praises: the label of each text.
        classes: the product class of each text, as a number.
        weights: what each text counts for; None: all alike.

    Raises:
        AdUnionError: too few texts, or one label only.
    """
    import scipy.sparse as sparse
    from sklearn.linear_model import LogisticRegression

    if min(int(praises.sum()), int((~praises).sum())) < REVIEWS_LEAST:
        raise invalid("data", f"Fewer than {REVIEWS_LEAST} reviews praise or blame.",
                      "Give more labelled reviews.")  # fmt: skip
    named = np.unique(classes)
    spread = sum((_counts(grams[classes == one]) > 0).astype(np.int8) for one in named)
    good, bad = _counts(grams[praises]), _counts(grams[~praises])
    kept = np.flatnonzero(
        (np.asarray(spread) >= min(CLASSES_LEAST, len(named))) & (good + bad >= COUNT_LEAST)
    )
    good, bad = good[kept] + 1, bad[kept] + 1
    scale = np.log(good / good.sum() / (bad / bad.sum()))
    chosen = grams[:, kept] @ sparse.diags(scale)
    norm = np.sqrt(np.asarray(chosen.multiply(chosen).sum(1)).ravel())
    scaled = (sparse.diags(1 / np.maximum(norm, 1e-9)) @ chosen).tocsr()
    found = LogisticRegression(C=SOFTNESS, solver="liblinear", random_state=0)
    found.fit(scaled, praises, weights)
    return Polarity(kept.astype(np.int32), scale.astype(np.float32),
                    found.coef_[0].astype(np.float32), float(found.intercept_[0]))  # fmt: skip


def learn_meaning(
    vectors: NDArray[np.float32], praises: NDArray[np.bool_], softness: float = MEANING_SOFTNESS
) -> NDArray[np.float32]:
    """Weights for vectors, the bias last, by logistic regression (C `softness`)."""
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=softness, max_iter=500).fit(vectors, praises)
    return np.append(found.coef_[0], found.intercept_[0]).astype(np.float32)


def chosen_rows(classes: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Rows to embed: as many of each class at most, at random, always the same."""
    chance = generator(7)
    numbers = range(int(classes.max(initial=-1)) + 1)
    picked = [chance.permutation(np.flatnonzero(classes == one))[:most] for one in numbers]
    return np.concatenate(picked) if picked else np.zeros(0, np.int64)


def _counts(grams: Any) -> NDArray[np.float64]:
    return np.bincount(grams.indices, minlength=grams.shape[1]).astype(np.float64)
