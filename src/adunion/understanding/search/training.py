"""Learning the relevance layer from human ratings: pairs of items of one query, which is better.

Logistic loss of the difference of two items, each pair weighing by how far their gains are apart
and every query the same (RankNet, Burges et al., ICML 2005), drawn to weights set by hand: with 90
queries the ratings move what they can and leave the rest. How far is chosen by an inner
cross-validation over queries; what is reported is of queries that took no part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.kernel.clock import generator

from .features import NAMES
from .measure import ndcg
from .query import Searcher
from .ranking import Model, of_names
from .types import Floats

PRIOR = {
    "best": 4.0, "title": 1.0, "description": 1.0, "label": 2.0, "attributes": 0.25, "cover": 4.0,
    "whole": 3.0, "aside": -1.0, "part": -2.0, "meaning": 4.0,
}  # fmt: skip
"""Set by hand before any rating was seen; the features it does not name are not used."""
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 1.0)
FOLDS = 5
_PAIRS_MAX = 4_000
_STEPS = 30


@dataclass(frozen=True)
class Judged:
    """A query's candidates as the model sees them, with what raters said of each."""

    query: str
    ids: Sequence[str]
    table: Floats  # (k, features)
    exact: Floats  # (k,)
    rated: Mapping[str, float]  # of all items, candidates or not

    def score(self, model: Model) -> float:
        """NDCG@10 of the candidates in a model's order."""
        key = model.probability(self.table) + self.exact if len(self.ids) else self.exact
        order = np.lexsort((np.arange(len(key)), -key))[:10]
        return ndcg([self.ids[k] for k in order], self.rated)


def judge(searcher: Searcher, ratings: Mapping[str, Mapping[str, float]]) -> list[Judged]:
    """The candidates of every rated query that has a relevant item."""
    found = []
    for query, rated in ratings.items():
        if max(rated.values()) > 0:
            rows, table, exact = searcher.candidates(query)
            ids = [searcher.index.ids[row] for row in rows]
            found.append(Judged(query, ids, table, exact, rated))
    return found


def fit(judged: Sequence[Judged], strength: float, seed: int = 1) -> Model:
    """The weights of greatest likelihood, held to the prior by `strength`."""
    start = of_names(PRIOR).weight.astype(np.float64)
    used = start != 0
    pairs = [_pairs(each, seed + n) for n, each in enumerate(judged)]
    apart = np.concatenate([difference[:, used] for difference, _ in pairs]).astype(np.float64)
    worth = np.concatenate([weight for _, weight in pairs]) / max(len(judged), 1)
    beta = start[used].copy()
    for _ in range(_STEPS):
        wrong = 1 / (1 + np.exp(np.clip(apart @ beta, -30, 30)))
        slope = -apart.T @ (worth * wrong) + strength * (beta - start[used])
        curve = (apart * (worth * wrong * (1 - wrong))[:, None]).T @ apart
        step = np.linalg.solve(curve + strength * np.eye(len(beta)), slope)
        beta -= _bounded(step)
        if np.abs(step).max() < 1e-7:
            break
    weight = np.zeros(len(NAMES), np.float32)
    weight[used] = beta
    return calibrate(Model(weight), judged)


def _bounded(step: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A step of Newton's method, shortened where it would leap."""
    return np.asarray(step / max(1.0, float(np.abs(step).max()) / 2))


def _pairs(each: Judged, seed: int) -> tuple[Floats, npt.NDArray[np.float64]]:
    """Differences of better and worse items, and weights that sum to 1; unrated items count 0."""
    gain = np.exp2([each.rated.get(id_, 0.0) for id_ in each.ids]) - 1
    better, worse = np.nonzero(gain[:, None] > gain[None, :])
    if len(better) > _PAIRS_MAX:
        some = generator(seed).choice(len(better), _PAIRS_MAX, replace=False)
        better, worse = better[some], worse[some]
    weight = gain[better] - gain[worse]
    table = each.table if len(each.ids) else np.zeros((0, len(NAMES)), np.float32)
    return table[better] - table[worse], weight / max(weight.sum(), 1e-9)


def calibrate(model: Model, judged: Sequence[Judged]) -> Model:
    """The same order, with an intercept and scale that make scores chances of a rating above 0."""
    odds = np.concatenate([model.odds(each.table) for each in judged if len(each.ids)])
    good = np.concatenate(
        [[each.rated[i] > 0 if i in each.rated else False for i in each.ids] for each in judged]
    )
    rated = np.concatenate([[i in each.rated for i in each.ids] for each in judged]).astype(bool)
    x, y = odds[rated].astype(np.float64), good[rated].astype(np.float64)
    design, beta = np.stack([x, np.ones_like(x)], 1), np.array([1.0, -float(np.median(x))])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        slope = design.T @ (chance - y) + np.array([beta[0] - 1, 0])
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + 1e-6 * np.eye(2)
        beta -= _bounded(np.linalg.solve(curve, slope))
    scale = max(float(beta[0]), 0.05)
    return Model((model.weight * scale).astype(np.float32), float(beta[1]))


def choose(judged: Sequence[Judged], seed: int = 1) -> float:
    """The strength whose held-out NDCG@10 is best, by cross-validation within these queries."""
    means = {}
    for strength in STRENGTHS:
        scores = [
            each.score(model)
            for train, test in folds(judged, seed)
            for model in (fit(train, strength),)
            for each in test
        ]
        means[strength] = float(np.mean(scores))
    best = max(means.values())
    return max(s for s, mean in means.items() if mean >= best - 0.002)  # the simpler of equals


def folds(judged: Sequence[Judged], seed: int) -> list[tuple[list[Judged], list[Judged]]]:
    """Queries in five parts: (the other four, the part)."""
    order = generator(seed).permutation(len(judged))
    parts = [set(order[n::FOLDS].tolist()) for n in range(FOLDS)]
    return [
        (
            [each for n, each in enumerate(judged) if n not in part],
            [each for n, each in enumerate(judged) if n in part],
        )
        for part in parts
    ]


def cross_validate(judged: Sequence[Judged], seed: int = 1) -> tuple[dict[str, float], list[float]]:
    """NDCG@10 of each query by a model that has not seen it, and the strengths chosen."""
    scores: dict[str, float] = {}
    strengths = []
    for number, (train, test) in enumerate(folds(judged, seed)):
        strength = choose(train, seed + 100 + number)
        model = fit(train, strength)
        strengths.append(strength)
        scores |= {each.query: each.score(model) for each in test}
    return scores, strengths
