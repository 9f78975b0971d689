"""Clutter, texture, layout, and the style words that merchants use, each with its figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from .names import vividness
from .subject import Subject
from .types import SIDE, Floats, StyleWord, Swatch

EDGE = 12.0
"""CIELAB lightness steps a pixel pair must differ by to count as an edge."""
SHOWN_MIN = 0.5


def edges(light: Floats) -> Floats:
    """Whether a step of lightness passes each pixel of an L* plane, 0 or 1."""
    size = np.hypot(ndimage.sobel(light, 0), ndimage.sobel(light, 1)) / 4
    return np.asarray(size > EDGE, np.float32)


def clutter(edge: Floats, subject: Subject) -> float:
    """The share of the picture around the product that is edge, doubled and cut at 1."""
    outside = 1 - ndimage.gaussian_filter(subject.mask.astype(np.float32), 2)
    return float(min(2 * (edge * outside).sum() / max(outside.sum(), 1.0), 1.0))


def texture(edge: Floats, subject: Subject) -> float:
    """The share of the product away from its outline that is edge, doubled and cut at 1."""
    inside = subject.core
    return float(min(2 * (edge * inside).sum() / max(inside.sum(), 1), 1.0))


def layout(subject: Subject) -> dict[str, float]:
    """Share of the picture that is product, its centre (0 to 1 from the left top), thirds."""
    mass = max(float(subject.mask.sum()), 1.0)
    rows, columns = np.where(subject.mask)
    x, y = float(columns.sum() / mass / SIDE), float(rows.sum() / mass / SIDE)
    off = 2 * float(np.hypot(x - 0.5, y - 0.5))
    return {
        "subject_share": round(subject.share, 3),
        "centre_x": round(x, 3),
        "centre_y": round(y, 3),
        "centred": round(max(1 - off, 0.0), 3),
    }


def chroma(colour: Swatch) -> float:
    """CIELAB chroma: distance from grey."""
    return float(np.hypot(colour.lab[1], colour.lab[2]))


def styles(
    palette: tuple[Swatch, ...], colourful: float, clutter_: float, texture_: float
) -> tuple[StyleWord, ...]:
    """Style words, best first. Each score is a product of ramps over named figures, and every
    figure is given as evidence, so that a merchant can see why a word stands there.
    """
    shares = np.array([c.share for c in palette])
    shares = shares / max(shares.sum(), 1e-9)
    chromas = np.array([chroma(c) for c in palette])
    lights = np.array([c.lab[0] for c in palette])
    hues = np.degrees(np.arctan2([c.lab[2] for c in palette], [c.lab[1] for c in palette]))
    mean = float((shares * chromas).sum())
    lively = float((shares * [vividness(np.array(c.lab)) for c in palette]).sum())
    main = float(shares[0])
    warm = float((shares * ((hues > 20) & (hues < 115) & (chromas > 8) & (chromas < 48))).sum())
    dim = float((shares * ((lights > 20) & (lights < 68))).sum())
    strong = float((shares * (chromas > 40)).sum())
    plain = float((shares * (chromas < 10)).sum())
    contrast = float(lights.max() - lights.min())
    few = {"main_colour_share": main, "texture": texture_, "clutter": clutter_}
    found = [
        StyleWord("minimal", "简约", _ramp(main, 0.45, 0.8) * _ramp(texture_, 0.3, 0.08)
                  * _ramp(clutter_, 0.6, 0.2), few),
        StyleWord("neutral", "中性", _ramp(mean, 22, 8), {"mean_chroma": mean}),
        StyleWord("vivid", "鲜艳", max(_ramp(lively, 0.25, 0.65),
                  min(_ramp(colourful, 0.35, 0.75), _ramp(lively, 0, 0.25))),
                  {"mean_vividness": lively, "colourfulness": colourful}),
        StyleWord("retro", "复古", _ramp(warm, 0.35, 0.8) * _ramp(dim, 0.35, 0.75),
                  {"muted_warm_share": warm, "middle_light_share": dim}),
        StyleWord("sporty", "运动", min(_ramp(strong, 0.08, 0.3), _ramp(plain, 0.1, 0.35))
                  * _ramp(contrast, 30, 60),
                  {"strong_share": strong, "black_white_share": plain, "contrast": contrast}),
    ]  # fmt: skip
    rounded = [
        replace(s, score=round(s.score, 3), evidence=_rounded(s.evidence))
        for s in found
        if s.score >= SHOWN_MIN
    ]
    return tuple(sorted(rounded, key=lambda s: (-s.score, s.word)))


def _ramp(value: float, none: float, full: float) -> float:
    """0 at `none`, 1 at `full`, straight between (either may be the larger)."""
    return float(np.clip((value - none) / (full - none), 0, 1))


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in figures.items()}
