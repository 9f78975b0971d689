"""From a topic to what is sold: the products it names or calls for, and items of the catalog."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from adunion.catalog.types import CatalogSnapshot
from adunion.understanding.lexical import LexicalIndex
from adunion.understanding.needs import Library, NeedFinder
from adunion.understanding.needs.match import answering

from .commerce import Classifier, Commerce

PRODUCTS_MAX, ITEMS_MAX, CATEGORIES_MAX = 6, 8, 4
STRENGTH_MIN = 0.3
"""Needs are calibrated: of those with this strength, three of ten are right."""
BESIDE_NAMED = 0.5
"""Beside what the title names, meaning alone must be as sure."""
NAMED = 0.95
"""Strength of a product that the title names."""
LOOKED_AT = 40
"""Items that say a name, the best first, of which ITEMS_MAX are kept."""
LISTED = {
    "数码": ("手机数码", "电脑办公", "家电"), "汽车": ("汽车",), "旅游": ("旅行", "户外"),
    "健康": ("健康",), "美妆": ("美妆护肤", "个护"), "时尚": ("服饰", "鞋包", "珠宝腕表"),
    "美食": ("食品饮料", "生鲜"), "育儿": ("母婴",), "萌宠": ("宠物",), "家居": ("家居", "家电"),
    "运动健身": ("运动", "户外"),
}  # fmt: skip
"""Categories of products by the list's category of a topic."""
_BESIDE = re.compile(
    r"[\s-]*(?:口味|风味|味|色|内胆|包(?!邮|装)|袋|套(?!装|盒)|保护|壳|膜|贴|架|支架|挂[绳件]|模具|纸|收纳|"
    r"桌(?!面)|"
    r"(?:flavou?r|sleeve|bag|backpack|case|cover|stand|skin|sticker|charger|desk|tray|mount|"
    r"strap|lanyard|charm|holder|protector|mou?ld)"
    r"(?:e?s|ed)?\b)",
    re.I,
)
"""What makes a thing's name a flavour, or the name of what holds it."""
_FOR = re.compile(r"(?:\bfor\s+(?:\w+\s+)?|(?:适用于?|适配)\S{0,6})$", re.I)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
HEAD_LETTERS = range(6, 1, -1)
"""Of the end of a topic that is looked for at the ends of words in titles."""
HEAD_ITEMS = 3
"""So many items, and most of those that say it, must have it there."""


@dataclass(frozen=True)
class Product:
    """A product that a topic is linked to; why: named, or the source that spoke for it."""

    zh: str
    en: str
    category_zh: str
    category_en: str
    strength: float
    why: str


@dataclass(frozen=True)
class Link:
    """What a topic has to do with goods."""

    commerce: Commerce
    products: tuple[Product, ...] = ()
    categories: tuple[str, ...] = ()
    """The catalog's, the likeliest first; of the knowledge where there is no catalog."""
    items: tuple[tuple[int, float], ...] = field(default=())
    """(row of the catalog, how surely)."""
    kinds: tuple[tuple[str, str], ...] = ()
    """(zh, en) categories of the knowledge that it is about, even if the catalog has none of it."""


class Linker:
    """Links topics; give it a catalog to link items."""

    def __init__(
        self,
        library: Library,
        classifier: Classifier,
        snapshot: CatalogSnapshot | None = None,
        index: LexicalIndex | None = None,
        meaning: bool = True,
    ) -> None:
        """`meaning`: also read topics by their embedding, 15 ms each."""
        self._library = library
        self._classifier = classifier
        self.snapshot, self._index = snapshot, index
        sources = ["knowledge", "meaning"] if meaning and library.embedder else ["knowledge"]
        self._finder = NeedFinder(library, sources=sources)
        self._goods = _goods(snapshot)

    def link(self, title: str, category: str = "") -> Link:
        """Read one title; nothing is linked to what is unsafe or no commerce."""
        named = self._library.name_finder.find(title)
        own = self._own(title, [each.name for each in named])
        said = sorted({*(each.name for each in named), *own}, key=len, reverse=True)
        said = [name for name in said if len(name) > 1]
        commerce = self._classifier.read(title, category, said)
        if commerce.verdict == "no":
            return Link(commerce)
        rows = [each.product for each in named if len(each.name) > 1]
        products = self._products(title, rows, self._talked_of(commerce, category, rows))
        names = [*_things(title, commerce), *said, *(product.zh for product in products)]
        items = self._items(names if own or products else [*names, *self._head(title)], products)
        kinds = self._kinds_of(title, category, commerce, products)
        return Link(commerce, products, self._categories(kinds, own, items), items, kinds)

    def season(self, needs: Sequence[str]) -> tuple[tuple[int, float], ...]:
        """Items for products by name."""
        return self._items(needs, ())

    def english(self, needs: Sequence[str]) -> list[str]:
        """English names of products by their Chinese ones."""
        return [name for need in needs for name in self._english(need)]

    def _english(self, name: str) -> list[str]:
        """The English name of a product; none of what the knowledge does not hold."""
        row = self._library.knowledge.names.get(name.lower())
        return [] if row is None else [self._library.knowledge.products[row].en]

    def _own(self, title: str, named: Sequence[str]) -> list[str]:
        """The catalog's own names of goods in a title, not those within the name of another thing.

        A coffee machine (咖啡机) is no coffee (咖啡).
        """
        found = [name for name in self._goods if name in title]
        longer = {*found, *named}
        return [
            name for name in found
            if any(name in rest for rest in _without(title, name, longer))
        ]  # fmt: skip

    def _head(self, title: str) -> list[str]:
        """The end of a title that items end a word with: 水杯 of 今年流行的水杯."""
        if self.snapshot is None or self._index is None:
            return []
        for letters in HEAD_LETTERS:
            head = title[-letters:]
            rows = self._index.saying(head)[:LOOKED_AT].tolist() if len(head) == letters else []
            said = sum(any(word.endswith(head) for word in self.snapshot.titles[row].split())
                       for row in rows)  # fmt: skip
            if said >= HEAD_ITEMS and 2 * said > len(rows):
                return [head]
        return []

    def _kinds_of(
        self, title: str, category: str, commerce: Commerce, products: Sequence[Product]
    ) -> tuple[tuple[str, str], ...]:
        """Categories of its products; else of words that mean one; else of goods, of the list."""
        found = [(product.category_zh, product.category_en) for product in products]
        if not found:
            english = dict(self._library.knowledge.categories)
            names = self._classifier.meant(title)
            if not names and commerce.verdict == "yes":
                names = list(LISTED.get(category, ()))[:1]
            found = [(name, english.get(name, name)) for name in names]
        return tuple(dict.fromkeys(found))[:CATEGORIES_MAX]

    def _talked_of(self, commerce: Commerce, category: str, named: list[int]) -> set[str] | None:
        """Categories of products that meaning alone may speak for; None: any.

        Meaning is calibrated on what people ask for; of the few words of a headline it makes hair
        masks of the flu. So something else must say what it is about: products that the title
        names, a maker's model, or the list that it is in.
        """
        if named:
            knowledge = self._library.knowledge
            return {knowledge.categories[knowledge.products[row].category][0] for row in named}
        if any(reason in ("model", "maker") for reason, _ in commerce.reasons):
            return None
        return set(LISTED.get(category, ()))

    def _products(
        self, title: str, named: list[int], talked_of: set[str] | None
    ) -> tuple[Product, ...]:
        knowledge = self._library.knowledge
        found = {}
        for row in named:
            product = knowledge.products[row]
            category = knowledge.categories[product.category]
            found[product.zh] = Product(product.zh, product.en, *category, NAMED, "named")
        for need in self._finder.read(title, "query", PRODUCTS_MAX).needs:
            guessed = all(each.source == "meaning" for each in need.evidence)
            if guessed and talked_of is not None and need.category_zh not in talked_of:
                continue
            least = BESIDE_NAMED if guessed and named else STRENGTH_MIN
            if need.strength >= least and need.evidence:
                found.setdefault(need.zh, Product(
                    need.zh, need.en, need.category_zh, need.category_en,
                    round(need.strength, 3), need.evidence[0].source,
                ))  # fmt: skip
        return tuple(found.values())[:PRODUCTS_MAX]

    def _items(
        self, names: Sequence[str], products: Sequence[Product]
    ) -> tuple[tuple[int, float], ...]:
        if self._index is None:
            return ()
        strength = {product.zh: product.strength for product in products}
        kinds = {product.zh: product.category_zh for product in products}
        best: dict[int, float] = {}
        for name in dict.fromkeys(names):
            rows, scores = answering(
                self._index, name, *self._english(name), kind=kinds.get(name, "")
            )
            found = zip(rows[:LOOKED_AT].tolist(), scores[:LOOKED_AT].tolist(), strict=True)
            kept = (
                (row, score)
                for row, score in found
                if self._is_of_the_kind(row, name) and self._is_the_thing(row, name)
            )
            for row, score in islice(kept, ITEMS_MAX):
                best[row] = max(best.get(row, 0.0), score * strength.get(name, NAMED))
        ranked = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:ITEMS_MAX]
        return tuple((row, round(value, 3)) for row, value in ranked)

    def _is_of_the_kind(self, row: int, name: str) -> bool:
        """Whether an item that says a product's name is such a thing, by what else it names.

        An eye cream that calls itself a power bank of the eyes is none; coffee in a café's name is
        no coffee.
        """
        knowledge = self._library.knowledge
        product = knowledge.names.get(name.lower())
        if product is None or self.snapshot is None:
            return True
        title = self.snapshot.titles[row].lower()
        path = self.snapshot.categories[self.snapshot.category[row]]
        votes = Counter(self._kinds(title))
        votes.update(set(self._kinds(path)))
        wanted = knowledge.products[product].category
        most = max(votes.values(), default=0)
        if votes[wanted] < most:
            return False
        alone = all(votes[kind] < most for kind in votes if kind != wanted)
        first = self._kinds(title.split(" ", 1)[0])
        said = not first or wanted in first
        return alone or (said and not _part_of_a_word(name.lower(), title))

    def _is_the_thing(self, row: int, name: str) -> bool:
        """Whether a title names the thing itself: no laptop bag, nothing of chocolate flavour."""
        assert self.snapshot is not None
        titles = (self.snapshot.titles[row], self.snapshot.titles_en[row])
        told = [
            _BESIDE.match(title, said.end()) or _FOR.search(title[: said.start()])
            for each in (name, *self._english(name)) for title in titles
            for said in re.finditer(re.escape(each), title, re.I)
        ]  # fmt: skip
        return not told or not all(told)

    def _kinds(self, text: str) -> list[int]:
        """Categories of the products that a text names, by row."""
        products = self._library.knowledge.products
        return [products[each.product].category for each in self._library.name_finder.find(text)]

    def _categories(
        self,
        kinds: Sequence[tuple[str, str]],
        own: Sequence[str],
        items: Sequence[tuple[int, float]],
    ) -> tuple[str, ...]:
        """Categories that the title names, then those of the linked items."""
        if self.snapshot is None:
            return tuple(zh for zh, _ in kinds)
        weight: dict[str, float] = {}
        for name in own:
            for path in self._goods[name]:
                weight[path] = weight.get(path, 0.0) + 1
        for row, value in items:
            path = self.snapshot.categories[self.snapshot.category[row]]
            weight[path] = weight.get(path, 0.0) + value / 4
        return tuple(sorted(weight, key=lambda path: (-weight[path], path))[:CATEGORIES_MAX])


def _without(title: str, name: str, longer: Iterable[str]) -> list[str]:
    """The parts of a title beside the longer names that hold a name."""
    parts = [title]
    for other in longer:
        if name in other and name != other:
            parts = [part for whole in parts for part in whole.split(other)]
    return parts


def _part_of_a_word(name: str, title: str) -> bool:
    """Whether a Chinese name goes on into the next character, wherever a title says it."""
    ends = [match.end() for match in re.finditer(re.escape(name), title)]
    return bool(ends) and all(_CHINESE.match(title, end) for end in ends)


def _things(title: str, commerce: Commerce) -> list[str]:
    """What stands beside a title's words of buying: often the very name of a thing."""
    for reason, word in commerce.reasons:
        if reason == "buy":
            title = title.replace(word, "\n")
    return [part for part in map(str.strip, title.split("\n")) if len(part) > 1]


def _goods(snapshot: CatalogSnapshot | None) -> dict[str, list[str]]:
    """The catalog's own names of goods, by the last part of each category."""
    found: dict[str, list[str]] = {}
    if snapshot is not None:
        held = np.unique(snapshot.category)
        for row in held.tolist():
            path = snapshot.categories[row]
            name = path.split(" > ")[-1].strip()
            if len(name) > 1:
                found.setdefault(name, []).append(path)
    return found
