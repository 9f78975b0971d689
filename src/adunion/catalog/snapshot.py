"""Turns item rows into the columns that retrieval, prediction and the auction work on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from .types import CatalogSnapshot

_NEUTRAL_STARS = 4.0  # where no item of the market has a review
_LETTERS = 26  # of an id, behind its prefix
_VALUE_OF_LETTER = np.zeros(256, np.uint64)
for _value, _letter in enumerate(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"):
    _VALUE_OF_LETTER[_letter] = _value


def build_snapshot(currency: str, rows: Sequence[Sequence[Any]]) -> CatalogSnapshot:
    """Columns of rows sorted by id.

    A row is id, title, English title, brand, category, merchant id, item group, price in minor
    units, stars or None, number of ratings.
    """
    columns: list[Any] = [list(column) for column in zip(*rows, strict=True)] or [[]] * 10
    ids, titles, titles_en, brands, category, merchant, group, price, stars, counts = columns
    categories, category_row = _distinct(category)
    merchant_ids, merchant_row = _distinct(merchant)
    return CatalogSnapshot(
        currency=currency,
        ids=ids,
        raw=raw_ids(ids),
        titles=titles,
        titles_en=titles_en,
        brands=brands,
        categories=categories,
        category=category_row,
        merchant_ids=merchant_ids,
        merchant=merchant_row,
        item_group=_groups(group, merchant),
        price_minor=np.array(price, np.int64),
        rating=_fill_stars(np.array(stars, np.float64), category_row, len(categories)),
        rating_count=np.array(counts, np.int32),
    )


def raw_ids(ids: Sequence[str]) -> npt.NDArray[np.void]:
    """The 16 bytes of many prefixed ids at once: `itm_01J...` (n of one prefix) -> (n,) V16."""
    if not ids:
        return np.empty(0, "V16")
    letters = np.frombuffer("".join(ids).encode(), np.uint8).reshape(len(ids), -1)
    if letters.shape[1] < _LETTERS:
        raise ValueError(f"{ids[0]!r} is no id.")
    raw = np.empty((len(ids), 16), np.uint8)
    _read(letters, raw)
    return raw.view("V16").reshape(-1)


@njit(cache=True, nogil=True)
def _read(letters: npt.NDArray[np.uint8], raw: npt.NDArray[np.uint8]) -> None:
    """Read the last 26 letters of each id, five bits a letter; the first of them is under 8."""
    first = letters.shape[1] - 26
    for i in range(len(letters)):
        bits, held, at = _VALUE_OF_LETTER[letters[i, first]], 3, 0
        for place in range(first + 1, first + 26):
            bits, held = bits << np.uint64(5) | _VALUE_OF_LETTER[letters[i, place]], held + 5
            if held >= 8:
                held -= 8
                raw[i, at] = bits >> np.uint64(held) & np.uint64(255)
                at += 1


def _distinct(values: list[str]) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Sorted distinct values and the row of each value among them."""
    names = sorted(set(values))
    place = {name: row for row, name in enumerate(names)}
    return names, np.fromiter(map(place.__getitem__, values), np.int32, len(values))


def _groups(groups: list[str], merchants: list[str]) -> npt.NDArray[np.int32]:
    """A number for each merchant's group of variants; an item without one is its own group."""
    keys = [
        (merchant, group) if group else row
        for row, (merchant, group) in enumerate(zip(merchants, groups, strict=True))
    ]
    number = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    return np.fromiter(map(number.__getitem__, keys), np.int32, len(keys))


def _fill_stars(
    stars: npt.NDArray[np.float64], category: npt.NDArray[np.int32], categories: int
) -> npt.NDArray[np.float32]:
    """Missing stars become the mean of the category, else of all."""
    rated = ~np.isnan(stars)
    overall = stars[rated].mean() if rated.any() else _NEUTRAL_STARS
    counts = np.bincount(category[rated], minlength=categories)
    sums = np.bincount(category[rated], stars[rated], minlength=categories)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), overall)
    return np.where(rated, stars, means[category]).astype(np.float32)
