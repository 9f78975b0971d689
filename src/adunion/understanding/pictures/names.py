"""What shoppers call a colour: by hue angle, chroma and lightness of CIELAB."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .types import Floats

NAMES = {
    "black": "黑色", "dark grey": "深灰色", "grey": "灰色", "light grey": "浅灰色", "white": "白色",
    "cream": "奶油色", "beige": "米色", "khaki": "卡其色", "brown": "棕色", "red": "红色",
    "dark red": "酒红色", "orange": "橙色", "yellow": "黄色", "olive": "橄榄绿", "green": "绿色",
    "mint": "薄荷绿", "teal": "青色", "light blue": "浅蓝色", "blue": "蓝色", "denim": "牛仔蓝",
    "navy": "藏青色", "purple": "紫色", "lilac": "浅紫色", "pink": "粉色", "magenta": "玫红色",
}  # fmt: skip
"""English and Chinese."""
MUTED = frozenset(
    ("beige", "black", "brown", "cream", "dark red", "denim", "khaki", "navy", "olive")
)
"""Colours that no one calls vivid, however much chroma they have for their lightness."""

_GREYS = ((23.5, "black"), (46.0, "dark grey"), (67.5, "grey"), (90.0, "light grey"))


def colour_name(lab: Floats) -> str:
    """The name, a key of NAMES, of one CIELAB colour."""
    light, chroma, hue = (float(part) for part in polar(lab))
    if chroma < np.interp(light, (25, 35, 70, 90), (9, 11.5, 11.5, 6)) or light < 8:
        return next((name for below, name in _GREYS if light < below), "white")
    if hue < 20 or hue >= 335:
        return _pink(light, chroma, hue)
    if hue < 42:
        return _red(light, chroma)
    if hue < 90:
        return _orange(light, chroma, hue)
    if hue < 115:
        return _yellow(light, chroma, hue)
    if hue < 165:
        return _green(light, chroma, hue)
    if hue < 215:
        return _teal(light, chroma, hue)
    # CIELAB bends at blue: of one hue angle a dark colour is blue and a light one purple
    if hue < np.interp(light, (40, 50, 80), (309, 304, 284)):
        return _blue(light, chroma)
    if light >= 68 and chroma < 50:
        return "lilac"
    return "magenta" if hue >= 322 and light >= 48 and chroma >= 60 else "purple"


def vividness(lab: Floats) -> float:
    """Chroma over the greatest that sRGB has at this hue, 0 to 1; 0 of a MUTED colour."""
    _, chroma, hue = (float(part) for part in polar(lab))
    hues, most = _edge()
    most_here = float(np.interp(hue, hues, most, period=360))
    return 0.0 if colour_name(lab) in MUTED else min(chroma / most_here, 1.0)


def polar(lab: Floats) -> Floats:
    """Lightness, chroma and hue angle (degrees, 0 to 360) of one CIELAB colour."""
    light, a, b = lab
    return np.array([light, np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360])


@lru_cache(maxsize=1)
def _edge() -> tuple[Floats, Floats]:
    """Hue angles and the chroma of sRGB's pure colours, red over green and blue to red."""
    from .colour import to_lab

    corners = np.eye(3)[[0, 0, 1, 1, 2, 2, 0]]
    corners[1::2] += np.eye(3)[[1, 2, 0]]
    steps = np.linspace(0, 6, 121)
    rgb = np.stack([np.interp(steps, range(7), corners[:, k]) for k in range(3)], -1)
    points = np.array([polar(lab) for lab in to_lab(rgb)])
    return points[:, 2], points[:, 1]


def _pink(light: float, chroma: float, hue: float) -> str:
    if light < 35:
        return "dark red" if hue < 20 or hue >= 345 else "purple"
    if chroma < 25 and light < 60:
        return "brown"
    if light >= 58 and (chroma < 60 or light >= 62):
        return "pink"
    return "red" if 8 <= hue < 20 else "magenta"


def _red(light: float, chroma: float) -> str:
    if light >= 60 and chroma < 58:
        return "pink"
    if chroma < 28:
        return "brown"
    return "dark red" if light < 33 else "red"


def _orange(light: float, chroma: float, hue: float) -> str:
    if light >= 96.5:
        return "cream"
    if chroma >= 45 and hue >= 78 and light >= 58:
        return "yellow"
    if chroma >= 38 and (light >= 63 or chroma >= 75):
        return "orange"
    if light >= 80:
        return "beige"
    return "khaki" if light >= 60 and chroma < 38 else "brown"


def _yellow(light: float, chroma: float, hue: float) -> str:
    if light >= 96.5 and chroma < 28:
        return "cream"
    if light >= 62 and chroma >= 45:
        return "yellow"
    if light >= 80:
        return "beige"
    if light >= 62:
        return "khaki"
    return "olive" if hue >= 95 else "brown"


def _green(light: float, chroma: float, hue: float) -> str:
    if (light >= 80 and chroma < 35) or (light >= 90 and chroma < 65 and hue >= 135):
        return "mint"
    return "olive" if hue < 128 and light < 62 and chroma < 60 else "green"


def _teal(light: float, chroma: float, hue: float) -> str:
    if hue < 180 and light >= 72:
        return "mint"
    return "light blue" if light >= 84 and chroma < 30 and hue >= 190 else "teal"


def _blue(light: float, chroma: float) -> str:
    if light < 24 or (light < 30 and chroma < 40):
        return "navy"
    if (light >= 62 and chroma < 50) or light >= 75:
        return "light blue"
    return "denim" if chroma < 35 else "blue"
