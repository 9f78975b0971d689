"""Classes of your own from a few examples: meaning and words, and what the classes are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adunion.kernel.clock import generator
from adunion.kernel.errors import invalid
from adunion.understanding.embed import Embedder

CHARACTERS, WORDS_MAX = 128, 3_000
"""Of a text its beginning is read: so many characters for its meaning, so many for its words."""
SHARES = (0.0, 0.3, 0.5, 0.7)
"""Of words in how alike two texts are; the rest is meaning."""
RIDGES = (0.03, 0.1, 0.3, 1.0, 3.0)
HEATS = (0.03, 0.05, 0.08, 0.12, 0.2)
"""Of the softmax that makes chances of scores."""
CONSTANT = 1.0
"""Added to how alike texts are: vectors without their mean sum to nothing, so that without a
constant what is left out would be told by the others, and the weakest ridge would look best.
"""
EXAMPLES_MAX = 5_000
"""Of more, as many at random teach: time grows with the cube."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FewShot:
    """A classifier from examples; `labels` are the classes, sorted.

    Kernel ridge regression of each class (Rifkin and Lippert 2007); a class's name is one example
    more. What words count for, the ridge and the heat are those that make the examples likeliest,
    each left out once, in closed form.
    """

    labels: list[str]
    embedder: Embedder
    mean: NDArray[np.float32]
    vectors: NDArray[np.float32]
    cut: Any
    grams: Any
    weights: Floats
    share: float
    heat: float

    @classmethod
    def learn(cls, texts: Sequence[str], labels: Sequence[str], embedder: Embedder) -> FewShot:
        """From texts and their classes.

        The mean vector is taken off: cosines of one model bunch, and what all texts share tells
        nothing. Raises AdUnionError for fewer than two classes or another number of labels.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer

        if len(texts) != len(labels):
            raise invalid("labels", f"{len(texts)} texts have {len(labels)} labels.", "One each.")
        if len(set(labels)) < 2:
            raise invalid("labels", "There is one class only.", "Give examples of two or more.")
        rows = generator(3).permutation(len(texts))[:EXAMPLES_MAX]
        names = sorted({labels[row] for row in rows})
        called = [name for name in names if any(map(str.isalpha, name))]
        known = [texts[row] for row in rows] + called
        classes = np.array([names.index(label) for label in [labels[r] for r in rows] + called])
        raw = _vectors(known, embedder)
        mean = raw.mean(0)
        vectors = _centred(raw, mean)
        cut = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
        grams = cut.fit_transform(_heads(known))
        meant, said = (vectors @ vectors.T).astype(np.float64), (grams @ grams.T).toarray()
        fitted = [
            (*_fitted(CONSTANT + share * said + (1 - share) * meant, classes, len(rows)), share)
            for share in SHARES
        ]
        _, weights, heat, share = max(fitted, key=lambda each: each[0])
        return cls(names, embedder, mean, vectors, cut, grams, weights, share, heat)

    def chances(self, texts: Sequence[str]) -> Floats:
        """Probability of each class [texts, classes]: no surer than one example more allows."""
        vectors = _centred(_vectors(texts, self.embedder), self.mean)
        said = (self.cut.transform(_heads(texts)) @ self.grams.T).toarray()
        meant = vectors @ self.vectors.T
        alike = CONSTANT + self.share * said + (1 - self.share) * meant
        count, classes = len(self.vectors), len(self.labels)
        return (count * _softmax(alike @ self.weights / self.heat) + 1 / classes) / (count + 1)

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The likeliest class of each text."""
        return [self.labels[k] for k in self.chances(texts).argmax(1)]


def _fitted(alike: Floats, classes: NDArray[np.int64], count: int) -> tuple[float, Floats, float]:
    """Log likelihood of the first `count` examples, each left out; weights; the heat."""
    wanted = np.eye(int(classes.max()) + 1)[classes]
    value, axes = np.linalg.eigh(alike)
    turned, squares = axes.T @ wanted, axes**2
    own = np.arange(count), classes[:count]
    best: tuple[float, Floats, float] | None = None
    for ridge in RIDGES:
        shrunk = 1 / (np.maximum(value, 0) + ridge)
        weights = axes @ (shrunk[:, None] * turned)
        without = (wanted - weights / (squares @ shrunk)[:, None])[:count]
        for heat in HEATS:
            likely = float(np.log(_softmax(without / heat)[own] + 1e-12).mean())
            if best is None or likely > best[0]:
                best = likely, weights, heat
    assert best is not None
    return best


def _softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True))


def _heads(texts: Sequence[str]) -> list[str]:
    return [text[:WORDS_MAX] or " " for text in texts]


def _vectors(texts: Sequence[str], embedder: Embedder) -> NDArray[np.float32]:
    heads = [text[:CHARACTERS] or " " for text in texts]
    return np.asarray(embedder.embed(heads, kind="query"), np.float32)


def _centred(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    rows = vectors - mean
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))
