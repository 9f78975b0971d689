"""How good a ranking is by human ratings: NDCG@10, and whether one is better than another."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from adunion.kernel.clock import generator
from adunion.kernel.errors import invalid

DEPTH = 10
Ratings = dict[str, dict[str, float]]
"""By query and item id: 0 not relevant to 3 perfect."""


def read_ratings(path: Path) -> Ratings:
    """A CSV with columns query, docid and final_rating."""
    found: Ratings = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for line, row in enumerate(csv.DictReader(file), 2):
                try:
                    grade = float(row["final_rating"])
                    found.setdefault(row["query"], {})[row["docid"]] = grade
                except (KeyError, TypeError, ValueError):
                    raise invalid(
                        "ratings",
                        f"{path.name}, line {line}: query, docid or final_rating is bad.",
                        "Give a CSV with these columns; final_rating is a number.",
                    ) from None  # fmt: skip
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise invalid("ratings", f"{path}: cannot be read: {error}.", "Check it.") from None
    return found


def ndcg(ids: Sequence[str], rated: Mapping[str, float], depth: int = DEPTH) -> float:
    """Normalised discounted gain of a ranking, gain 2^r - 1, an unrated item counting 0.

    Jarvelin and Kekalainen, TOIS 2002. NaN where nothing is relevant: there is nothing to rank.
    """
    discount = 1 / np.log2(np.arange(2, depth + 2))
    gains = np.exp2([rated.get(id_, 0.0) for id_ in ids[:depth]]) - 1
    ideal = np.exp2(sorted(rated.values(), reverse=True)[:depth]) - 1
    best = float(ideal @ discount[: len(ideal)])
    return float(gains @ discount[: len(gains)]) / best if best > 0 else float("nan")


def permutation_p(left: Sequence[float], right: Sequence[float], turns: int = 20_000) -> float:
    """Two-sided p of the mean difference of paired values, by flipping signs at random."""
    apart = np.asarray(left) - np.asarray(right)
    signs = generator(20_261_129).integers(0, 2, (turns, len(apart)), np.int8) * 2 - 1
    drawn = np.abs(signs @ apart) / len(apart)
    return float((1 + (drawn >= abs(apart.mean()) - 1e-12).sum()) / (turns + 1))


def interval(values: Sequence[float], turns: int = 5_000) -> tuple[float, float]:
    """95 % interval of a mean, by drawing the values again with replacement."""
    drawn = generator(20_261_130).integers(0, len(values), (turns, len(values)))
    low, high = np.quantile(np.asarray(values)[drawn].mean(1), (0.025, 0.975))
    return float(low), float(high)
