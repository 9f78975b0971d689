"""What an item may be liked for: brand, look and words, as numbers beside others of its category.

An item is a vector of three parts. `brand` and `words` are hashed (Weinberger et al., "Feature
Hashing for Large Scale Multitask Learning", ICML 2009): every name has a random direction that
is the same in every market and after every restart, so that sums over what a shopper looked at
keep their meaning when the catalog changes. `look` has a number for each colour and style. The
mean of the category is taken away: what all its items share says nothing about a taste.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from scipy import sparse

from adunion.catalog.types import CatalogSnapshot
from adunion.prediction import LIKE_PARTS

from .looks import looks, said_looks, without_names

BRAND, LOOK, WORDS = (LIKE_PARTS[part] for part in ("brand", "look", "words"))
SIZE = BRAND + LOOK + WORDS
SHELVES = 8
_HOLDERS_MIN = 3  # items; a rarer word names an item and no taste
_HOLDERS_SHARE_MAX = 0.3  # of the items
_CATEGORY_PRIOR = 5.0  # items at the mean of all, in a category's mean

_Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Facets:
    """Of a catalog's items: vectors (items, SIZE), and the looks (items, looks) that they have.

    Each category has SHELVES shelves of items that are alike; shelf s of category c is row
    c * SHELVES + s of `centres`, the mean vector of its items.
    """

    vectors: _Floats
    looks: npt.NDArray[np.bool_]
    shelf: npt.NDArray[np.int32]  # (items,) row in centres
    centres: _Floats

    @classmethod
    def none(cls, snapshot: CatalogSnapshot) -> Facets:
        """Before anything was read: nothing is like anything."""
        shape = (len(snapshot), len(looks()))
        return cls(
            np.zeros((len(snapshot), SIZE), np.float32), np.zeros(shape, np.bool_),
            (snapshot.category * SHELVES).astype(np.int32),
            np.zeros((len(snapshot.categories) * SHELVES, SIZE), np.float32),
        )  # fmt: skip

    @classmethod
    def read(
        cls,
        snapshot: CatalogSnapshot,
        words: list[str],
        offsets: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int32],
        pictured: npt.NDArray[np.bool_] | None = None,
    ) -> Facets:
        """Facets of a catalog whose word t stands in the items `rows[offsets[t]:offsets[t + 1]]`.

        `pictured` (items, looks) is what pictures show; an item without any has its title's looks.
        """
        if not len(snapshot):
            return cls.none(snapshot)
        titles = [f"{a} {b}" for a, b in zip(snapshot.titles, snapshot.titles_en, strict=True)]
        seen = said_looks(words, offsets, rows, len(snapshot))
        seen = without_names(seen, words, offsets, rows, titles, snapshot.brands)
        if pictured is not None:
            seen = np.where(pictured.any(1, keepdims=True), pictured, seen)
        look = np.zeros((len(snapshot), LOOK), np.float32)
        look[:, : seen.shape[1]] = seen
        parts = (
            _directions(snapshot.brands, BRAND), look,
            _said(words, offsets, rows, len(snapshot)),
        )  # fmt: skip
        whole = np.concatenate(parts, axis=1)
        vectors = _apart(whole, snapshot.category, len(snapshot.categories))
        return cls(vectors, seen, *_shelves(vectors, snapshot.category, len(snapshot.categories)))


def _said(
    words: list[str], offsets: npt.NDArray[np.int64], rows: npt.NDArray[np.int32], items: int
) -> _Floats:
    """Sums of the directions of each item's words, rare ones counting more, of length 1."""
    held = np.diff(offsets)
    telling = (held >= _HOLDERS_MIN) & (held <= max(_HOLDERS_SHARE_MAX * items, _HOLDERS_MIN))
    weight = np.where(telling, np.log(items / np.maximum(held, 1) + 1e-9), 0.0).clip(0)
    chosen = np.flatnonzero(weight)
    if not len(chosen):
        return np.zeros((items, WORDS), np.float32)
    table = sparse.csr_matrix(
        (np.ones(len(rows), np.float32), rows, offsets), (len(held), items)
    )[chosen].T  # fmt: skip
    directions = _directions([words[t] for t in chosen.tolist()], WORDS)
    found = table @ (directions * weight[chosen, None].astype(np.float32))
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.maximum(length, 1e-9), np.float32)


def _directions(names: Sequence[str], size: int) -> _Floats:
    """A random direction of length 1 for each name, (n, size); of no name, 0."""
    distinct = {name: row for row, name in enumerate(dict.fromkeys(names))}
    bits = np.frombuffer(b"".join(map(_hashed, distinct)), np.uint8).reshape(len(distinct), -1)
    signs = np.unpackbits(bits, axis=1)[:, :size].astype(np.float32) * 2 - 1
    if "" in distinct:
        signs[distinct[""]] = 0
    at = np.fromiter((distinct[name] for name in names), np.int64, len(names))
    return np.asarray(signs[at] / np.sqrt(size), np.float32)


@lru_cache(maxsize=200_000)
def _hashed(name: str) -> bytes:
    folded = name.casefold().encode("utf-8", "replace")
    return blake2b(folded, digest_size=4, person=b"taste").digest()


def _apart(whole: _Floats, category: npt.NDArray[np.int32], categories: int) -> _Floats:
    """Without the mean of each category; the mean of a small one is drawn to that of all."""
    if not len(whole):
        return whole
    member = sparse.csr_matrix(
        (np.ones(len(category), np.float32), (category, np.arange(len(category)))),
        (categories, len(category)),
    )
    counts = np.bincount(category, minlength=categories)[:, None]
    mean = (member @ whole + _CATEGORY_PRIOR * whole.mean(0)) / (counts + _CATEGORY_PRIOR)
    return np.ascontiguousarray(whole - mean[category], np.float32)


def _shelves(
    vectors: _Floats, category: npt.NDArray[np.int32], categories: int
) -> tuple[npt.NDArray[np.int32], _Floats]:
    """The shelf of each item and the centre of each, by the sides of the three main axes."""
    spread = vectors.T @ vectors
    axes = np.linalg.eigh(spread)[1][:, -3:]
    axes *= np.sign(axes[np.abs(axes).argmax(0), range(3)])
    side = (vectors @ axes > 0) @ (1 << np.arange(3))
    shelf = (category * SHELVES + side).astype(np.int32)
    size = categories * SHELVES
    counts = np.bincount(shelf, minlength=size)[:, None]
    member = sparse.csr_matrix(
        (np.ones(len(shelf), np.float32), (shelf, np.arange(len(shelf)))), (size, len(shelf))
    )
    return shelf, np.ascontiguousarray(member @ vectors / np.maximum(counts, 1), np.float32)
