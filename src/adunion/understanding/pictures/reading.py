"""Read one picture: colour, look, shape, class; and compare pictures with one another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from scipy.fft import dctn

from .classes import Head, shipped
from .colour import colourfulness, palette, swatch, to_lab
from .look import clutter, edges, layout, styles, texture
from .onnx import OnnxEncoder
from .pixels import opened, resized, square
from .shape import mirrored, outline, shape_vector
from .subject import Subject, find_subject
from .types import SIDE, Floats, PictureReading

COLOUR_WEIGHT = 0.6
"""Of colour against shape where two pictures are compared."""
DUPLICATE_BITS = 10
"""Hashes of 64 bits that differ in no more are of one picture, scaled or re-saved,"""
DUPLICATE_DELTA_E = 16.0
"""and no sixteenth of the one differs more from the other's (CIE76)."""
PLAIN_DELTA_E = 6.0
"""A picture whose colours are no further apart shows no product."""


def read_picture(
    source: Path | bytes,
    name: str = "",
    head: Head | None = None,
    encoder: OnnxEncoder | None = None,
) -> PictureReading:
    """Everything about a picture, from a path or from its bytes.

    Raises:
        AdUnionError: the picture is missing, empty, too large, cut or none.
    """
    picture = opened(source, name)
    rgb = square(picture)
    lab = to_lab(rgb)
    light = lab[..., 0]
    subject = find_subject(lab)
    pixels, weight = lab.reshape(-1, 3), subject.chance.ravel()
    colours = palette(pixels, subject.core.ravel().astype(np.float32))
    colourful = colourfulness(rgb.reshape(-1, 3), weight)
    edge = edges(light)
    around, inside = clutter(edge, subject), texture(edge, subject)
    plain = float(np.ptp(np.quantile(pixels, (0.01, 0.99), axis=0), axis=0).max()) < PLAIN_DELTA_E
    chosen = head or shipped()
    vectors = vectors_of(picture, light, subject, encoder)
    rows = vectors if chosen.encoder == (encoder.name if encoder else "shape") else None
    return PictureReading(
        name=name or str(source if isinstance(source, Path) else "picture"),
        width=picture.width,
        height=picture.height,
        palette=colours,
        background=swatch(_ground(pixels, weight), round(1 - float(subject.mask.mean()), 4)),
        colourfulness=round(colourful, 3),
        clutter=round(around, 3),
        texture=round(inside, 3),
        shape=outline(subject),
        layout=layout(subject),
        styles=styles(colours, colourful, around, inside),
        subject=not plain,
        classes=chosen.guess(rows) if rows is not None and not plain else (),
        hash=perceptual_hash(light),
        sixteenths=lab.reshape(4, SIDE // 4, 4, SIDE // 4, 3).mean((1, 3)),
        vector=_unit(vectors[0], lab, subject),
    )


def head_vectors(source: Path | bytes, encoder: OnnxEncoder | None = None) -> Floats:
    """What the head learns from: [2, d] of a picture and its mirror image."""
    picture = opened(source)
    lab = to_lab(square(picture))
    return vectors_of(picture, lab[..., 0], find_subject(lab), encoder)


def vectors_of(
    picture: Image.Image, light: Floats, subject: Subject, encoder: OnnxEncoder | None
) -> Floats:
    """[2, d] of the picture and its mirror image: by the encoder, else of shape."""
    if encoder is not None:
        flipped = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return encoder.encode([picture, flipped])
    plain = light / 100
    mirror = shape_vector(plain[:, ::-1].copy(), mirrored(subject))
    return np.stack([shape_vector(plain, subject), mirror])


def perceptual_hash(light: Floats) -> int:
    """64 bits of the low frequencies of a picture (the pHash construction: DCT, sign by median)."""
    low = dctn(resized(light, 32), norm="ortho")[:8, :8].ravel()
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def near_duplicates(readings: list[PictureReading]) -> list[list[int]]:
    """Groups of two or more pictures that are one picture, as indices, in order."""
    hashes = np.array([r.hash for r in readings], np.uint64)
    parts = np.array([r.sixteenths for r in readings])
    group = np.arange(len(readings))
    for k in range(len(readings)):
        differ = np.bitwise_count(hashes[k + 1 :] ^ hashes[k])
        for other in k + 1 + np.where(differ <= DUPLICATE_BITS)[0]:
            if np.linalg.norm(parts[other] - parts[k], axis=-1).max() <= DUPLICATE_DELTA_E:
                group[group == group[other]] = group[k]
    found = [np.where(group == g)[0].tolist() for g in np.unique(group)]
    return sorted(members for members in found if len(members) > 1)


def similar(
    query: PictureReading, readings: list[PictureReading], top: int
) -> list[tuple[int, float]]:
    """The most alike pictures by shape and colour: (index, cosine), best first."""
    rows = np.stack([r.vector for r in readings])
    scores = rows @ query.vector
    order = np.argsort(-scores, kind="stable")[:top]
    return [(int(k), round(float(scores[k]), 4)) for k in order]


def _ground(pixels: Floats, weight: Floats) -> Floats:
    outside = pixels[weight < 0.5]
    return np.asarray(np.median(outside if len(outside) else pixels, axis=0), np.float32)


def _unit(vector: Floats, lab: Floats, subject: Subject) -> Floats:
    """Shape and colour as one unit vector; colour is the square root of a CIELAB histogram."""
    low, size = np.array([0, -60, -60]), np.array([100, 120, 120])
    scaled = np.clip((lab.reshape(-1, 3) - low) / size, 0, 0.999)
    cell = (scaled * np.array([8, 6, 6])).astype(int)
    at = cell[:, 0] * 36 + cell[:, 1] * 6 + cell[:, 2]
    counts = np.bincount(at, subject.chance.ravel(), 288)
    colour = np.sqrt(counts / max(counts.sum(), 1e-9))
    shape = vector / max(float(np.linalg.norm(vector)), 1e-9)
    both = np.concatenate([np.sqrt(1 - COLOUR_WEIGHT) * shape, np.sqrt(COLOUR_WEIGHT) * colour])
    return both.astype(np.float32)
