"""Shape of the product: oriented gradients of its mask and picture, symmetry, outline."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .pixels import cut_out, resized
from .subject import Subject
from .types import SIDE, Floats

BINS = 9
BLOCKS: dict[str, float] = {"mask": 2.0, "whole": 1.0, "cut": 1.0}
"""The parts of a shape vector and their weights in a distance."""
CELLS = 8
BLOCK_LENGTH = (CELLS - 1) ** 2 * 4 * BINS
VECTOR_LENGTH = BLOCK_LENGTH * len(BLOCKS)


def gradients(plane: Floats) -> Floats:
    """Histogram of oriented gradients (Dalal and Triggs 2005) in CELLS x CELLS, unit blocks.

    Returns [BLOCK_LENGTH]; 2 x 2 cells a block, clipped as in L2-Hys without the second scaling.
    """
    cell = len(plane) // CELLS
    across, down = ndimage.sobel(plane, 1), ndimage.sobel(plane, 0)
    size = np.hypot(across, down)
    angle = np.arctan2(down, across) % np.pi / np.pi * BINS
    low = angle.astype(int) % BINS
    upper = angle - np.floor(angle)
    cells = np.minimum(np.arange(len(plane)) // cell, CELLS - 1)
    at = (cells[:, None] * CELLS + cells[None, :]) * BINS
    length = CELLS * CELLS * BINS
    total = np.bincount((at + low).ravel(), (size * (1 - upper)).ravel(), length)
    total += np.bincount((at + (low + 1) % BINS).ravel(), (size * upper).ravel(), length)
    grid = total.reshape(CELLS, CELLS, BINS)
    around = [grid[:-1, :-1], grid[1:, :-1], grid[:-1, 1:], grid[1:, 1:]]
    blocks = np.concatenate(around, -1)
    norm = np.sqrt((blocks**2).sum(-1, keepdims=True) + 1e-3)
    return np.asarray(np.minimum(blocks / norm, 0.25).ravel(), np.float32)


def shape_vector(light: Floats, subject: Subject) -> Floats:
    """Gradients of mask, whole picture and cut-out one after the other: [VECTOR_LENGTH].

    `light` is L* / 100 at [SIDE, SIDE]. A block is weighted so that squared distances add up by
    BLOCKS.
    """
    planes = {
        "mask": cut_out(subject.chance, subject.box, 96),
        "whole": resized(light, 64),
        "cut": cut_out(light, subject.box, 64),
    }
    parts = [np.sqrt(weight) * gradients(planes[name]) for name, weight in BLOCKS.items()]
    return np.concatenate(parts)


def mirrored(subject: Subject) -> Subject:
    """The subject of the picture as in a mirror."""
    left, top, right, bottom = subject.box
    box = (SIDE - right, top, SIDE - left, bottom)
    flipped = (subject.chance[:, ::-1].copy(), subject.mask[:, ::-1].copy())
    return Subject(*flipped, box, subject.height, subject.width)


def outline(subject: Subject) -> dict[str, float]:
    """Aspect (height over width), how much of its box is filled, symmetry, and parts in a row."""
    mask = cut_out(subject.chance, subject.box, 64) > 0.5
    rows = mask[mask.any(1)]
    edges = np.diff(np.pad(rows, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    parts = (edges > 0).sum(1)
    filled = subject.mask.mean() / max(subject.height * subject.width, 1e-6)
    return {
        "aspect": round(subject.height / max(subject.width, 1e-6), 3),
        "filled": round(float(min(filled, 1.0)), 3),
        "symmetry": round(1 - float((mask ^ mask[:, ::-1]).sum() / max(2 * mask.sum(), 1)), 3),
        "parts_below": round(float(parts[len(parts) * 2 // 3 :].mean()) if len(parts) else 0.0, 2),
    }
