"""The floor under every figure about people, and the noise on it."""

from __future__ import annotations

import math
from collections.abc import Callable

PEOPLE_MIN = 50
"""A group of fewer people is not told apart (k-anonymity)."""
NOISE_SCALE = 2.0
"""Of the Laplace noise on a count: one person more or less is hidden at epsilon 1/2."""
ROUNDED_TO = 5

Noise = Callable[[str], float]
"""A number in (0, 1) for a figure's name; the same for the same name all day."""


def noisy_count(number: int, key: str, noise: Noise) -> int:
    """A count with Laplace noise, rounded; never negative."""
    u = noise(key) - 0.5
    drawn = -NOISE_SCALE * math.copysign(math.log(max(1 - 2 * abs(u), 1e-12)), u)
    return max(ROUNDED_TO * round((int(number) + drawn) / ROUNDED_TO), 0)


def told(number: int, key: str, noise: Noise) -> int:
    """The same of a group; 0 where it, or its noisy count, is under the floor."""
    count = noisy_count(number, key, noise) if number >= PEOPLE_MIN else 0
    return count if count >= PEOPLE_MIN else 0
