"""What a group of people likes of colours and styles, beside others who like the same category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .floor import PEOPLE_MIN, Noise, noisy_count

LIKED_LIFT_MIN = 1.2
LIKED_MAX = 4
COLOURS_MAX = 5


@dataclass(frozen=True)
class Liked:
    """A look, by its column in `looks()`: people who lately took something of it.

    `share` of the group, `usual` of others who like the same category; both of noisy counts.
    """

    look: int
    people: int
    share: float
    usual: float

    @property
    def lift(self) -> float:
        """How much more often than by others."""
        return self.share / max(self.usual, 1e-3)


def taken_looks(
    recent: npt.NDArray[np.int32], looks: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Which looks the last items (p, 8) of each person have, (p, looks); rows -1 are none."""
    padded = np.vstack([looks, np.zeros((1, looks.shape[1]), np.bool_)])
    return np.asarray(padded[recent].any(axis=1), np.bool_)


def liked(
    mine: npt.NDArray[np.bool_], others: npt.NDArray[np.bool_], people: int, key: str, noise: Noise
) -> tuple[Liked, ...]:
    """The looks that at least PEOPLE_MIN of a group (p, looks) took, the commonest first.

    `others` (q, looks) are everyone in the market who likes the same category; `people` is how
    many the group is told to have, so that shares agree with it.
    """
    found = []
    all_ = max(noisy_count(len(others), f"{key}:others", noise), 1)
    for look in np.flatnonzero(mine.sum(0) >= PEOPLE_MIN).tolist():
        count = noisy_count(int(mine[:, look].sum()), f"{key}:look:{look}", noise)
        usual = noisy_count(int(others[:, look].sum()), f"{key}:usual:{look}", noise)
        if count >= PEOPLE_MIN:
            share, of_all = min(count / max(people, 1), 1.0), min(usual / all_, 1.0)
            found.append(Liked(look, count, round(share, 3), round(of_all, 3)))
    return tuple(sorted(found, key=lambda each: (-each.people, each.look)))


def special(found: tuple[Liked, ...]) -> tuple[Liked, ...]:
    """Those that the group likes more than others do, the most so first."""
    more = [each for each in found if each.lift >= LIKED_LIFT_MIN]
    return tuple(sorted(more, key=lambda each: -each.lift)[:LIKED_MAX])
