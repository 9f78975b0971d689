"""Colour in CIELAB (D65): conversion, palettes, names, colourfulness."""

from __future__ import annotations

import numpy as np

from .names import NAMES, colour_name
from .types import Floats, Swatch

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]], np.float32,
)  # fmt: skip
_WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)
PALETTE_MAX = 5
MERGE_DELTA_E = 16.0
"""Colours nearer than this (CIE76) are one colour to a shopper."""


def to_lab(rgb: Floats) -> Floats:
    """CIELAB of sRGB values 0 to 1, any shape [..., 3] (IEC 61966-2-1, CIE 15)."""
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = linear @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    parts = (116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2]))
    return np.stack(parts, -1).astype(np.float32)


def to_hex(lab: Floats) -> str:
    """`#rrggbb` of one CIELAB colour, clipped into sRGB."""
    fy = (lab[0] + 16) / 116
    f = np.array([fy + lab[1] / 500, fy, fy - lab[2] / 200])
    xyz = np.where(f > 0.206893, f**3, (f - 16 / 116) / 7.787) * _WHITE
    linear = np.clip(np.linalg.solve(_TO_XYZ.astype(np.float64), xyz), 0, 1)
    srgb = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    red, green, blue = (round(255 * v) for v in srgb)
    return f"#{red:02x}{green:02x}{blue:02x}"


def swatch(lab: Floats, share: float) -> Swatch:
    """A colour with its name."""
    en = colour_name(lab)
    rounded = tuple(round(float(v), 1) for v in lab)
    return Swatch(round(share, 4), (rounded[0], rounded[1], rounded[2]), to_hex(lab), en, NAMES[en])


def clusters(points: Floats, count: int, rounds: int = 8) -> tuple[Floats, np.ndarray]:
    """k-means of [n, d] points that draws no chance: seeds are far from one another.

    Returns the centres [count, d] and each point's centre [n].
    """
    chosen = [points[((points - points.mean(0)) ** 2).sum(1).argmin()]]
    far = ((points - chosen[0]) ** 2).sum(1)
    for _ in range(count - 1):
        chosen.append(points[far.argmax()])
        far = np.minimum(far, ((points - chosen[-1]) ** 2).sum(1))
    centres = np.array(chosen, np.float32)
    for _ in range(rounds):
        of = nearest(points, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, of, points)
        counts = np.bincount(of, minlength=count)[:, None]
        centres = np.where(counts > 0, sums / np.maximum(counts, 1), centres)
    return centres.astype(np.float32), nearest(points, centres)


def nearest(points: Floats, centres: Floats) -> np.ndarray:
    """Index of the nearest centre of each point [n]."""
    squares = (centres**2).sum(1) - 2 * points @ centres.T
    return np.asarray(squares.argmin(1))


def palette(lab: Floats, weight: Floats) -> tuple[Swatch, ...]:
    """Up to PALETTE_MAX colours of pixels [n, 3] with weights [n], the largest share first."""
    kept = weight > 0.5
    if kept.sum() < 32:
        kept = np.ones(len(weight), bool)
    points = lab[kept]
    centres, of = clusters(points, min(8, len(points)))
    shares = np.bincount(of, minlength=len(centres)) / len(points)
    found: list[tuple[float, Floats]] = []
    for at in np.argsort(-shares):
        near = [
            k for k, (_, c) in enumerate(found) if np.linalg.norm(c - centres[at]) < MERGE_DELTA_E
        ]
        if near:
            share, centre = found[near[0]]
            total = max(share + shares[at], 1e-9)
            mixed = (centre * share + centres[at] * shares[at]) / total
            found[near[0]] = (share + shares[at], mixed)
        elif shares[at] > 0.02:
            found.append((float(shares[at]), centres[at]))
    found.sort(key=lambda pair: -pair[0])
    return tuple(swatch(centre, float(share)) for share, centre in found[:PALETTE_MAX])


def colourfulness(rgb: Floats, weight: Floats) -> float:
    """Hasler and Suesstrunk (2003) over pixels [n, 3] with weights [n]; 1 is extreme (109)."""
    red, green, blue = (255 * rgb[:, k] for k in range(3))
    mass = max(float(weight.sum()), 1e-6)

    def spread(values: Floats) -> tuple[float, float]:
        mean = float((values * weight).sum() / mass)
        return mean, float((((values - mean) ** 2) * weight).sum() / mass)

    rg, yb = spread(red - green), spread((red + green) / 2 - blue)
    measure = np.sqrt(rg[1] + yb[1]) + 0.3 * np.hypot(rg[0], yb[0])
    return float(min(measure / 109, 1.0))
