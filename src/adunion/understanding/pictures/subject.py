"""Which part of a picture is the product: two colour models seeded by border and centre.

On a plain ground a product that is not in the middle is what is unlike the ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage

from .colour import clusters, nearest
from .types import SIDE, Floats

COLOURS = 24
ROUNDS = 6
RIM = 6
GROUND_DELTA_E, GROUND_MIN, OTHER_MIN = 12.0, 0.6, 0.005
"""A ground is plain where so much of the border is within this of its middle colour; what is not
like a plain ground, if it is no speck, is the product wherever it stands."""
FOUND_MIN = 0.5
"""Where the product is looked for in the middle and less of that is found, it is not there."""
PART_MIN = 0.12
"""A separate part smaller than this share of the largest is background that looks alike."""


@dataclass(frozen=True)
class Subject:
    """The product: probability of each pixel [SIDE, SIDE], its hard mask, and its square box."""

    chance: Floats
    mask: np.ndarray
    box: tuple[float, float, float, float]
    height: float
    width: float

    @property
    def share(self) -> float:
        """The part of the picture that is product."""
        return float(ndimage.binary_erosion(self.mask, iterations=RIM - 2).mean())

    @property
    def core(self) -> np.ndarray:
        """The mask without its rim, which smoothing has spread over what is behind."""
        core = ndimage.binary_erosion(self.mask, iterations=RIM)
        return core if core.sum() >= 100 else self.mask


def find_subject(lab: Floats) -> Subject:
    """The product in a [SIDE, SIDE, 3] CIELAB picture.

    Colours are put in COLOURS classes; how often each is inside is estimated and turned into a
    probability, smoothed, ROUNDS times, as GrabCut does with a graph (Rother et al. 2004).
    """
    chance = _chance(lab)
    mask = _main_parts(chance > 0.5)
    other = _unlike_the_ground(lab)
    if other is not None and (mask & other).sum() < FOUND_MIN * other.sum():
        chance = np.where(other, 0.95, 0.05).astype(np.float32)
        mask = _main_parts(other)
    if mask.sum() < 200:
        mask = _prior() > 0.5
    rows, columns = np.where(mask.any(1))[0], np.where(mask.any(0))[0]
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    half = max(bottom - top, right - left) / 2 + 1
    y, x = (top + bottom) / 2, (left + right) / 2
    box = (float(x - half), float(y - half), float(x + half), float(y + half))
    return Subject(chance, mask, box, float(bottom - top) / SIDE, float(right - left) / SIDE)


@lru_cache(maxsize=1)
def _prior() -> Floats:
    y, x = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1) - 0.5
    return np.asarray(np.exp(-((x / 0.33) ** 2 + (y / 0.38) ** 2)), np.float32)


@lru_cache(maxsize=1)
def _border() -> np.ndarray:
    width = SIDE // 14
    inside = np.zeros((SIDE, SIDE), bool)
    inside[width:-width, width:-width] = True
    return ~inside


def _chance(lab: Floats) -> Floats:
    light = lab[..., 0]
    detail = ndimage.gaussian_filter(np.abs(light - ndimage.gaussian_filter(light, 2)), 2)
    smooth = ndimage.gaussian_filter(lab * np.array([0.7, 1, 1]), (1.2, 1.2, 0))
    points = np.concatenate([smooth, detail[..., None]], -1).reshape(-1, 4)
    centres, _ = clusters(points[::7], COLOURS, 6)
    of = nearest(points, centres)
    prior, border = _prior().ravel(), _border().ravel()
    by_place = 0.75 * np.log((prior + 0.05) / (1.05 - prior))
    inside = np.where(border, 0.02, prior)
    for _ in range(ROUNDS):
        subject = np.bincount(of, inside, COLOURS) + 0.5
        ground = np.bincount(of, 1 - inside, COLOURS) + 0.5
        evidence = np.log(subject / subject.sum()) - np.log(ground / ground.sum())
        chance = 1 / (1 + np.exp(-(1.3 * evidence[of] + by_place)))
        chance = ndimage.gaussian_filter(chance.reshape(SIDE, SIDE), 1.5).ravel()
        inside = np.where(border, 0.3 * chance, chance)
    return np.asarray(inside.reshape(SIDE, SIDE), np.float32)


def _unlike_the_ground(lab: Floats) -> np.ndarray | None:
    """Pixels unlike a plain ground; None where the border is of several colours, or of a speck."""
    border = lab[_border()]
    away = np.linalg.norm(lab - np.median(border, 0), axis=-1)
    plain = (away[_border()] < GROUND_DELTA_E).mean()
    other = np.asarray(away >= GROUND_DELTA_E)
    return other if plain >= GROUND_MIN and other.mean() >= OTHER_MIN else None


def _main_parts(mask: np.ndarray) -> np.ndarray:
    parts, count = ndimage.label(mask)
    if count == 0:
        return mask
    sizes = ndimage.sum(mask, parts, range(1, count + 1))
    kept = 1 + np.where(sizes > PART_MIN * sizes.max())[0]
    return np.isin(parts, kept)
