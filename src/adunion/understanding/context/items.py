"""Items that belong beside a page: for its needs first, then for its categories."""

from __future__ import annotations

from dataclasses import dataclass

from adunion.understanding.needs import ItemMatcher, Knowledge

from .types import ContextReading

PER_NEED = 2


@dataclass(frozen=True)
class Placed:
    """An item and the need or category it is there for."""

    id: str
    title: str
    need: str
    category: str


def items_for(
    reading: ContextReading, knowledge: Knowledge, matcher: ItemMatcher, top: int
) -> list[Placed]:
    """Up to `top` items, none twice; empty where the page is unsafe.

    Needs of the best fitting categories come first, then the product types that a fitting
    category begins with, each category in turn. Where no category was recognised, all needs count.
    """
    fits = {category.zh: category.fit for category in reading.categories}
    needs = sorted(reading.needs, key=lambda need: -fits.get(need.category_zh, 0.0))
    wanted = [
        (need.zh, need.en, need.category_zh)
        for need in needs
        if need.category_zh in fits or not fits
    ]
    by_category = [
        [(p.zh, p.en, category.zh) for p in knowledge.products
         if knowledge.categories[p.category][0] == category.zh]
        for category in reading.categories
    ]  # fmt: skip
    depth = max(map(len, by_category), default=0)
    wanted += [row[at] for at in range(depth) for row in by_category if at < len(row)]
    found: dict[str, Placed] = {}
    for zh, en, category in wanted:
        for item in matcher.items(zh, en, kind=category)[:PER_NEED]:
            found.setdefault(item.id, Placed(item.id, item.title, en, category))
        if len(found) >= top:
            break
    return list(found.values())[:top]
