"""A small convolutional network over features of characters.

Each feature has a vector; a character's are summed, and three dilated convolutions look up to seven
characters to each side (Strubell et al. 2017). Numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from .chain import LABELS, Chances, chances
from .features import Features

Floats = npt.NDArray[np.float32]
REACH = (1, 2, 4)
"""Of the convolutions: how far left and right of a character their outer columns stand."""
STEPS = 15


@dataclass(frozen=True)
class Net:
    """Vectors of features [features, d] in 5 bits with a scale each, and the layers' weights."""

    names: tuple[str, ...] = field(repr=False)
    vectors: npt.NDArray[np.int8] = field(repr=False)
    scale: Floats = field(repr=False)
    layers: Mapping[str, Floats] = field(repr=False)

    def chances(self, found: Features, states: npt.NDArray[np.float16] | None = None) -> Chances:
        """Chance of each of `LABELS` at each character [length, labels] of a title's features.

        A network that learnt with an encoder's states needs those too.
        """
        row = self._row.get
        known = [[at for name in one if (at := row(name, -1)) >= 0] for one in found]
        ends = np.cumsum([len(one) for one in known])
        rows = np.fromiter(chain.from_iterable(known), np.int64, int(ends[-1]))
        summed = _summed(self.vectors, self.scale, rows, ends)
        if states is not None:
            summed = np.hstack([summed, states.astype(np.float32)])
        scores = self._scores(summed).astype(np.float64)
        return chances(scores, self._turn, self._first)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What to keep; layers in half precision."""
        names = np.frombuffer("\n".join(self.names).encode(), np.uint8)
        layers = {name: each.astype(np.float16) for name, each in self.layers.items()}
        return {**layers, "names": names, "vectors": self.vectors, "scale": self.scale}

    @classmethod
    def of(cls, held: Mapping[str, npt.NDArray[Any]]) -> Net:
        """The inverse of `arrays`. Raises ValueError or KeyError where the parts do not fit."""
        names = tuple(held["names"].tobytes().decode().split("\n"))
        wanted = (
            "in",
            "in_bias",
            "out",
            "out_bias",
            "turn",
            "first",
            *(f"{part}{layer}" for part in ("layer", "bias") for layer in range(len(REACH))),
        )
        layers = {name: held[name].astype(np.float32) for name in wanted}
        width, states = layers["in"].shape
        sound = (
            len(names) == len(held["scale"])
            and held["vectors"].shape == (len(names), width)
            and layers["out"].shape == (states, len(LABELS))
            and layers["turn"].shape == (len(LABELS), len(LABELS))
        )
        if not sound:
            raise ValueError("its network's parts differ in size")
        return cls(names, held["vectors"], held["scale"], layers)

    def _scores(self, summed: Floats) -> Floats:
        held = self.layers
        state = np.maximum(summed @ held["in"] + held["in_bias"], 0)
        for layer, reach in enumerate(REACH):
            seen = beside(state, reach) @ held[f"layer{layer}"] + held[f"bias{layer}"]
            state = state + np.maximum(seen, 0)
        return np.asarray(state @ held["out"] + held["out_bias"])

    @cached_property
    def _row(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.names)}

    @cached_property
    def _turn(self) -> Chances:
        return self.layers["turn"].astype(np.float64)

    @cached_property
    def _first(self) -> Chances:
        return self.layers["first"].astype(np.float64)


@numba.njit(cache=True, nogil=True)
def _summed(
    vectors: npt.NDArray[np.int8], scale: Floats, rows: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
) -> Floats:  # fmt: skip
    """[characters, d]: vectors of each one's features added, over the root of their number."""
    found = np.zeros((len(ends), vectors.shape[1]), np.float32)
    begin = 0
    for at in range(len(ends)):
        if ends[at] > begin:
            root = np.float32(1 / np.sqrt(ends[at] - begin))
            for one in rows[begin : ends[at]]:
                by = scale[one] * root
                for k in range(vectors.shape[1]):
                    found[at, k] += by * np.float32(vectors[one, k])
        begin = ends[at]
    return found


def beside(state: Floats, reach: int) -> Floats:
    """[length, 3 d]: what stands `reach` to the left, here, and to the right; 0 outside."""
    length, width = state.shape
    found = np.zeros((length, 3 * width), np.float32)
    found[reach:, :width] = state[:-reach]
    found[:, width : 2 * width] = state
    found[:-reach, 2 * width :] = state[reach:]
    return found


def few_bits(vectors: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Vectors in whole numbers up to `STEPS`, which pack well, and the scale of each row."""
    scale = np.maximum(np.abs(vectors).max(1), 1e-9).astype(np.float32) / np.float32(STEPS)
    return np.rint(vectors / scale[:, None]).astype(np.int8), scale
