"""What a cosine means: centred by language, then a curve learned from like and unlike texts.

Cosines of e5 lie between .75 and .9 whatever the texts, and are greater within a language. Taking
each language's mean away removes both (Mu and Viswanath, "All-but-the-Top", ICLR 2018); the curve
is logistic, learned from the groups of synonyms that come with the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from ..lists import read_lists
from .types import Embedder, Floats, Kind, unit

KINDS: tuple[Kind, Kind] = ("query", "document")
SCRIPTS = ("latin", "han", "other")
_STEPS = 200
_RIDGE = 1e-3
_SHRINK = 20.0  # texts of a script before its own mean is believed


def scripts(texts: Sequence[str]) -> npt.NDArray[np.int8]:
    """Row in `SCRIPTS` of each text, by most of its letters; a stand-in for its language."""
    return np.array([_script(text) for text in texts], np.int8)


def _script(text: str) -> int:
    counts = [0, 0, 0]
    for char in text[:400]:
        if char.isalpha():
            code = ord(char)
            counts[0 if code < 0x250 else 1 if 0x3400 <= code <= 0x9FFF else 2] += 1
    return int(np.argmax([counts[0], 2 * counts[1], counts[2]]))  # a han character is half a word


def means(vectors: Floats, script: npt.NDArray[np.int8]) -> Floats:
    """The mean of each script, (3, d), drawn to the mean of all where there are few."""
    overall = vectors.mean(0) if len(vectors) else np.zeros(vectors.shape[1], np.float32)
    rows = []
    for which in range(len(SCRIPTS)):
        own = vectors[script == which]
        rows.append((own.sum(0) + _SHRINK * overall) / (len(own) + _SHRINK))
    return np.array(rows, np.float32)


def centred(vectors: Floats, script: npt.NDArray[np.int8], mean: Floats) -> Floats:
    """Unit vectors without the mean of their script."""
    return unit(np.asarray(vectors - mean[script], np.float32))


@dataclass(frozen=True)
class Calibration:
    """Of one embedder: means by kind and script (2, 3, d), and the curve of centred cosines."""

    mean: Floats
    slope: float
    intercept: float

    def centred(self, vectors: Floats, texts: Sequence[str], kind: Kind) -> Floats:
        """Vectors of texts in which the language no longer tells."""
        return centred(vectors, scripts(texts), self.mean[KINDS.index(kind)])

    def probability(self, cosines: npt.NDArray[np.floating]) -> Floats:
        """The chance that two texts are about the same thing, where half of the pairs are."""
        return np.asarray(1 / (1 + np.exp(-(self.slope * cosines + self.intercept))), np.float32)

    def relatedness(
        self, embedder: Embedder, queries: Sequence[str], texts: Sequence[str]
    ) -> Floats:
        """That chance for each query and text, (queries, texts)."""
        left = self.centred(embedder.embed(queries, "query"), queries, "query")
        right = self.centred(embedder.embed(texts, "document"), texts, "document")
        return self.probability(left @ right.T)

    @classmethod
    def fit(cls, embedder: Embedder, groups: Sequence[Sequence[str]]) -> Calibration:
        """From groups of texts that mean the same; every two of a group are alike, others not."""
        texts = [text for group in groups for text in group]
        group = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
        script = scripts(texts)
        sides = [embedder.embed(texts, kind) for kind in KINDS]
        mean = np.stack([means(side, script) for side in sides])
        left, right = (centred(s, script, m) for s, m in zip(sides, mean, strict=True))
        cosine, same = left @ right.T, group[:, None] == group[None, :]
        other = ~np.eye(len(texts), dtype=bool)
        return cls(mean, *_logistic(cosine[same & other], cosine[~same]))


def _logistic(
    alike: npt.NDArray[np.floating], unlike: npt.NDArray[np.floating]
) -> tuple[float, float]:
    """Slope and intercept of the curve, both sides weighing the same, by Newton's method."""
    x = np.concatenate([alike, unlike]).astype(np.float64)
    y = np.concatenate([np.ones(len(alike)), np.zeros(len(unlike))])
    weight = np.where(y == 1, 0.5 / len(alike), 0.5 / len(unlike))
    design = np.stack([x, np.ones_like(x)], 1)
    beta = np.zeros(2)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        slope = design.T @ (weight * (p - y)) + _RIDGE * beta * np.array([1e-3, 0])
        curve = (design * (weight * p * (1 - p))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        beta -= step
        if np.abs(step).max() < 1e-9:
            break
    return float(beta[0]), float(beta[1])


def synonym_groups() -> list[list[str]]:
    """The texts that the program calls alike."""
    shipped, _, _ = read_lists("adunion.understanding", "lexicon", None)
    return [list(group) for group in shipped["groups"]]


_fitted: dict[str, Calibration] = {}


def calibration(embedder: Embedder) -> Calibration:
    """Of an embedder, found once a process: the shipped one, else one fitted now."""
    if embedder.name not in _fitted:
        _fitted[embedder.name] = _find(embedder)
    return _fitted[embedder.name]


def _find(embedder: Embedder) -> Calibration:
    kept = files("adunion.understanding.embed").joinpath(f"{embedder.name}.npz")
    if not kept.is_file():
        return Calibration.fit(embedder, synonym_groups())
    with kept.open("rb") as file, np.load(file, allow_pickle=False) as found:
        slope, intercept = found["curve"]
        return Calibration(found["mean"], float(slope), float(intercept))
