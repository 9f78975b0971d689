"""The day's landscape: what earlier days were like by tick, corrected by how today departs."""

from __future__ import annotations

import numpy as np

from .response import STEPS
from .types import Floats

MEMORY = 0.9  # weight of a tick's evidence a tick later
FIRST = 0.5  # an earlier day's word counts like this many ticks of today
DEPART_MAX = 8.0  # a tick departs by this factor at most, beyond it by what is seen today
SMOOTH = 1.5  # ticks over which an earlier day's profile is smoothed, standard deviation
LOCAL = 0.7  # memory of the landscape's shape where no earlier day is known


class Profile:
    """Curves (2, slots, STEPS) by tick: of earlier days, of today, and to come."""

    def __init__(self, ticks: int, slots: int) -> None:
        self.ticks = ticks
        self.shape = (2, slots, STEPS)
        self.past = np.zeros((ticks, *self.shape))
        self.periods = 0
        self._today = np.zeros(self.shape)  # fading sums of what was seen today
        self._then = np.zeros(self.shape)  # and of what the profile said of those ticks
        self._faded = 0.0  # ticks in those sums
        self._recent, self._weight = np.zeros(self.shape), 0.0

    def add_period(self, curves: Floats) -> None:
        """Take the curves of an earlier day, (ticks, 2, slots, STEPS)."""
        if not curves.any():
            return
        at = np.arange(self.ticks)
        near = np.exp(-0.5 * ((at[:, None] - at) / SMOOTH) ** 2)
        smooth = np.tensordot(near / near.sum(axis=1, keepdims=True), curves, axes=1)
        self.past = (self.past * self.periods + smooth) / (self.periods + 1)
        self.periods += 1

    def observe(self, tick: int, curves: Floats) -> None:
        """Take the curves of a tick of today."""
        if not curves.any():
            return
        self._recent = LOCAL * self._recent + curves
        self._weight = LOCAL * self._weight + 1
        if self.periods and tick < self.ticks:
            self._faded = MEMORY * self._faded + 1
            self._today = MEMORY * self._today + curves
            self._then = MEMORY * self._then + self.past[tick]

    @property
    def known(self) -> bool:
        """Whether there is anything to go by."""
        return self.periods > 0 or self._weight > 0

    def to_come(self, tick: int, exposures: Floats) -> Floats:
        """Value and cost expected of the ticks from `tick` on; (2, ticks left, STEPS)."""
        if not self.periods:
            now = _seen(self._recent, exposures) / max(self._weight, 1e-12)
            return np.repeat(now[:, None], self.ticks - tick, axis=1)
        ahead = np.einsum("tcjg,j->ctg", self.past[tick:], exposures)
        mean = np.einsum("tcjg,j->cg", self.past, exposures) / self.ticks
        floor = FIRST * mean + 1e-9 * mean.max(axis=1, keepdims=True)
        known = np.maximum(_seen(self._then, exposures) + floor, np.finfo(float).tiny)
        depart = (_seen(self._today, exposures) + floor) / known
        factor = np.clip(depart, 1 / DEPART_MAX, DEPART_MAX)
        beyond = _seen(self._today, exposures) - _seen(self._then, exposures) * factor
        beyond = np.where(factor == depart, 0.0, beyond) / max(self._faded, 1.0)
        come: Floats = np.maximum(ahead * factor[:, None] + beyond[:, None], 0.0)
        return come


def _seen(curves: Floats, exposures: Floats) -> Floats:
    seen: Floats = np.einsum("cjg,j->cg", curves, exposures)
    return seen
