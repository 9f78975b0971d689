"""How lasting tastes are in real orders, and what that says of people: the world is set by it.

    python bench/taste.py [--data ../shared/data]

Two different products of one category that a customer bought on different occasions: how much more
often are they of one brand (or colour, style) than two that different customers bought? If people
like brands by log-odds that are normal with deviation s, that lift follows from s and the brands'
shares (exp(s^2) where they are rare), so s is told by it. Prices: the correlation of two purchases
of a customer in different categories, each beside the prices of its category. Scenes: how much the
share of a category moves between parts of the week beyond counting noise. Intervals are bootstrap
over customers, 95 %. The same is measured of a made world whose people are shown items of what they
ask for.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
import pyarrow.parquet as pq

from adunion.audience.looks import looks
from adunion.audience.scenes import SCENES, hours_table
from adunion.kernel.clock import generator
from adunion.simulation.grounding import read
from adunion.simulation.grounding.titles import understand
from adunion.simulation.shopper import respond
from adunion.simulation.traffic import traffic
from adunion.simulation.world.generate import generate
from adunion.understanding.tokens import tokens

BOOTSTRAP = 200
PER_CELL_MAX = 12  # products of one customer in one category, the first ones
EPOCH_HOUR = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) // 3600
WEEK = 168
DEVIATIONS = np.arange(0, 3.1, 0.1)
DRAWS = 300
DAY_US = 86_400_000_000
START_US = 1_767_225_600_000_000  # 2026-01-01


class Bought(NamedTuple):
    """First purchases of each product by each customer, (n,) columns of codes; money is logs."""

    customer: np.ndarray
    basket: np.ndarray
    product: np.ndarray
    category: np.ndarray
    at_s: np.ndarray
    price: np.ndarray  # log of a piece's

    @classmethod
    def of(cls, **columns: np.ndarray) -> Bought:
        order = np.lexsort((columns["at_s"], columns["product"], columns["customer"]))
        columns = {name: column[order] for name, column in columns.items()}
        key = columns["customer"].astype(np.int64) * (columns["product"].max() + 1)
        _, first = np.unique(key + columns["product"], return_index=True)
        return cls(**{name: column[first] for name, column in columns.items()})


def made_world(seed: int = 1) -> tuple[Bought, dict[str, np.ndarray]]:
    """What the people of a made world buy in half a year of searches."""
    world = generate(seed, 3_000, 60, 2_000)
    rng, items = generator(seed, 0x7A), world.view.items
    asked = traffic(world, seed, START_US, 180 * DAY_US, 900_000, {"search": 1.0})
    leaf = world.truth.query_leaf[asked.query]
    order = np.argsort(items.leaf, kind="stable")
    start = np.searchsorted(items.leaf[order], np.arange(len(world.view.leaves.path) + 1))
    size = np.diff(start)[leaf]
    shown = order[start[leaf][:, None] + rng.integers(0, size[:, None], (len(leaf), 10))]
    got = respond(world, seed, asked, shown.astype(np.int32)).orders
    bought = Bought.of(
        customer=got.shopper, basket=got.row, product=items.group[got.item],
        category=items.leaf[got.item], at_s=got.at_us // 1_000_000,
        price=np.log(got.unit_price_minor.astype(float)),
    )  # fmt: skip
    first = np.unique(items.group, return_index=True)[1]
    return bought, {"brand": items.brand[first], "colour": _colours(items.title_en, items.group)}


def _colours(title: list[str], group: np.ndarray) -> np.ndarray:
    """The colour of each group of variants, -1 where they have none or several."""
    said = [_said_looks(each, True) for each in title]
    out = np.full(int(group.max()) + 1, -2)
    for of, colour in zip(group.tolist(), said, strict=True):
        out[of] = colour if out[of] in (-2, colour) else -1
    return out


def _said_looks(title: str, is_colour: bool) -> int:
    words = set(tokens(title))
    found = [k for k, look in enumerate(looks()) if look.is_colour == is_colour
             and look.words & words]  # fmt: skip
    return found[0] if len(found) == 1 else -1


def codes(values: object) -> np.ndarray:
    return np.unique(np.asarray(values), return_inverse=True)[1]


def online_retail(data: Path) -> tuple[Bought, dict[str, np.ndarray]]:
    lines = read(data / "orders/online_retail.parquet", "online_retail")
    keep = np.array([bool(who) for who in lines.shopper]) & ~lines.returned
    item, first = np.unique(np.array(lines.item), return_inverse=True)
    title = [""] * len(item)
    for row, said in zip(first.tolist(), lines.title, strict=True):
        title[row] = title[row] or said
    facts = understand(title, max(4, len(title) // 400))
    facet = {
        name: np.array([_said_looks(each, is_colour) for each in title])
        for name, is_colour in (("colour", True), ("style", False))
    }
    price = np.log(np.maximum(lines.amount_minor / lines.quantity, 1))
    bought = Bought.of(
        customer=codes(lines.shopper)[keep], basket=codes(lines.order)[keep], product=first[keep],
        category=facts.leaf[first][keep], at_s=lines.at_us[keep] // 1_000_000, price=price[keep],
    )  # fmt: skip
    return bought, facet


def completejourney(data: Path) -> tuple[Bought, dict[str, np.ndarray]]:
    folder = data / "completejourney"
    lines = pq.read_table(folder / "transactions_sample.parquet").to_pydict()
    goods = pq.read_table(folder / "products.parquet").to_pydict()
    row_of = {each: row for row, each in enumerate(goods["product_id"])}
    product = np.array([row_of.get(each, -1) for each in lines["product_id"]])
    quantity, value = np.array(lines["quantity"]), np.array(lines["sales_value"])
    keep = (product >= 0) & (quantity > 0) & (value > 0)
    at_s = np.array([int(at.replace(tzinfo=UTC).timestamp()) for at in
                     lines["transaction_timestamp"]])  # fmt: skip
    category = codes([str(each) for each in goods["product_type"]])
    price = np.log(np.maximum(value, 0.01) / np.maximum(quantity, 1))
    bought = Bought.of(
        customer=codes(lines["household_id"])[keep], basket=codes(lines["basket_id"])[keep],
        product=product[keep], category=category[product][keep], at_s=at_s[keep],
        price=price[keep],
    )  # fmt: skip
    return bought, {"brand": codes([str(each) for each in goods["manufacturer_id"]])}


def pairs(group: np.ndarray, basket: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of each pair of one group and different baskets; the first PER_CELL_MAX of a group."""
    order = np.argsort(group, kind="stable")
    sorted_ = group[order]
    place = np.arange(len(order)) - np.searchsorted(sorted_, sorted_)
    left, right = [np.zeros(0, int)], [np.zeros(0, int)]
    for step in range(1, PER_CELL_MAX):
        same = np.flatnonzero((sorted_[step:] == sorted_[:-step]) & (place[step:] < PER_CELL_MAX))
        left.append(order[same])
        right.append(order[same + step])
    a, b = np.concatenate(left), np.concatenate(right)
    apart = basket[a] != basket[b]
    return a[apart], b[apart]


def same_facet(bought: Bought, facet: np.ndarray) -> dict[str, object]:
    """Lift of one facet within categories, and the deviation of log-odds that it tells."""
    of = facet[bought.product]
    keep = of >= 0
    part = Bought(*(column[keep] for column in bought))
    of = of[keep]
    categories = int(part.category.max()) + 1
    a, b = pairs(part.customer.astype(np.int64) * categories + part.category, part.basket)
    due = _chance(part, of)[part.category[a]]
    same = of[a] == of[b]
    counts = np.bincount(part.customer[a], minlength=int(part.customer.max()) + 1)
    weight = 1 / np.sqrt(counts[part.customer[a]])  # a wholesaler is not a hundred people
    who, size = part.customer[a], len(counts)
    had, meant = np.bincount(who, weight * same, size), np.bincount(who, weight * due, size)
    found = _interval(had, meant, lambda x, y: x.sum() / y.sum())
    curve = _lifts(part.category[a], part.category, of)
    deviation = [round(float(np.interp(each, curve, DEVIATIONS)), 3) for each in found]
    return {"pairs": len(a), "lift": found, "s": deviation}


def _lifts(pair: np.ndarray, category: np.ndarray, of: np.ndarray) -> np.ndarray:
    """The lift at each of DEVIATIONS, by drawing likings; categories count by their pairs."""
    rng = generator(5)
    had, due = np.zeros(len(DEVIATIONS)), 0.0
    weight = np.bincount(pair, minlength=int(category.max()) + 1)
    for each in np.flatnonzero(weight).tolist():
        share = np.bincount(of[category == each])
        share = share[share > 0] / share.sum()
        drawn = rng.normal(size=(DRAWS, len(share)))
        due += weight[each] * (share**2).sum()
        for at, s in enumerate(DEVIATIONS):
            own = share * np.exp(s * drawn)
            own /= own.sum(1, keepdims=True)
            had[at] += weight[each] * (own**2).sum(1).mean()
    return had / due / (had[0] / due)


def _chance(part: Bought, of: np.ndarray) -> np.ndarray:
    """By category: how often two purchases of different products and customers share the facet."""
    out = np.zeros(int(part.category.max()) + 1)
    for category in np.unique(part.category).tolist():
        rows = part.category == category
        share = np.bincount(of[rows]) / rows.sum()
        product = np.unique(part.product[rows], return_counts=True)[1] / rows.sum()
        alike = (product**2).sum()
        out[category] = max((share**2).sum() - alike, 0) / max(1 - alike, 1e-9)
    return out


def price_taste(bought: Bought) -> dict[str, object]:
    """Correlation of a customer's purchases in different categories, in deviations of price."""
    level = np.zeros(len(bought.price))
    for category in np.unique(bought.category).tolist():
        rows = np.flatnonzero(bought.category == category)
        own = bought.price[rows]
        if len(np.unique(bought.product[rows])) >= 5 and own.std() > 0:
            level[rows] = np.clip((own - own.mean()) / own.std(), -2.5, 2.5)
    told = level != 0
    rng = generator(7)
    mixed = rng.permutation(np.flatnonzero(told))
    a, b = pairs(bought.customer[mixed], bought.basket[mixed])
    a, b = mixed[a], mixed[b]
    apart = bought.category[a] != bought.category[b]
    a, b = a[apart], b[apart]
    counts = np.bincount(bought.customer[a], minlength=int(bought.customer.max()) + 1)
    product = np.bincount(bought.customer[a], level[a] * level[b], len(counts))
    square = np.bincount(bought.customer[a], (level[a] ** 2 + level[b] ** 2) / 2, len(counts))
    found = _interval(product, square, lambda x, y: x.sum() / y.sum())
    return {"pairs": len(a), "correlation": found,
            "s": [round(float(np.sqrt(max(each, 0))), 3) for each in found]}  # fmt: skip


def scenes(bought: Bought, offset_hours: int = 0) -> dict[str, object]:
    """Deviation of log category shares between scenes, beyond counting noise."""
    table = hours_table(offset_hours)
    hour = bought.at_s // 3600
    code = table[(hour - EPOCH_HOUR) % WEEK + WEEK]  # weeks are alike, holidays apart
    categories = int(bought.category.max()) + 1
    counts = np.zeros((len(SCENES), categories))
    np.add.at(counts, (code, bought.category), 1)
    counts = counts[:, counts.sum(0) >= 100]
    due = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    spread = ((counts - due) ** 2 - due).sum() / (due**2).sum()
    return {"cells": int(counts.size), "s": round(float(np.sqrt(max(spread, 0))), 3)}


def _interval(
    had: np.ndarray, meant: np.ndarray, figure: Callable[[np.ndarray, np.ndarray], float]
) -> list[float]:
    """The figure, and its 95 % interval over customers."""
    known = np.flatnonzero(meant > 0)
    rng = generator(11)
    drawn = []
    for _ in range(BOOTSTRAP):
        rows = rng.choice(known, len(known))
        drawn.append(figure(had[rows], meant[rows]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return [round(float(each), 3) for each in (figure(had, meant), low, high)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    said = parser.parse_args()
    out: dict[str, dict[str, object]] = {}
    for name, load in (
        ("online_retail", lambda: online_retail(said.data)),
        ("completejourney", lambda: completejourney(said.data)),
        ("made_world", made_world),
    ):
        bought, facets = load()
        out[name] = {
            "purchases": len(bought.customer),
            **{facet: same_facet(bought, of) for facet, of in facets.items()},
            "price": price_taste(bought),
            "scene": scenes(bought, 8 if name == "made_world" else 0),
        }
    print(orjson.dumps(out, option=orjson.OPT_INDENT_2).decode())


if __name__ == "__main__":
    main()
