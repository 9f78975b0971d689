"""Classes of your own from a few examples of each: meaning, then a linear model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adunion.kernel.errors import invalid
from adunion.understanding.embed import Embedder

CHARACTERS = 256
"""Of a text its beginning is read."""
STRENGTH = 1.0
"""Inverse of the ridge on unit vectors without their mean; chosen on the training part alone."""


class FewShot:
    """A classifier from examples; `labels` are the classes, sorted."""

    def __init__(self, embedder: Embedder, mean: NDArray[np.float32], model: Any) -> None:
        self._embedder = embedder
        self._mean = mean
        self._model = model
        self.labels: list[str] = list(model.classes_)

    @classmethod
    def learn(cls, texts: Sequence[str], labels: Sequence[str], embedder: Embedder) -> FewShot:
        """From texts and their classes.

        The mean vector is taken off: cosines of one model bunch, and what all texts share tells
        nothing. Raises AdUnionError for fewer than two classes or another number of labels.
        """
        from sklearn.linear_model import LogisticRegression

        if len(texts) != len(labels):
            raise invalid("labels", f"{len(texts)} texts have {len(labels)} labels.", "One each.")
        if len(set(labels)) < 2:
            raise invalid("labels", "There is one class only.", "Give examples of two or more.")
        vectors = _vectors(texts, embedder)
        mean = vectors.mean(0)
        model = LogisticRegression(C=STRENGTH, max_iter=500)
        return cls(embedder, mean, model.fit(_centred(vectors, mean), list(labels)))

    def chances(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probability of each class [texts, classes]."""
        rows = _centred(_vectors(texts, self._embedder), self._mean)
        return np.asarray(self._model.predict_proba(rows))

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The likeliest class of each text."""
        return [self.labels[k] for k in self.chances(texts).argmax(1)]


def _vectors(texts: Sequence[str], embedder: Embedder) -> NDArray[np.float32]:
    heads = [text[:CHARACTERS] or " " for text in texts]
    return np.asarray(embedder.embed(heads, kind="query"), np.float32)


def _centred(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    rows = vectors - mean
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))
