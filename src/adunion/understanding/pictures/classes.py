"""The learned head: what kind of product a picture shows, from its shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from adunion.kernel.errors import invalid

from ..modelfile import Arrays, ModelFile
from .types import Floats, Guess

FILE = ModelFile(
    "picture head", "head", "Train one: adunion understand train-image FOLDER --out HEAD.npz"
)
PER_CLASS_MIN = 4
FOLDS = 5


@dataclass(frozen=True)
class Head:
    """A linear classifier: `weights` [classes, d], `bias` [classes], `scale` to probabilities.

    `encoder` names what made the vectors: `shape`, or the digest of an ONNX file.
    """

    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    scale: float
    encoder: str = "shape"

    def guess(self, vectors: Floats) -> tuple[Guess, ...]:
        """Classes by probability, from the vectors [n, d] of one picture and its mirror image."""
        score = (vectors @ self.weights.T + self.bias).mean(0) * self.scale
        chance = np.exp(score - score.max())
        chance /= chance.sum()
        order = np.argsort(-chance, kind="stable")
        return tuple(Guess(self.labels[k], round(float(chance[k]), 4)) for k in order)

    def save(self, path: Path) -> None:
        """Write it as .npz, weights in half precision."""
        FILE.save(
            path, labels=np.array(self.labels), weights=self.weights.astype("f2"), bias=self.bias,
            scale=self.scale, encoder=self.encoder,
        )  # fmt: skip


def load(path: Path) -> Head:
    """A head that `save` wrote. Raises AdUnionError where the file is none."""
    return FILE.load(path, _head)


def _head(held: Arrays) -> Head:
    weights, bias = held["weights"].astype(np.float32), held["bias"].astype(np.float32)
    if weights.ndim != 2 or not len(held["labels"]) == len(bias) == len(weights):
        raise ValueError("its parts differ in length")
    labels = tuple(map(str, held["labels"]))
    return Head(labels, weights, bias, float(held["scale"]), str(held["encoder"]))


@lru_cache(maxsize=1)
def shipped() -> Head:
    """The head that comes with the program: ten kinds of clothing."""
    return load(Path(str(files(__package__) / "clothing.npz")))


def train(vectors: Floats, labels: list[str], encoder: str = "shape") -> tuple[Head, float]:
    """A head from [n, 2, d] vectors (picture, mirror image) and its cross-validated top-1.

    A linear support vector machine, one class against the rest; `scale` makes held-out
    probabilities as sure as they are right (temperature, Guo et al. 2017).
    """
    from sklearn.model_selection import StratifiedKFold

    known = sorted(set(labels))
    counts = {label: labels.count(label) for label in known}
    if len(known) < 2:
        raise invalid("folder", "There is one class only.", "Give a folder of folders by class.")
    small = [label for label in known if counts[label] < PER_CLASS_MIN]
    if small:
        raise invalid("folder", f"{small[0]} has {counts[small[0]]} pictures.",
                      f"Give each class {PER_CLASS_MIN} or more.")  # fmt: skip
    truth = np.array([known.index(label) for label in labels])
    held = np.zeros((len(truth), len(known)), np.float32)
    folds = StratifiedKFold(min(FOLDS, *counts.values()), shuffle=True, random_state=0)
    for learn, test in folds.split(truth, truth):
        weights, bias = fit(vectors[learn], truth[learn], len(known))
        held[test] = (vectors[test] @ weights.T + bias).mean(1)
    scales = np.geomspace(0.5, 32, 40)
    losses = [_log_loss(held * scale, truth) for scale in scales]
    weights, bias = fit(vectors, truth, len(known))
    scale = float(scales[int(np.argmin(losses))])
    accuracy = float((held.argmax(1) == truth).mean())
    return Head(tuple(known), weights, bias, scale, encoder), accuracy


def fit(vectors: Floats, truth: np.ndarray, count: int) -> tuple[Floats, Floats]:
    """Weights [count, d] and bias [count] from [n, views, d] vectors and classes 0 to count - 1."""
    from sklearn.svm import LinearSVC

    rows = vectors.reshape(-1, vectors.shape[-1])
    twice = np.repeat(truth, vectors.shape[1])
    found = LinearSVC(C=0.1, random_state=0, max_iter=5000).fit(rows, twice)
    weights, bias = found.coef_, found.intercept_
    if count == 2:  # liblinear keeps one row of two
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return weights.astype(np.float32), bias.astype(np.float32)


def _log_loss(score: Floats, truth: np.ndarray) -> float:
    shifted = score - score.max(1, keepdims=True)
    log_chance = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return -float(log_chance[np.arange(len(truth)), truth].mean())
