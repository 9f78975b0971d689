"""How many pieces an order of an item has: its own mean as far as it can be trusted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

PIECES_MAX = 400
"""An order of more is a reseller's: it counts as this many."""
_STRENGTH_MIN, _STRENGTH_MAX = 2.0, 200.0
_CATEGORY_STRENGTH = 20.0  # lines at the market's mean that a category starts from
_MARKET_LINES = 20.0  # lines of one piece that a market starts from

Floats = npt.NDArray[np.float64]


def expected_pieces(
    lines: Floats, pieces: Floats, squares: Floats, category: npt.NDArray[np.int32], size: int
) -> Floats:
    """Expected pieces of an order line of each item, (n,), at least 1.

    Of each item the lines sold, the sum of their pieces and of the pieces' squares; of `size`
    categories. An item's mean is shrunk towards its category's, and that towards the market's,
    by Bühlmann's credibility, lines / (lines + within / between variance) (Bühlmann 1967).
    """
    lines_of = np.bincount(category, lines, size)
    pieces_of = np.bincount(category, pieces, size)
    market = (pieces.sum() + _MARKET_LINES) / (lines.sum() + _MARKET_LINES)
    mean = (pieces_of + _CATEGORY_STRENGTH * market) / (lines_of + _CATEGORY_STRENGTH)
    usual = mean[category]
    strength = _strength(lines, pieces, squares, usual)
    item: Floats = (pieces + strength * usual) / (lines + strength)
    return np.maximum(item, 1.0)


def _strength(lines: Floats, pieces: Floats, squares: Floats, usual: Floats) -> float:
    """Lines at which an item's own mean weighs as much as its category's."""
    own = pieces / np.maximum(lines, 1e-9)
    degrees = float(np.maximum(lines - 1, 0).sum())
    if degrees <= 0:
        return _STRENGTH_MAX
    within = float(np.where(lines > 1, squares - pieces * own, 0).sum()) / degrees
    spread = float((lines * (own - usual) ** 2).sum())
    between = (spread - float((lines > 0).sum()) * within) / max(float(lines.sum()), 1e-9)
    if between <= 0:
        return _STRENGTH_MAX
    return float(np.clip(within / between, _STRENGTH_MIN, _STRENGTH_MAX))
