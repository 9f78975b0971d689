"""Why an item is where it is, in a shopper's words; zh and en."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.decision.retrieval import Complements, RetrievalState
from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.serving.answer import Reasons, is_english
from adunion.understanding import LexicalIndex

RATING_GOOD = 4.5
_WORDS = {
    "zh": {
        "search": "与您搜索的“{query}”相符。",
        "page": "与本页内容相关。",
        "live": "与本页内容相关。",
        "cart": "常与购物车中的商品一起购买。",
        "taste": "与您近期浏览的品类相近。",
        "needed": "搜索“{query}”的人可能需要,或近期受欢迎。",
        "needed_here": "读到这些内容的人可能需要,或近期受欢迎。",
        "other": "没有商品与“{query}”完全相符,这是近期受欢迎的。",
        "popular": "本店近期受欢迎。",
        "rating": "评分 {rating:.1f},{count:,} 条评价。",
        "promoted": "商家付费推广,排位因此提前。 若不推广,它不会排在这里。 ",
    },
    "en": {
        "search": "It matches your search for “{query}”.",
        "page": "It goes with what this page is about.",
        "live": "It goes with what this page is about.",
        "cart": "Often bought together with what is in your cart.",
        "taste": "Close to what you looked at lately.",
        "needed": "Who searches “{query}” may need it, or it is popular these days.",
        "needed_here": "Who reads this may need it, or it is popular these days.",
        "other": "Nothing matches “{query}” itself; this is popular these days.",
        "popular": "Popular in this shop these days.",
        "rating": "Rated {rating:.1f} by {count:,} shoppers.",
        "promoted": "The merchant pays to show it higher. "
        "Without promotion it would not be in this place. ",
    },
}
_NONE_FITS = np.zeros(0, np.bool_)


def why(
    catalog: CatalogSnapshot,
    index: LexicalIndex,
    kind: str,
    requests: RequestBatch,
    decided: DecisionBatch,
    locale: str,
    retrieval: RetrievalState,
) -> Reasons:
    """The reasons for the slots of the one request of a batch; `kind` is the placement's."""
    words = _words(english=is_english(locale))
    beside_harm = requests.harmful is not None and bool(requests.harmful[0])
    query = requests.queries[0] if requests.queries and not beside_harm else ""
    fits = _fits(catalog, index, kind, requests, decided.item[0], query, retrieval.complements)
    found, known = retrieval.needs.get(query), requests.profile.item() >= 0
    needed = found is not None and len(found.item) > 0
    plain = words[_plain(kind, query, needed=needed, known=known)]
    said = query[:40]
    return Reasons(
        words[kind].replace("{query}", said) if len(fits) else "",
        plain.replace("{query}", said),
        fits,
        words["promoted"],
    )


def praise(catalog: CatalogSnapshot, row: int, *, english: bool) -> str:
    """What an item's reviews add to any reason, after a space; "" where they say little."""
    rating, count = float(catalog.rating[row]), int(catalog.rating_count[row])
    if not count or rating < RATING_GOOD:
        return ""
    return " " + _words(english=english)["rating"].format(rating=rating, count=count)


def _words(*, english: bool) -> dict[str, str]:
    return _WORDS["en" if english else "zh"]


def _fits(
    catalog: CatalogSnapshot, index: LexicalIndex, kind: str, requests: RequestBatch,
    shown: npt.NDArray[np.int32], query: str, complements: Complements,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Whether each item fits what was asked for; empty where nothing in particular was."""
    if kind in ("search", "page", "live") and query:
        return index.says(query, shown)
    if kind == "cart" and len(requests.context_items):
        near = catalog.category[requests.context_items]
        kinds = set(complements.category[near].ravel().tolist())
        return np.array([kind in kinds for kind in catalog.category[shown].tolist()], np.bool_)
    return _NONE_FITS


def _plain(kind: str, query: str, *, needed: bool, known: bool) -> str:
    """Which words say why an item that fits nothing in particular is there."""
    if needed:
        return "needed" if kind == "search" else "needed_here"
    if kind == "search" and query:
        return "other"
    return "taste" if known else "popular"
