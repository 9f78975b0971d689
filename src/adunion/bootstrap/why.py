"""Why an item is where it is, in a shopper's words; zh and en."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.decision.retrieval import Complements
from adunion.decision.types import DecisionBatch, Placement, RequestBatch
from adunion.understanding import tokens

RATING_GOOD = 4.5
_WORDS = {
    "zh": {
        "sponsored": "商家付费推广,排位因此提前。",
        "search": "与您搜索的“{query}”相符。",
        "page": "与本页内容相关。",
        "cart": "常与购物车中的商品一起购买。",
        "taste": "与您近期浏览的品类相近。",
        "other": "没有商品与“{query}”完全相符,这是近期受欢迎的。",
        "popular": "本店近期受欢迎。",
        "rating": "评分 {rating:.1f},{count:,} 条评价。",
        "paid": "若不推广,它不会排在这里。",
    },
    "en": {
        "sponsored": "The merchant pays to show it higher.",
        "search": "It matches your search for “{query}”.",
        "page": "It goes with what this page is about.",
        "cart": "Often bought together with what is in your cart.",
        "taste": "Close to what you looked at lately.",
        "other": "Nothing matches “{query}” itself; this is popular these days.",
        "popular": "Popular in this shop these days.",
        "rating": "Rated {rating:.1f} by {count:,} shoppers.",
        "paid": "Without promotion it would not be in this place.",
    },
}


def why(
    catalog: CatalogSnapshot,
    placements: list[Placement],
    requests: RequestBatch,
    decided: DecisionBatch,
    slot: int,
    locale: str,
    complements: Complements,
) -> str:
    """The reasons for a slot of the first request of a batch."""
    words = _WORDS["en" if locale.lower().startswith("en") else "zh"]
    row = int(decided.item[0, slot])
    reasons = []
    if decided.moved[0, slot]:
        reasons += [words["sponsored"], words["paid"]]
    reason, query = _reason(catalog, placements, requests, row, complements)
    reasons.append(words[reason].format(query=query[:40]))
    rating, count = float(catalog.rating[row]), int(catalog.rating_count[row])
    if count and rating >= RATING_GOOD:
        reasons.append(words["rating"].format(rating=rating, count=count))
    return " ".join(reasons)


def _reason(
    catalog: CatalogSnapshot,
    placements: list[Placement],
    requests: RequestBatch,
    row: int,
    complements: Complements,
) -> tuple[str, str]:
    """Which words say why the request brought the item, and the request's text."""
    kind = placements[int(requests.placement[0])].kind
    query = requests.queries[int(requests.query[0])] if requests.query[0] >= 0 else ""
    if kind == "search" and query:
        return "search" if _matches(catalog, row, query) else "other", query
    if kind in ("page", "live") and query:
        return "page", query
    if kind == "cart" and _completes(catalog, complements, requests.context_items, row):
        return "cart", query
    return "taste" if requests.profile[0] >= 0 else "popular", query


def _matches(catalog: CatalogSnapshot, row: int, query: str) -> bool:
    """Whether the item itself says a word of the query."""
    told = (
        catalog.titles[row],
        catalog.titles_en[row],
        catalog.brands[row],
        catalog.categories[catalog.category[row]],
    )
    return not set(tokens(query)).isdisjoint(tokens(" ".join(told), singles=True))


def _completes(
    catalog: CatalogSnapshot, complements: Complements, cart: npt.NDArray[np.int32], row: int
) -> bool:
    """Whether shoppers had its kind of goods together with something in the cart."""
    kinds = complements.category[catalog.category[cart]]
    return bool((kinds == catalog.category[row]).any())
