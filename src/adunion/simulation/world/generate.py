"""Makes a world from a seed: the same seed and sizes give the same bytes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from adunion.kernel.clock import generator
from adunion.kernel.errors import invalid

from . import goods, outlets, people, tastes, texts
from .goods import Products
from .lexicon import Lexicon, lexicon
from .types import F32, F64, I32, I64, Flags, Items, PlatformView, Truth, World

_HOURS = [
    0.45, 0.28, 0.18, 0.14, 0.14, 0.20, 0.38, 0.65, 0.92, 1.10, 1.20, 1.18,
    1.25, 1.18, 1.12, 1.10, 1.10, 1.08, 1.15, 1.40, 1.75, 1.90, 1.55, 0.90,
]  # fmt: skip
_WEEKDAYS = [0.96, 0.95, 0.95, 0.97, 1.02, 1.09, 1.06]
_PAIRS = 4  # co-purchase partners of an item, at most


def generate(
    seed: int,
    items: int,
    merchants: int,
    shoppers: int,
    publishers: int = 60,
    currency: str = "CNY",
) -> World:
    """A world of our own making.

    Args:
        seed: everything follows from it and the sizes.
        items: how many items; variants of one product are items of one group.
        merchants: how many sell them, at most `items`.
        shoppers: how many people.
        publishers: how many sites, apps, hosts, groups and creators.
        currency: ISO 4217; prices are scaled to believable levels of it.

    Raises:
        AdUnionError: a size below 1, more merchants than items, an unknown currency.
    """
    for name, size in (("items", items), ("merchants", merchants), ("shoppers", shoppers)):
        if size < 1:
            raise invalid(name, f"A world needs at least one, not {size}.")
    if merchants > items:
        raise invalid("merchants", f"{merchants} merchants cannot share {items} items.")
    words = lexicon()
    shops, top, own_brand = goods.shops(words, seed, merchants)
    made = goods.products(words, seed, items, top, own_brand)
    quality = generator(seed, 51).normal(size=items)[made.group]
    catalog, level = goods.catalog(words, seed, made, quality, currency)
    outlet, reach = outlets.publishers(seed, publishers, [each.name for each in words.tops])
    stocked = np.bincount(catalog.leaf, minlength=len(words.leaves)) > 0
    queries, meaning = texts.texts(words, seed, stocked)
    truth = Truth(
        utc_offset_hours=8,
        hour_weight=_mean_one(_HOURS),
        weekday_weight=_mean_one(_WEEKDAYS),
        query_leaf=meaning.leaf,
        query_brand=meaning.brand,
        query_word=meaning.word,
        query_weight=meaning.weight,
        publisher_reach=reach,
        **_leaf_truth(words, seed, stocked),
        **_item_truth(words, seed, catalog, made, quality, level),
        **_shopper_truth(words, seed, shoppers, stocked),
    )
    view = PlatformView(
        currency=currency,
        leaves=words.table(),
        merchants=shops,
        items=catalog,
        shoppers=people.shoppers(seed, shoppers),
        queries=queries,
        publishers=outlet,
        placements=outlets.placements(outlet),
    )
    return World(seed, "generated", view, truth)


def _mean_one(weights: list[float]) -> F32:
    array = np.array(weights, np.float32)
    return np.asarray(array / array.mean(), np.float32)


def _demand(words: Lexicon, stocked: Flags) -> F32:
    demand = words.leaf_share * stocked
    return np.asarray(demand / demand.sum(), np.float32)


def _leaf_truth(words: Lexicon, seed: int, stocked: Flags) -> dict[str, Any]:
    leaves = words.leaves
    cycle = np.array([leaf.cycle_days for leaf in leaves], np.float32)
    price = np.array([leaf.price_median for leaf in leaves])
    # Dear things are looked at more and bought less than cheap ones.
    dear = np.log(price / 80.0)
    return {
        "leaf_popularity": _demand(words, stocked),
        "leaf_month": np.stack([leaf.month for leaf in leaves]),
        "leaf_scene": tastes.leaf_scenes(seed, len(leaves)),
        "leaf_cycle_days": cycle,
        "leaf_ctr": (0.04 * dear).astype(np.float32),
        "leaf_cvr": (-0.16 * dear).astype(np.float32),
        "leaf_quantity": np.array([leaf.quantity for leaf in leaves], np.float32),
        "leaf_complement": words.complements(),
    }


def _item_truth(
    words: Lexicon, seed: int, catalog: Items, made: Products, quality: F64, level: F32
) -> dict[str, Any]:
    rng = generator(seed, 52)
    count = len(catalog)
    group = made.group
    shared, own = rng.normal(size=(2, count))[:, group], rng.normal(size=(2, count))
    appeal = 0.40 * quality + 0.40 * shared[0] + 0.25 * own[0]
    conversion = 0.30 * quality + 0.30 * shared[1] + 0.15 * own[1]
    returns = np.array([leaf.returns for leaf in words.leaves])[catalog.leaf]
    returns = np.clip(returns * np.exp(-0.35 * quality + 0.3 * own[1]), 0.003, 0.6)
    merchant_delay = rng.gamma(6.0, 0.4, size=int(catalog.merchant.max()) + 1)
    delivery = 0.8 + merchant_delay[catalog.merchant]
    popularity = np.exp(1.0 * appeal + 0.6 * rng.normal(size=count))
    popularity /= np.bincount(catalog.leaf, popularity)[catalog.leaf]
    brand_taste = rng.normal(size=(len(words.brands), tastes.TASTES))[made.brand]
    own_taste = rng.normal(size=(count, tastes.TASTES))[group]
    item_words = _item_words(words, made)
    of_words = (0.0, tastes.WORD, tastes.WORD, tastes.SPEC)  # a product word is no taste
    word_taste = tastes.word_tastes(seed, item_words, of_words)
    offsets, partners, weights = pairs(rng, catalog.leaf, popularity, words.complements(), _PAIRS)
    experience = 0.62 + 0.10 * quality - 1.2 * returns - 0.05 * (delivery - 3.0)
    return {
        "item_appeal": appeal.astype(np.float32),
        "item_conversion": conversion.astype(np.float32),
        "item_popularity": popularity.astype(np.float32),
        "item_taste": tastes.item_tastes(brand_taste, own_taste, word_taste),
        "item_words": item_words,
        "item_price_level": level,
        "item_return_rate": returns.astype(np.float32),
        "item_delivery_days": delivery.astype(np.float32),
        "item_experience": np.clip(experience, 0, 1).astype(np.float32),
        "pair_offsets": offsets,
        "pair_item": partners,
        "pair_weight": weights,
    }


def _shopper_truth(words: Lexicon, seed: int, count: int, stocked: Flags) -> dict[str, Any]:
    cycle = np.array([leaf.cycle_days for leaf in words.leaves], np.float32)
    minds = people.minds(
        seed, count, words.leaf_top, _demand(words, stocked), cycle, words.brand_top, tastes.TASTES
    )
    return asdict(minds)


def _item_words(words: Lexicon, made: Products) -> I32:
    ids = words.word_ids
    width = max(
        len(texts) for leaf in words.leaves for texts in (leaf.nouns, leaf.words, leaf.specs)
    )
    table = np.full((3, len(words.leaves), width), -1, np.int32)
    for row, leaf in enumerate(words.leaves):
        for part, named in enumerate((leaf.nouns, leaf.words, leaf.specs)):
            table[part, row, : len(named)] = [ids[text[0]] for text in named]
    nouns, attributes, specs = table
    return np.stack(
        [
            nouns[made.leaf, made.noun],
            attributes[made.leaf, made.word],
            attributes[made.leaf, made.word_2],
            specs[made.leaf, made.spec],
        ],
        1,
    )


def pairs(
    rng: np.random.Generator, leaf: I32, popularity: F64, complement: F32, most: int
) -> tuple[I64, I32, F32]:
    """Item-level co-purchase as CSR: popular items of the leaves that go best with an item's own.

    Weights are those of the leaves times a draw, so that one pair of items is not like the next.
    """
    by_leaf = [np.flatnonzero(leaf == row) for row in range(len(complement))]
    left, right, weight = [], [], []
    for row, members in enumerate(by_leaf):
        best = np.argsort(-complement[row], kind="stable")[:most]
        for other in best[complement[row, best] > 0]:
            if len(members) == 0 or len(by_leaf[other]) == 0:
                continue
            share = popularity[by_leaf[other]]
            partner = rng.choice(by_leaf[other], len(members), p=share / share.sum())
            left.append(members)
            right.append(partner)
            weight.append(complement[row, other] * (0.5 + 0.5 * rng.random(len(members))))
    if not left:
        return np.zeros(len(leaf) + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32)
    rows, partners, weights = np.concatenate(left), np.concatenate(right), np.concatenate(weight)
    order = np.lexsort((partners, rows))
    offsets = np.searchsorted(rows[order], np.arange(len(leaf) + 1))
    return (
        offsets.astype(np.int64),
        partners[order].astype(np.int32),
        weights[order].astype(np.float32),
    )
