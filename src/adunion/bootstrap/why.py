"""Why an item is where it is, in a shopper's words; zh and en."""

from __future__ import annotations

from adunion.catalog.types import CatalogSnapshot
from adunion.decision.types import DecisionBatch, Placement, RequestBatch

RATING_GOOD = 4.5
_WORDS = {
    "zh": {
        "sponsored": "商家付费推广,排位因此提前。",
        "search": "与您搜索的“{query}”相符。",
        "page": "与本页内容相关。",
        "cart": "常与购物车中的商品一起购买。",
        "taste": "与您近期浏览的品类相近。",
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
) -> str:
    """The reasons for a slot of the first request of a batch."""
    words = _WORDS["en" if locale.lower().startswith("en") else "zh"]
    row = int(decided.item[0, slot])
    reasons = []
    if decided.moved[0, slot]:
        reasons += [words["sponsored"], words["paid"]]
    kind = placements[int(requests.placement[0])].kind
    query = requests.queries[int(requests.query[0])] if requests.query[0] >= 0 else ""
    if kind == "search" and query:
        reasons.append(words["search"].format(query=query[:40]))
    elif kind in ("page", "live") and query:
        reasons.append(words["page"])
    elif kind == "cart" and len(requests.context_items):
        reasons.append(words["cart"])
    elif requests.profile[0] >= 0:
        reasons.append(words["taste"])
    else:
        reasons.append(words["popular"])
    rating, count = float(catalog.rating[row]), int(catalog.rating_count[row])
    if count and rating >= RATING_GOOD:
        reasons.append(words["rating"].format(rating=rating, count=count))
    return " ".join(reasons)
