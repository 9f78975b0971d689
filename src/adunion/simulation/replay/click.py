"""Click rates of a log, predicted again: the shipped prediction, and what rivals paid for its like.

Auctions of one shipped prediction share the features behind it. What rivals paid for those before
tells what they know of them, so its mean is a feature, known at bid time. A logistic regression
joins it to the shipped log-odds; both weights are drawn to the shipped prediction as it stands.

What is won cheaply is clicked less than its like, since rivals know something: so the clicks that
a bid would win are told by a model that knows each past auction's own price, too. No bid may.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .log import LINES_MIN, AuctionLog

PRICE_WEIGHT = 1.0  # rows at the mean of all that a prediction's own mean price starts from
PRICE_USUAL = 58.36  # the mean price, in its own money, of the log that weights were drawn to
RIDGE = np.array([0.0, 60.0, 30.0, 10.0])  # pull of the weights to `PRIOR`
PRIOR = np.array([0.0, 1.0, 0.5, 0.0])
TURNS = 30

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClickModel:
    """Weights of a constant and the features."""

    weights: Floats  # (1 + k,)
    centre: Floats  # (k,) means of the features where it was fitted

    def predict(self, features: Floats) -> Floats:
        """Click rates, (n,), of `features` (n, k)."""
        return _rate(_design(features, self.centre) @ self.weights)


def features(log: AuctionLog) -> Floats:
    """(n, 2): shipped log-odds, and log mean price of the auctions before with the same ones."""
    logit = np.log(log.pctr / (1 - log.pctr))
    _, group = np.unique(log.pctr, return_inverse=True)
    order = np.argsort(group, kind="stable")
    price, of = log.price[order], group[order]
    start = np.concatenate(([True], of[1:] != of[:-1]))
    place = np.arange(len(of)) - np.maximum.accumulate(np.where(start, np.arange(len(of)), 0))
    before = np.concatenate(([0.0], np.cumsum(price)))[:-1]
    within = before - before[np.arange(len(of)) - place]
    all_before = np.concatenate(([log.price[0]], np.cumsum(log.price)[:-1]))
    usual = (all_before / np.maximum(np.arange(len(log)), 1))[order]
    mean = np.empty(len(log))
    mean[order] = (within + PRICE_WEIGHT * usual) / (place + PRICE_WEIGHT)
    return np.stack([logit, np.log1p(mean / _unit(log))], axis=1)


def with_price(table: Floats, log: AuctionLog) -> Floats:
    """The features and each auction's own price, which is known once it is over."""
    return np.column_stack([table, np.log1p(log.price / _unit(log))])


def _unit(log: AuctionLog) -> float:
    """What a log's prices count in, so that none depends on its money: its first ones set it."""
    return float(log.price[:LINES_MIN].mean() or log.price.mean()) / PRICE_USUAL


def fit(table: Floats, click: Floats) -> ClickModel:
    """Newton's method on the penalised log-likelihood."""
    centre = table.mean(axis=0)
    design = _design(table, centre)
    prior, ridge = PRIOR[: design.shape[1]], RIDGE[: design.shape[1]]
    weights = prior.copy()
    weights[0] = np.log(max(click.mean(), 1e-6) / (1 - click.mean())) - 0.2
    for _ in range(TURNS):
        rate = _rate(design @ weights)
        slope = design.T @ (click - rate) - ridge * (weights - prior)
        curve = (design * (rate * (1 - rate))[:, None]).T @ design + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    return ClickModel(weights, centre)


def _design(table: Floats, centre: Floats) -> Floats:
    return np.column_stack([np.ones(len(table)), table - centre])


def _rate(logit: Floats) -> Floats:
    rate: Floats = 1 / (1 + np.exp(-logit))
    return rate
