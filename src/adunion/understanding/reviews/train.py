"""Learn polarity from labelled reviews of several product classes, for classes not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adunion.kernel.clock import generator
from adunion.kernel.errors import invalid

from .grams import BITS, rows
from .polarity import Polarity

CLASSES_LEAST = 3
"""An n-gram counts where it occurs in as many classes (or all, if there are fewer): the words of
one product say nothing of the next."""
COUNT_LEAST = 4
SOFTNESS = 4.0
"""C of the logistic regression."""
REVIEWS_LEAST = 20


def gram_matrix(texts: Sequence[str]) -> Any:
    """Texts x buckets, 1 where the text has the n-gram (scipy CSR, float32)."""
    import scipy.sparse as sparse

    ids, starts = rows(texts)
    return sparse.csr_matrix(
        (np.ones(len(ids), np.float32), ids, starts), shape=(len(texts), 1 << BITS)
    )


def train(grams: Any, praises: NDArray[np.bool_], classes: NDArray[np.int64]) -> Polarity:
    """Log-ratio-scaled logistic regression over n-grams of several classes.

    Args:
        grams: what `gram_matrix` made.
        praises: the label of each text.
        classes: the product class of each text, as a number.

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
    found = LogisticRegression(C=SOFTNESS, solver="liblinear", random_state=0).fit(scaled, praises)
    return Polarity(kept.astype(np.int32), scale.astype(np.float32),
                    found.coef_[0].astype(np.float32), float(found.intercept_[0]))  # fmt: skip


def learn_meaning(vectors: NDArray[np.float32], praises: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Weights for vectors, the bias last, by logistic regression (C 3)."""
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=3, max_iter=500).fit(vectors, praises)
    return np.append(found.coef_[0], found.intercept_[0]).astype(np.float32)


def chosen_rows(classes: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Rows to embed: as many of each class at most, at random, always the same."""
    chance = generator(7)
    numbers = range(int(classes.max(initial=-1)) + 1)
    picked = [chance.permutation(np.flatnonzero(classes == one))[:most] for one in numbers]
    return np.concatenate(picked) if picked else np.zeros(0, np.int64)


def _counts(grams: Any) -> NDArray[np.float64]:
    return np.bincount(grams.indices, minlength=grams.shape[1]).astype(np.float64)
