"""What a day has shown so far: money, value, exposure by slot, and sales beside predictions."""

from __future__ import annotations

import numpy as np

from .intake import Seen
from .types import Floats

EXPOSURE_FALL = 0.8  # guess of a slot's exposure over the one before it ...
EXPOSURE_TRUST = 50.0  # ... worth this many wins
PAID_TRUST = 30.0  # least winning costs are believed like this many payments of just them
RATIOS = np.geomspace(0.1, 10.0, 139)  # sales over predictions
RIGHT, RIGHT_SD = 0.85, 0.04  # how likely predictions are right at first, and how nearly
WRONG_SD = 0.5  # how far off they are if not, standard deviation of the logarithm


class Evidence:
    """Running sums; `spent` and `value` are of what was exposed today."""

    def __init__(self) -> None:
        self.spent = 0.0
        self.value = 0.0
        self._paid, self._due, self._payments = 0.0, 0.0, 0
        self._exposed, self._won = np.zeros(0), np.zeros(0)
        self._sales = np.zeros(3)  # predicted, converted, and the squares of the latter
        self._chances = True  # values are chances of a conversion, as far as was seen

    def learn(self, seen: Seen) -> None:
        """Take what sold, of today or an earlier day."""
        if seen.exposed is not None and seen.converted is not None:
            sold = seen.converted
            self._chances &= bool(seen.values.max(initial=0.0) <= 1)
            self._sales += seen.values[seen.exposed].sum(), sold.sum(), (sold**2).sum()

    def add(self, seen: Seen, costs: Floats, bids: Floats | None) -> None:
        """Take a tick of today; `costs` (n, slots) and the bids that were made, if known."""
        self.learn(seen)
        if seen.exposed is None or seen.paid is None:
            return
        self.spent += float(seen.paid.sum())
        self.value += float(seen.values[seen.exposed].sum())
        if bids is None or len(bids) != len(seen.values):
            return
        slots = costs.shape[1]
        if len(self._won) < slots:
            self._won, self._exposed = np.zeros(slots), np.zeros(slots)
        slot = (costs > bids[:, None]).sum(axis=1)
        reached = (slot < slots) & (bids > 0) & (seen.won if seen.won is not None else True)
        shown = reached & seen.exposed
        np.add.at(self._won, slot[reached], 1)
        np.add.at(self._exposed, slot[shown], 1)
        self._paid += float(seen.paid[shown].sum())
        self._due += float(costs[np.nonzero(shown)[0], slot[shown]].sum())
        self._payments += int(shown.sum())

    def exposures(self, slots: int) -> Floats:
        """Chance that a slot won is seen, (slots,); a guess while there are few wins."""
        won, exposed = np.zeros(slots), np.zeros(slots)
        won[: len(self._won)], exposed[: len(self._won)] = self._won, self._exposed
        guess = EXPOSURE_FALL ** np.arange(slots)
        share: Floats = (exposed + EXPOSURE_TRUST * guess) / (won + EXPOSURE_TRUST)
        return share

    def paid_ratio(self) -> float:
        """Costs paid over least winning costs: 1 unless the market charges by another rule."""
        if self._due <= 0:
            return 1.0
        trust = PAID_TRUST / self._payments * self._due
        return (self._paid + trust) / (self._due + trust)

    def sales_ratio(self) -> float:
        """Conversions over those predicted, as far as they are to be believed.

        Predictions are either nearly right or off by any factor; what sold decides between the two
        and by how much (a mixture prior, sales by Poisson's law). Believed is what lies beyond a
        standard deviation of that: a few sales more or less than predicted are chance.
        """
        predicted, sold, squares = self._sales
        if predicted <= 0 or (sold <= 0 and not self._chances):
            return 1.0
        size = squares / sold if sold > 0 else 1.0
        logs = np.log(RATIOS)
        fit = (sold * logs - predicted * RATIOS) / size
        weight = PRIOR * np.exp(fit - fit.max())
        weight /= weight.sum()
        mean = float(weight @ logs)
        beyond = max(abs(mean) - float(np.sqrt(weight @ (logs - mean) ** 2)), 0.0)
        return float(np.exp(np.copysign(beyond, mean)))


def _normal(sd: float) -> Floats:
    density = np.exp(-0.5 * (np.log(RATIOS) / sd) ** 2)
    shares: Floats = density / density.sum()
    return shares


PRIOR = RIGHT * _normal(RIGHT_SD) + (1 - RIGHT) * _normal(WRONG_SD)
