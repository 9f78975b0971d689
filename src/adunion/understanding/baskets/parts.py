"""The parts of a basket model: each scores every item for every question, by one idea."""

from __future__ import annotations

from typing import Any

import numpy as np

from .types import Floats, Ints, Purchases, Question, Scores

HALF_LIFE_DAYS = 30.0
_NEIGHBOURS = 200


def matrix(rows: Ints, columns: Ints, shape: tuple[int, int], values: Floats | None = None) -> Any:
    """A sparse matrix, values of one place added up."""
    from scipy.sparse import csr_matrix

    filled = np.ones(len(rows)) if values is None else values
    return csr_matrix((filled, (rows, columns)), shape, dtype=np.float32)


def popularity(bought: Purchases, half_life_days: float | None) -> Floats:
    """Purchases of each item, the older the less where a half-life is given, (items,) max 1."""
    age = bought.day.max(initial=0) - bought.day
    weight = None if half_life_days is None else 0.5 ** (age / half_life_days)
    count = np.bincount(bought.item, weight, len(bought.items)).astype(np.float64)
    return count / max(float(count.max(initial=0)), 1e-9)


def cosine(groups: Any, shrink: float = 0.0, neighbours: int | None = None) -> Any:
    """Item-item cosines over groups x items, shrunk where few share both; sparse, no diagonal.

    Shrinkage n / (n + shrink) over the n groups that hold both (Koren, 2008).
    """
    import scipy.sparse as sp

    binary = groups.sign()
    shared = (binary.T @ binary).tocoo()
    size = np.asarray(binary.sum(0)).ravel()
    off = shared.row != shared.col
    row, column, both = shared.row[off], shared.col[off], shared.data[off]
    value = both / np.sqrt(size[row] * size[column]) * (both / (both + shrink))
    made = sp.csr_matrix((value.astype(np.float32), (row, column)), shared.shape)
    return made if neighbours is None else _keep_best(made, neighbours)


def _keep_best(similarity: Any, most: int) -> Any:
    """The `most` strongest of each row."""
    import scipy.sparse as sp

    kept = similarity.tocsr()
    sizes = np.diff(kept.indptr)
    owner = np.repeat(np.arange(kept.shape[0]), sizes)
    order = np.lexsort((-kept.data, owner))
    place = np.arange(len(order)) - kept.indptr[:-1][owner[order]]
    chosen = order[place < most]
    return sp.csr_matrix((kept.data[chosen], (owner[chosen], kept.indices[chosen])), kept.shape)


def ease(groups: Any, ridge: float, items_max: int) -> tuple[Ints, Scores]:
    """EASE^R (Steck, 2019): the ridge regression of each item on all others, closed form.

    Of the `items_max` items in most groups: their rows (m,), and weights (m, m), zero diagonal.
    """
    size = np.asarray(groups.sign().sum(0)).ravel()
    rows = np.sort(np.argsort(-size, kind="stable")[:items_max])
    rows = rows[size[rows] > 0]
    some = groups[:, rows]
    gram = np.asarray((some.T @ some).todense(), np.float64)
    gram[np.diag_indices(len(rows))] += ridge
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return rows, weights.astype(np.float32)


def transitions(bought: Purchases, shrink: float = 5.0) -> Any:
    """From an item to what its buyer's next basket holds, beyond how common that is; sparse."""
    import scipy.sparse as sp

    known = bought.customer >= 0
    basket, customer, item = (c[known] for c in (bought.basket, bought.customer, bought.item))
    pairs = np.unique(np.stack([customer, basket], 1), axis=0)
    follows = np.flatnonzero(pairs[1:, 0] == pairs[:-1, 0])
    labels = pairs[:, 1]
    place = {int(label): row for row, label in enumerate(labels)}
    rows = np.array([place[int(each)] for each in basket], np.int64)
    held = matrix(rows, item, (len(pairs), len(bought.items)))
    moved = (held[follows].T @ held[follows + 1]).tocoo()
    size = np.asarray(held[follows].sum(0)).ravel()
    value = moved.data / (size[moved.row] + shrink)
    return _keep_best(sp.csr_matrix((value, (moved.row, moved.col)), moved.shape), _NEIGHBOURS)


def repeat(asked: Question, items: int, half_life_days: float) -> Any:
    """How often and how lately the customer bought each item, (n, items) sparse."""
    weight = 0.5 ** (asked.past_age / half_life_days) + 0.02
    return matrix(*asked.past, (asked.count, items), weight)
