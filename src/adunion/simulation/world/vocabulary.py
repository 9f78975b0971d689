"""Reads the words the world is written with: one TOML file a category in `words/`.

To add a category, add a file; to add a sub-category, add a `[[leaf]]`. Texts are `中文|English`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from .types import F32

Text = tuple[str, str]
"""The same words in Chinese and English."""


@dataclass(frozen=True)
class Leaf:
    """A sub-category and the words its items are named with."""

    name: Text
    nouns: tuple[Text, ...]  # names of the product; the first is the commonest
    words: tuple[Text, ...]  # attributes that stand before the noun
    specs: tuple[Text, ...]  # sizes, colours, packs: what variants differ in
    problems: tuple[Text, ...]  # what shoppers ask
    price_median: float  # major units of CNY
    price_sigma: float  # standard deviation of the log price
    cycle_days: float  # until a buyer needs it again
    returns: float  # share of orders
    quantity: float  # mean of an order line
    share: float  # of its category's demand, relative
    goes_with: tuple[str, ...]  # Chinese names of leaves bought together with it
    month: F32  # (12,) season, mean 1


@dataclass(frozen=True)
class Top:
    """A category."""

    name: Text
    share: float  # of demand, relative
    brands: tuple[Text, ...]
    series: tuple[Text, ...]
    leaves: tuple[Leaf, ...]


@cache
def load() -> tuple[Top, ...]:
    """All categories in the order of their file names."""
    folder = files(__package__) / "words"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(_top(tomllib.loads((folder / name).read_text("utf-8"))) for name in names)


def season(peak: list[int], swing: float) -> F32:
    """Month weights of mean 1: `swing` more in the peak months, half of that beside them."""
    weights = np.ones(12, np.float32)
    for month in peak:
        weights[month - 1] = 1 + swing
    for month in peak:
        for beside in ((month - 2) % 12, month % 12):
            weights[beside] = max(weights[beside], 1 + swing / 2)
    return np.asarray(weights / weights.mean(), np.float32)


def _texts(raw: list[str]) -> tuple[Text, ...]:
    pairs = [text.split("|") for text in raw]
    return tuple((pair[0], pair[1]) for pair in pairs)


def _top(raw: dict[str, Any]) -> Top:
    return Top(
        name=(raw["zh"], raw["en"]),
        share=raw["share"],
        brands=_texts(raw["brands"]),
        series=_texts(raw["series"]),
        leaves=tuple(_leaf(leaf) for leaf in raw["leaf"]),
    )


def _leaf(raw: dict[str, Any]) -> Leaf:
    return Leaf(
        name=(raw["zh"], raw["en"]),
        nouns=_texts(raw["nouns"]),
        words=_texts(raw["words"]),
        specs=_texts(raw["specs"]),
        problems=_texts(raw["problems"]),
        price_median=raw["price"][0],
        price_sigma=raw["price"][1],
        cycle_days=raw["cycle"],
        returns=raw["returns"],
        quantity=raw.get("quantity", 1.05),
        share=raw.get("share", 1.0),
        goes_with=tuple(raw.get("with", ())),
        month=season(raw.get("peak", [11]), raw.get("swing", 0.6)),
    )
