"""Reviews, pages, titles and pictures read for the faces; nothing of them is kept."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from adunion.advice import advise_title
from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.errors import AdUnionError, invalid
from adunion.understanding.context import ContextReader, ContextReading, page_of
from adunion.understanding.context.items import Placed, items_for
from adunion.understanding.needs import ItemMatcher, NeedFinder, Said
from adunion.understanding.pictures import (
    PictureReading,
    checked,
    near_duplicates,
    read_picture,
    similar,
)
from adunion.understanding.reviews import Aspects, Mined, Review, load_lists, mine
from adunion.understanding.reviews import shipped as shipped_polarity
from adunion.understanding.reviews.polarity import call
from adunion.understanding.tagging import TaggedTitle
from adunion.understanding.tagging import shipped as shipped_tagger

from .item_pictures import ItemPictures
from .turns import Turns

REVIEWS_MAX = 5_000
MEANING_MAX = 50
"""Reviews that are read by their meaning too, which takes 30 to 100 ms of each."""
ITEMS_MAX = 50
PAGE_CHARS_MAX = 1_000_000
TITLES_MAX = 200
TITLE_CHARS_MAX = 2_000
PICTURES_MAX = 20
PIXELS_MAX = 24_000_000
LIKE_MIN = 0.5
"""Pictures less alike than this (cosine of shape and colour) are not called similar."""
AT_ONCE, WAITING_MAX, WAIT_S = 1, 8, 20.0  # Python runs one at a time anyway


@dataclass(frozen=True)
class ReviewsRead:
    """What reviews say, the polarity of each ("" unread), and how many of each item are which."""

    mined: Mined
    each: list[str]
    items: list[tuple[str, Counter[str]]]


@dataclass(frozen=True)
class PageRead:
    """What a page is about and what may stand beside it; `zh` are Chinese names of needs."""

    reading: ContextReading
    items: list[Placed]
    zh: dict[str, str]


@dataclass(frozen=True)
class Like:
    """A picture that is like another: one of those sent (`picture`), or an item's."""

    picture: int | None
    item: str
    title: str
    title_en: str
    similarity: float
    same: bool


@dataclass(frozen=True)
class PictureRead:
    """One picture, or what is wrong with it."""

    name: str
    reading: PictureReading | None
    problem: AdUnionError | None
    like: list[Like]


class Readings:
    """One call is read at a time, some wait, the rest are told to come again."""

    def __init__(
        self,
        home: Path,
        needs: Callable[[], tuple[NeedFinder, ItemMatcher | None]],
        catalog: Callable[[], CatalogSnapshot],
    ) -> None:
        self._home = home
        self._needs = needs
        self._catalog = catalog
        self.item_pictures = ItemPictures(home / "pictures")
        self.turn = Turns(AT_ONCE, WAITING_MAX, WAIT_S).turn
        self._lock = threading.Lock()
        self._reader: tuple[NeedFinder, ContextReader] | None = None

    def reviews(self, rows: Sequence[Review], meaning: bool = False) -> ReviewsRead:
        """Aspects by praise and blame. Raises AdUnionError where there are none or too many."""
        most = MEANING_MAX if meaning else REVIEWS_MAX
        if not 0 < len(rows) <= most:
            raise invalid("reviews", f"{len(rows):,} reviews; at once 1 to {most:,} are read.",
                          "Send them in parts.")  # fmt: skip
        with self.turn():
            embedder = self._needs()[0].library.embedder if meaning else None
            embed = None if embedder is None else lambda texts: embedder.embed(texts, kind="query")
            mined = mine(rows, shipped_polarity(), Aspects(load_lists(self._home)), embed)
        each = ["" if logit is None else call(logit) for logit in mined.logits]
        items: dict[str, Counter[str]] = {}
        for row, said in zip(rows, each, strict=True):
            if row.item and said:
                items.setdefault(row.item, Counter())[said] += 1
        ranked = sorted(items.items(), key=lambda pair: (-pair[1].total(), pair[0]))[:ITEMS_MAX]
        return ReviewsRead(mined, each, ranked)

    def page(self, data: str | bytes, kind: Said = "review", top: int = 10) -> PageRead:
        """A page, article, transcript or chat. Raises AdUnionError (field `page`) if it is none."""
        if len(data) > PAGE_CHARS_MAX:
            raise invalid("page", f"It has more than {PAGE_CHARS_MAX:,} characters.",
                          "Send the part that people read.")  # fmt: skip
        with self.turn():
            finder, matcher = self._needs()
            try:
                reading = self._context(finder).read(page_of(data, "It"), kind)
            except AdUnionError as error:
                raise replace(error, field="page") from None
            known = finder.library.knowledge
            items = items_for(reading, known, matcher, top) if matcher is not None and top else []
        return PageRead(reading, items, {each.en: each.zh for each in known.products})

    def titles(self, titles: Sequence[str]) -> list[tuple[TaggedTitle, list[str]]]:
        """Each title's parts and advice; of a long one the first characters are read."""
        with self.turn():
            read = [shipped_tagger().tag(title[:TITLE_CHARS_MAX]) for title in titles]
        return [(each, advise_title(each)) for each in read]

    def pictures(
        self, given: Sequence[tuple[str, bytes]], merchant: str | None = None, top: int = 5
    ) -> list[PictureRead]:
        """Each (name, bytes) read, and what it is like: others given, and the merchant's items."""
        with self.turn():
            read = [_read(name, data) for name, data in given]
            titles, items = self._of_items(merchant)
        sent = [(at, r) for at, (r, _) in enumerate(read) if r is not None]
        found = []
        for at, ((name, _), (reading, problem)) in enumerate(zip(given, read, strict=True)):
            like: list[Like] = []
            if reading is not None:
                others = [(k, r) for k, r in sent if k != at] + [(None, r) for r in items]
                like = _like(reading, others, titles, top)
            found.append(PictureRead(name, reading, problem, like))
        return found

    def _of_items(
        self, merchant: str | None
    ) -> tuple[dict[str, tuple[str, str]], list[PictureReading]]:
        """Titles (Chinese, English) of a merchant's live items, and the pictures there are."""
        catalog = self._catalog()
        if merchant is None or merchant not in catalog.merchant_ids:
            return {}, []
        rows = np.flatnonzero(catalog.merchant == catalog.merchant_ids.index(merchant)).tolist()
        titles = {catalog.ids[k]: (catalog.titles[k], catalog.titles_en[k]) for k in rows}
        return titles, self.item_pictures.of(list(titles))

    def _context(self, finder: NeedFinder) -> ContextReader:
        """Made when first asked, and anew with the finder."""
        with self._lock:
            if self._reader is None or self._reader[0] is not finder:
                made = ContextReader(self._home, finder.library.embedder, finder)
                self._reader = finder, made
            return self._reader[1]


def _read(name: str, data: bytes) -> tuple[PictureReading | None, AdUnionError | None]:
    try:
        checked(data, name or "It", PIXELS_MAX)
        return read_picture(data, name or "It"), None
    except AdUnionError as error:
        return None, error


def _like(
    reading: PictureReading,
    others: Sequence[tuple[int | None, PictureReading]],
    titles: dict[str, tuple[str, str]],
    top: int,
) -> list[Like]:
    if not others:
        return []
    found = []
    for k, similarity in similar(reading, [other for _, other in others], top):
        at, other = others[k]
        same = bool(near_duplicates([reading, other]))
        if similarity < LIKE_MIN and not same:
            continue
        zh, en = titles[other.name] if at is None else (other.name, other.name)
        found.append(Like(at, other.name if at is None else "", zh, en, similarity, same))
    return found
