"""Makes merchants and their items: who sells what, how it is named, priced and rated.

A *product* is one brand, series and attributes of one merchant; its *variants* differ in the
spec (size, colour, pack) and are items of one group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adunion.kernel.clock import generator
from adunion.kernel.errors import invalid
from adunion.kernel.money import exponent

from .lexicon import Lexicon
from .types import F32, F64, I32, I64, Items, Merchants
from .vocabulary import Text

# Rough value of one CNY; a generated world only needs believable price levels.
_RATES = {"CNY": 1.0, "USD": 0.14, "EUR": 0.13, "GBP": 0.11, "JPY": 21.0, "KRW": 190.0}


@dataclass(frozen=True)
class Products:
    """Choices made for each item (variants share all but the spec), shape (n,) each."""

    merchant: I32
    group: I32
    leaf: I32
    brand: I32
    series: I32
    noun: I32
    word: I32  # two different words of the leaf
    word_2: I32
    spec: I32


def shops(lexicon: Lexicon, seed: int, count: int) -> tuple[Merchants, I32, I32]:
    """Merchants, and for each its main top and its own brand (-1: sells many)."""
    rng = generator(seed, 11)
    share = np.array([top.share for top in lexicon.tops])
    top = rng.choice(len(share), count, p=share / share.sum()).astype(np.int32)
    top[: len(share)] = np.arange(len(share))[:count]  # every category has a merchant
    flagship = rng.random(count) < 0.55
    brand = np.full(count, -1, np.int32)
    names: list[Text] = []
    taken: dict[int, int] = {}
    for row in range(count):
        main = lexicon.tops[top[row]]
        turn = taken[int(top[row])] = taken.get(int(top[row]), -1) + 1
        chinese, english = main.brands[turn % len(main.brands)]
        number = "" if turn < len(main.brands) else str(turn // len(main.brands) + 1)
        if flagship[row]:
            first = int(np.searchsorted(lexicon.brand_top, top[row]))
            brand[row] = first + turn % len(main.brands)
            names.append((f"{chinese}官方旗舰店{number}", f"{english} Official Store {number}"))
        else:
            names.append(
                (
                    f"{chinese}{main.name[0]}专营店{number}",
                    f"{english} {main.name[1]} Store {number}",
                )
            )
    ids = [f"m{row + 1:04d}" for row in range(count)]
    merchants = Merchants(ids, [name[0] for name in names], [name[1].strip() for name in names])
    return merchants, top, brand


def products(lexicon: Lexicon, seed: int, count: int, top: I32, own_brand: I32) -> Products:
    """Choose what `count` items are; merchants' sizes fall as a power of their rank."""
    rng = generator(seed, 12)
    sizes = rng.choice(4, count, p=[0.62, 0.20, 0.12, 0.06]) + 1
    if count < 3 * len(top):
        sizes[:] = 1  # a product for every merchant comes before variants
    group = np.repeat(np.arange(count), sizes)[:count].astype(np.int32)
    variant = np.arange(count) - np.searchsorted(group, group)
    total = int(group[-1]) + 1
    weight = (rng.permutation(len(top)) + 3.0) ** -0.7
    merchant = np.sort(rng.choice(len(top), total, p=weight / weight.sum())).astype(np.int32)
    merchant[: len(top)] = np.arange(len(top))[:total]  # every merchant has a product
    merchant.sort()
    leaf = _leaves(lexicon, rng, top, merchant)
    brand = _brands(lexicon, rng, lexicon.leaf_top[leaf], own_brand[merchant])
    nouns, words, specs, series = _vocabulary_sizes(lexicon, leaf)
    word = (rng.random(total) * words).astype(np.int32)
    step = 1 + (rng.random(total) * (words - 1)).astype(np.int32)
    chosen = {
        "merchant": merchant,
        "leaf": leaf,
        "brand": brand,
        "series": (rng.random(total) * series).astype(np.int32),
        "noun": (rng.random(total) ** 1.6 * nouns).astype(np.int32),
        "word": word,
        "word_2": (word + step) % words,
    }
    first = (rng.random(total) * specs).astype(np.int32)
    spec = ((first[group] + variant) % specs[group]).astype(np.int32)
    return Products(group=group, spec=spec, **{name: each[group] for name, each in chosen.items()})


def catalog(
    lexicon: Lexicon, seed: int, made: Products, quality: F64, currency: str
) -> tuple[Items, F32]:
    """The items, and for each its price level against its leaf in standard deviations.

    `quality` (standard normal, shared by variants) shows in the price and, with noise, in ratings.
    """
    rng = generator(seed, 13)
    count = len(made.leaf)
    median = np.array([leaf.price_median for leaf in lexicon.leaves])[made.leaf]
    sigma = np.array([leaf.price_sigma for leaf in lexicon.leaves])[made.leaf]
    brand_level = generator(seed, 14).normal(size=len(lexicon.brands))[made.brand]
    own = rng.normal(size=count)[made.group] * 0.8 + rng.normal(size=count) * 0.15
    level = 0.35 * quality + 0.5 * brand_level + 0.75 * own
    price = charm_prices(median * np.exp(sigma * level), currency)
    stars = np.clip(4.55 + 0.22 * quality + 0.15 * rng.normal(size=count), 2.6, 5.0)
    reviews = rng.lognormal(4.0 + 0.5 * quality, 1.5).astype(np.int32)
    titles = _titles(lexicon, made)
    attributes = [title[2] for title in titles]
    return Items(
        external_id=[f"i{row + 1:07d}" for row in range(count)],
        merchant=made.merchant,
        leaf=made.leaf,
        brand=made.brand,
        brands=[brand[0] for brand in lexicon.brands],
        brands_en=[brand[1] for brand in lexicon.brands],
        title=[title[0] for title in titles],
        title_en=[title[1] for title in titles],
        attributes=attributes,
        price_minor=price,
        rating=np.where(reviews > 0, np.round(stars, 1), 0).astype(np.float32),
        rating_count=reviews,
        group=made.group,
    ), level.astype(np.float32)


def charm_prices(price_in_cny: F64, currency: str) -> I64:
    """Prices as shops write them: 36.9, 129, 2,599; minor units of the currency, at least one."""
    if currency not in _RATES:
        raise invalid(
            "currency", f"No price level known for {currency!r}.", f"Choose from {sorted(_RATES)}."
        )
    wanted = price_in_cny * _RATES[currency] * 10 ** exponent(currency)
    step = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(wanted, 1.0))) - 1, 0)
    charmed = np.ceil(wanted / step) * step - np.maximum(step / 10, 1)
    price: I64 = np.maximum(charmed, 1).astype(np.int64)
    return price


def _leaves(lexicon: Lexicon, rng: np.random.Generator, top: I32, merchant: I32) -> I32:
    second = rng.integers(0, len(lexicon.tops), len(top))
    main = rng.random(len(merchant)) < 0.88
    wanted = np.where(main, top[merchant], second[merchant])
    before = np.concatenate([[0.0], np.cumsum(lexicon.leaf_share.astype(np.float64))])
    start = np.searchsorted(lexicon.leaf_top, wanted)
    stop = np.searchsorted(lexicon.leaf_top, wanted, side="right")
    point = before[start] + rng.random(len(merchant)) * (before[stop] - before[start])
    leaf: I32 = np.searchsorted(before, point, side="right").astype(np.int32) - 1
    return np.clip(leaf, start, stop - 1).astype(np.int32, copy=False)


def _brands(lexicon: Lexicon, rng: np.random.Generator, top: I32, own_brand: I32) -> I32:
    first = np.searchsorted(lexicon.brand_top, top)
    size = np.searchsorted(lexicon.brand_top, top, side="right") - first
    other = first + (rng.random(len(top)) ** 1.7 * size).astype(np.int64)
    own = (own_brand >= 0) & (lexicon.brand_top[own_brand] == top) & (rng.random(len(top)) < 0.95)
    return np.where(own, own_brand, other).astype(np.int32)


def _vocabulary_sizes(lexicon: Lexicon, leaf: I32) -> tuple[I32, I32, I32, I32]:
    sizes = np.array(
        [
            (len(each.nouns), len(each.words), len(each.specs), len(lexicon.tops[top].series))
            for top, each in zip(lexicon.leaf_top.tolist(), lexicon.leaves, strict=True)
        ],
        np.int32,
    )
    nouns, words, specs, series = sizes[leaf].T
    return nouns, words, specs, series


def _titles(lexicon: Lexicon, made: Products) -> list[tuple[str, str, dict[str, str]]]:
    """(Chinese title, English title, attributes) of every item, as merchants write them."""
    columns = (made.leaf, made.brand, made.series, made.noun, made.word, made.word_2, made.spec)
    titles = []
    for leaf_row, brand_row, series_row, noun_row, word_row, word_2_row, spec_row in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        leaf = lexicon.leaves[leaf_row]
        brand, brand_en = lexicon.brands[brand_row]
        series, series_en = lexicon.tops[lexicon.leaf_top[leaf_row]].series[series_row]
        noun, noun_en = leaf.nouns[noun_row]
        word, word_en = leaf.words[word_row]
        word_2, word_2_en = leaf.words[word_2_row]
        spec, spec_en = leaf.specs[spec_row]
        chinese = f"{brand} {series} {word}{noun} {word_2} {spec}"
        english = f"{brand_en} {series_en} {word_en} {word_2_en} {noun_en}, {spec_en}"
        attributes = {"feature": word, "feature_en": word_en, "spec": spec, "spec_en": spec_en}
        titles.append((chinese, english, attributes))
    return titles
