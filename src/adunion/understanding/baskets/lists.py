"""What goes with each item, as ranked lists: item-kNN and EASE^R over baskets, added up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .parts import cosine, ease, matrix

Rows = npt.NDArray[np.int32]
ITEMS_MAX = 2_000  # those in most baskets, whose regression is solved
_MOST = 60
_RIDGE = 50.0
_SHRINK = 5.0
_BASKETS_SURE = 3.0  # of an item: from so many baskets on it is half sure


def companions(
    basket: npt.NDArray[np.uint64], item: Rows, category: Rows
) -> tuple[npt.NDArray[np.int64], Rows, npt.NDArray[np.float32]]:
    """For each of `len(category)` items the items of other categories that go with it.

    From rows (basket, item), items below 0 left out; offsets (items + 1,), items, scores 0..1.
    """
    size = len(category)
    known = item >= 0
    _, group = np.unique(basket[known], return_inverse=True)
    if not len(group):
        return np.zeros(size + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32)
    rows = item[known].astype(np.int64)
    groups = matrix(group, rows, (int(group.max()) + 1, size)).sign()
    both = _rows_to_one(cosine(groups, _SHRINK, 4 * _MOST)) + _rows_to_one(_ease(groups))
    pairs = both.tocoo()
    apart = category[pairs.row] != category[pairs.col]
    left, right, score = pairs.row[apart], pairs.col[apart], pairs.data[apart]
    order = np.lexsort((right, -score, left))
    left, right, score = left[order], right[order], score[order]
    sizes = np.bincount(left, minlength=size)
    place = np.arange(len(left)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    kept = place < _MOST
    left, right, score = left[kept], right[kept], score[kept]
    best = np.zeros(size)
    np.maximum.at(best, left, score)
    held = np.asarray(groups.sum(0)).ravel()
    sure = held / (held + _BASKETS_SURE)
    offsets = np.concatenate(([0], np.cumsum(np.bincount(left, minlength=size))))
    scaled = np.sqrt(score / best[left]) * sure[left]
    return offsets.astype(np.int64), right.astype(np.int32), scaled.astype(np.float32)


def _ease(groups: Any) -> Any:
    """The positive weights of the regression, as a sparse matrix over all items."""
    from scipy.sparse import csr_matrix

    rows, weights = ease(groups, _RIDGE, ITEMS_MAX)
    at, to = np.nonzero(weights > 1e-3)
    shape = (groups.shape[1], groups.shape[1])
    return csr_matrix((weights[at, to], (rows[at], rows[to])), shape)


def _rows_to_one(table: Any) -> Any:
    """Rows scaled so that the greatest of each is 1."""
    from scipy.sparse import diags

    most = np.asarray(table.max(axis=1).todense()).ravel()
    return diags(1 / np.maximum(most, 1e-9)) @ table
