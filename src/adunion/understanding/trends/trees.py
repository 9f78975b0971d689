"""Boosted trees as plain arrays: kept as npz, walked by numba, no pickles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from .types import Floats

FIELDS = ("feature", "threshold", "left", "right", "value", "missing_left", "leaf", "start")


@dataclass(frozen=True)
class Forest:
    """The nodes of all trees one after the other; `start[k]` is the root of tree k."""

    base: float
    feature: npt.NDArray[np.int32]
    threshold: Floats
    left: npt.NDArray[np.int32]
    """Row of the node where x <= threshold."""
    right: npt.NDArray[np.int32]
    value: Floats
    missing_left: npt.NDArray[np.bool_]
    leaf: npt.NDArray[np.bool_]
    start: npt.NDArray[np.int32]

    def raw(self, rows: npt.NDArray[np.float32]) -> Floats:
        """(n,) sum over the trees: a log-odds or a value."""
        return _walk(
            rows, self.base, self.feature, self.threshold, self.left, self.right, self.value,
            self.missing_left, self.leaf, self.start,
        )  # fmt: skip

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What to keep."""
        return {name: getattr(self, name) for name in FIELDS} | {"base": np.array(self.base)}

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]], width: int) -> Forest:
        """The inverse of `arrays`, for rows of `width` features.

        Raises ValueError where a walk could leave the nodes or never end.
        """
        found = cls(float(arrays["base"]), **{name: arrays[name] for name in FIELDS})
        nodes, within = len(found.leaf), ~found.leaf
        if {len(getattr(found, name)) for name in FIELDS[:-1]} != {nodes}:
            raise ValueError("its parts differ in length")
        rows = np.arange(nodes)[within]
        sound = (
            _between(found.start, 0, nodes)
            and _between(found.feature[within], 0, width)
            and all(_between(side[within], rows + 1, nodes) for side in (found.left, found.right))
        )
        if not sound:
            raise ValueError("its trees lead to nodes or features that are not there")
        return found


def _between(values: npt.NDArray[Any], low: Any, end: int) -> bool:
    return bool(((values >= low) & (values < end)).all())


def forest(grown: Any) -> Forest:
    """The trees of a fitted scikit-learn HistGradientBoosting model of one output."""
    nodes = [stage[0].nodes for stage in grown._predictors]
    start = np.cumsum([0, *(len(each) for each in nodes)]).astype(np.int32)
    shift = np.repeat(start[:-1], np.diff(start)).astype(np.int64)
    flat = np.concatenate(nodes)
    return Forest(
        float(np.ravel(grown._baseline_prediction)[0]),
        flat["feature_idx"].astype(np.int32), flat["num_threshold"].astype(np.float64),
        (flat["left"] + shift).astype(np.int32), (flat["right"] + shift).astype(np.int32),
        flat["value"].astype(np.float64), flat["missing_go_to_left"].astype(np.bool_),
        flat["is_leaf"].astype(np.bool_), start[:-1],
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _walk(
    rows: npt.NDArray[np.float32],
    base: float,
    feature: npt.NDArray[np.int32],
    threshold: Floats,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    value: Floats,
    missing_left: npt.NDArray[np.bool_],
    leaf: npt.NDArray[np.bool_],
    start: npt.NDArray[np.int32],
) -> Floats:
    found = np.full(len(rows), base)
    for row in range(len(rows)):
        for tree in range(len(start)):
            node = start[tree]
            while not leaf[node]:
                x = rows[row, feature[node]]
                goes_left = missing_left[node] if np.isnan(x) else x <= threshold[node]
                node = left[node] if goes_left else right[node]
            found[row] += value[node]
    return found
