"""Counts that are withheld so that no difference tells of a group under the floor.

Complementary cell suppression (Willenborg and de Waal 2001, Elements of Statistical Disclosure
Control, chapter 3): one withheld count of a line could be had from its sum, so a second one is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .floor import PEOPLE_MIN, Noise, told

Cells = tuple[int | None, int | None, int | None]
"""People who are interested, bought, are loyal; None is withheld."""


def shown_cells(
    counts: npt.NDArray[np.int64], keys: Sequence[str], noise: Noise
) -> tuple[Cells, ...]:
    """Noisy counts of groups (g, 3), and of all as the last; what may not be told is None.

    The people of each group and of all are known, so that the withheld of each are none, or two or
    more of together PEOPLE_MIN people; so are those of a stage whose sum over groups is told.
    """
    table = np.vstack([counts, counts.sum(0)])
    noisy = np.array(
        [[told(int(n), f"{key}:{at}", noise) for at, n in enumerate(row)]
         for key, row in zip(keys, table, strict=True)]
    )  # fmt: skip
    shown = noisy > 0
    while _hide(table, shown):
        pass
    cells = [
        [int(n) if told_ else None for n, told_ in zip(row, of, strict=True)]
        for row, of in zip(noisy, shown, strict=True)
    ]
    return tuple((row[0], row[1], row[2]) for row in cells)


def _hide(table: npt.NDArray[np.int64], shown: npt.NDArray[np.bool_]) -> bool:
    """Withhold one more count of the first line that gives one away; whether there was one."""
    lines = [(table[row], shown[row]) for row in range(len(table))]
    lines += [(table[:-1, at], shown[:-1, at]) for at in range(table.shape[1]) if shown[-1, at]]
    for counts, line in lines:
        hidden = ~line
        if hidden.any() and line.any() and (hidden.sum() == 1 or counts[hidden].sum() < PEOPLE_MIN):
            line[np.where(line, counts, counts.max() + 1).argmin()] = False
            return True
    for at in range(table.shape[1]):  # a withheld sum must not be had from its parts
        if not shown[-1, at] and shown[:-1, at].all():
            shown[table[:-1, at].argmin(), at] = False
            return True
        if shown[-1, at] and not shown[:-1, at].any():
            hidden_sum = int(table[:-1, at].sum())
            if len(table) == 2 or hidden_sum < PEOPLE_MIN:
                shown[-1, at] = False
                return True
    return False
