"""How well baskets are foretold: two protocols, split in time, against popularity and item-kNN.

next: for every customer with purchases before the cut and a basket after it, the first basket
      after the cut from all before it. A hit: any of ten recommended items is in that basket.
cart: from every basket of two items or more after the cut, one item, drawn by a seed, is hidden;
      the rest is the cart. A hit: the hidden item is among ten that are not in the cart.

Parts are fitted on what is before the validation period, weights on the validation period; then
parts are fitted again on everything before the test period, which is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adunion.kernel.clock import generator

from .model import BasketModel, Use, best, learn_weights, without_cart
from .types import Floats, Ints, Purchases, Question, Scores

HITS_AT = 10
RESAMPLES = 2_000
QUESTIONS_MAX = 3_000
LEARN_MAX = 600  # questions that weights are learnt on
AT_ONCE = 300
BASELINES = ("popularity", "recent popularity", "item-kNN", "own history, then popularity")


def trial(
    bought: Purchases, use: Use, validate_from: float, test_from: float, seed: int = 1
) -> dict[str, Any]:
    """The protocol's figures; days are days since 1970."""
    learnt = BasketModel(bought.before(validate_from))
    asked, wanted = ask(bought.before(test_from), validate_from, use, seed, LEARN_MAX)
    weights = learn_weights(learnt.scores(asked, use), asked, wanted)
    model = BasketModel(bought.before(test_from), {use: weights})
    asked, wanted = ask(bought, test_from, use, seed + 1)
    hits = {"ours": _hits(lambda some: model.blend(some, use), asked, wanted)}
    for name in BASELINES:

        def peer(some: Question, name: str = name) -> Scores:
            return without_cart(baseline(model, some, use, name), some)

        hits[name] = _hits(peer, asked, wanted)
    rng = generator(seed, 0xBA5)
    return {
        "protocol": use,
        "questions": asked.count,
        "items": len(bought.items),
        "weights": weights,
        "hit rate@10": {name: round(float(each.mean()), 4) for name, each in hits.items()},
        "ours minus": {name: _interval(hits["ours"] - hits[name], rng) for name in BASELINES},
    }


def baseline(model: BasketModel, asked: Question, use: Use, name: str) -> Scores:
    """What a baseline scores, (n, items)."""
    items = len(model.bought.items)
    if name == "popularity":
        return np.tile(model.part("popular").astype(np.float32), (asked.count, 1))
    if name == "recent popularity":
        return np.tile(model.part("recent").astype(np.float32), (asked.count, 1))
    from .parts import matrix

    if name == "item-kNN":
        held = matrix(*(asked.cart if use == "cart" else asked.past), (asked.count, items)).sign()
        near = (held @ model.part(f"{use} cosine")).toarray()
        return np.asarray(near + 1e-6 * model.part("popular"), np.float32)
    past = matrix(*asked.past, (asked.count, items)).toarray()
    return np.asarray(past + model.part("popular"), np.float32)


def ask(
    bought: Purchases, cut: float, use: Use, seed: int, most: int = QUESTIONS_MAX
) -> tuple[Question, Any]:
    """At most so many questions of a period, and what is wanted, (n, items) bool."""
    after = np.flatnonzero(bought.day >= cut)
    rng = generator(seed, 0xCA57)
    begins = after[np.unique(bought.basket[after], return_index=True)[1]]
    ends = np.append(begins[1:], len(bought)) if len(begins) else begins
    chosen = []
    if use == "next":
        past = set(bought.customer[bought.day < cut].tolist()) - {-1}
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            who = int(bought.customer[begin])
            if who in past:
                past.discard(who)
                chosen.append((begin, end, -1))
    else:
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            if end - begin >= 2:
                chosen.append((begin, end, int(rng.integers(begin, end))))
    if len(chosen) > most:
        kept = np.sort(rng.choice(len(chosen), most, replace=False))
        chosen = [chosen[row] for row in kept.tolist()]
    return _question(bought, chosen, cut)


def _question(
    bought: Purchases, chosen: list[tuple[int, int, int]], cut: float
) -> tuple[Question, Any]:
    wanted = np.zeros((len(chosen), len(bought.items)), np.bool_)
    cart: tuple[list[int], list[int]] = ([], [])
    past: tuple[list[int], list[int]] = ([], [])
    age: list[float] = []
    back: list[int] = []
    rows_of = _by_customer(bought, cut)
    now = np.array([bought.day[begin] for begin, _, _ in chosen])
    for row, (begin, end, hidden) in enumerate(chosen):
        inside = bought.item[begin:end]
        if hidden < 0:
            wanted[row, inside] = True
        else:
            wanted[row, bought.item[hidden]] = True
            rest = [int(each) for each in inside if each != bought.item[hidden]]
            cart[0].extend([row] * len(rest))
            cart[1].extend(rest)
        before = rows_of.get(int(bought.customer[begin]), np.zeros(0, np.int64))
        past[0].extend([row] * len(before))
        past[1].extend(bought.item[before].tolist())
        age.extend((now[row] - bought.day[before]).tolist())
        _, place = np.unique(-bought.basket[before], return_inverse=True)
        back.extend(place.tolist())
    (row_c, item_c), (row_p, item_p) = (
        (np.array(rows, np.int64), np.array(items, np.int64)) for rows, items in (cart, past)
    )
    asked = Question(
        len(chosen), now, (row_c, item_c), (row_p, item_p),
        np.array(age, np.float64), np.array(back, np.int64),
    )  # fmt: skip
    return asked, wanted


def _by_customer(bought: Purchases, cut: float) -> dict[int, Ints]:
    """The rows of each customer's purchases before a day."""
    rows = np.flatnonzero((bought.day < cut) & (bought.customer >= 0))
    rows = rows[np.argsort(bought.customer[rows], kind="stable")]
    who, begin = np.unique(bought.customer[rows], return_index=True)
    return dict(zip(who.tolist(), np.split(rows, begin[1:]), strict=True))


def _hits(scores: Callable[[Question], Scores], asked: Question, wanted: Any) -> Floats:
    """Whether each question is hit, (n,), some questions at a time."""
    out = np.zeros(asked.count)
    for first in range(0, asked.count, AT_ONCE):
        last = min(first + AT_ONCE, asked.count)
        top = best(scores(asked.part(first, last)), HITS_AT)
        out[first:last] = np.take_along_axis(wanted[first:last], top, 1).any(1)
    return out


def _interval(difference: Floats, rng: np.random.Generator) -> dict[str, float]:
    """Mean of a paired difference and its bootstrap 95 % interval over questions."""
    draws = rng.integers(0, len(difference), (RESAMPLES, len(difference)))
    low, high = np.percentile(difference[draws].mean(1), [2.5, 97.5])
    return {
        "mean": round(float(difference.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }
