"""The simplest bidder: what an added sale is worth, and no more."""

from __future__ import annotations

import numpy as np

from .types import Floats, Landscape, Outlook, Results, bidder


@bidder.register("constant")
def constant(landscape: Landscape, results: Results, outlook: Outlook) -> Floats:  # noqa: ARG001
    """Multiplier 1: with the uplift price the return is then above the target."""
    return np.ones(len(outlook.target_roi))
