"""Reviews that buyers wrote, kept by item: what they said, their stars, and whether they praise.

What is odd or hostile in a text changes nothing but its own row: it is kept as data, as far as a
database can hold it, cut to its beginning, and read by its words alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection, select, text, update

from adunion.engines.paging import page
from adunion.kernel.clock import rfc3339
from adunion.kernel.ids import Ids
from adunion.understanding.reviews import Review, shipped
from adunion.understanding.reviews.aspects import clauses
from adunion.understanding.reviews.polarity import UNSURE

from .tables import reviews

TEXT_CHARS_MAX = 4_000
"""Of a longer review the beginning is kept."""
AT_ONCE = 5_000


@dataclass(frozen=True)
class NewReview:
    """What somebody wrote of an item. The same `external_id` again replaces it."""

    item_id: str
    merchant_id: str
    text: str
    at: datetime
    stars: float | None = None  # 1..5
    external_id: str = ""  # the sender's own number; empty: what is said tells reviews apart
    shopper: str = ""  # `shp_...`; empty where it is not told


@dataclass(frozen=True, slots=True)
class KeptReview:
    """A review as it is kept; `polarity` is the log-odds that it praises, None without words."""

    id: str
    item_id: str
    merchant_id: str
    external_id: str
    text: str
    stars: float | None
    polarity: float | None
    at: datetime


@dataclass(frozen=True)
class KeptReviews:
    """What became of a batch."""

    stored: int
    replaced: int
    unchanged: int
    empty: int  # neither words nor stars: not kept


@dataclass(frozen=True, slots=True)
class ItemReviewed:
    """How an item was reviewed."""

    item_id: str
    reviews: int
    stars: float | None  # the mean of those that give any
    praise: int
    blame: int
    last_at: datetime


def keep(conn: Connection, ids: Ids, rows: Sequence[NewReview], now: datetime) -> KeptReviews:
    """Keep a batch of reviews of known items; those there already are replaced or left."""
    fresh: dict[tuple[str, str], NewReview] = {}
    empty = 0
    for row in rows:
        said = _storable(row.text)
        if not said and row.stars is None:
            empty += 1
            continue
        fresh[row.merchant_id, row.external_id or _number(row, said)] = row
    given = list(fresh.items())
    stored = replaced = 0
    for first in range(0, len(given), AT_ONCE):
        part = given[first : first + AT_ONCE]
        texts = [_storable(row.text) for _, row in part]
        columns = {
            "id": [ids("rev") for _ in part],
            "merchant_id": [merchant for (merchant, _), _ in part],
            "external_id": [number for (_, number), _ in part],
            "item_id": [row.item_id for _, row in part],
            "shopper": [row.shopper for _, row in part],
            "text": texts,
            "stars": [row.stars for _, row in part],
            "polarity": polarity(texts),
            "at": [row.at for _, row in part],
            "now": now,
        }
        inserted = [row.inserted for row in conn.execute(_KEEP, columns)]
        stored += sum(inserted)
        replaced += len(inserted) - sum(inserted)
    return KeptReviews(stored, replaced, len(rows) - empty - stored - replaced, empty)


def polarity(texts: Sequence[str]) -> list[float | None]:
    """Log-odds that each text praises, by its words; None of one without a word."""
    spoken = [bool(clauses(each)) for each in texts]
    read = iter(shipped().read([each for each, said in zip(texts, spoken, strict=True) if said]))
    return [round(float(next(read)), 3) if said else None for said in spoken]


def listed(
    conn: Connection, merchant_id: str | None, item_id: str | None, limit: int = 50,
    starting_after: str | None = None, ending_before: str | None = None,
) -> tuple[list[KeptReview], bool]:  # fmt: skip
    """Reviews by their arrival, newest first, and whether there are more."""
    query = select(*(reviews.c[name] for name in KeptReview.__slots__))
    if merchant_id is not None:
        query = query.where(reviews.c.merchant_id == merchant_id)
    if item_id is not None:
        query = query.where(reviews.c.item_id == item_id)
    found = page(conn, query, reviews.c.id, limit, starting_after, ending_before)
    return [KeptReview(**row._mapping) for row in found.rows], found.has_more


def latest(conn: Connection, item_id: str, most: int) -> list[KeptReview]:
    """An item's reviews that were written last, the newest first."""
    query = select(*(reviews.c[name] for name in KeptReview.__slots__))
    mine = query.where(reviews.c.item_id == item_id)
    rows = conn.execute(mine.order_by(reviews.c.at.desc(), reviews.c.id.desc()).limit(most))
    return [KeptReview(**row._mapping) for row in rows]


def of_item(conn: Connection, item_id: str, most: int) -> list[Review]:
    """An item's newest reviews as the miner reads them, oldest first."""
    query = select(reviews.c.text, reviews.c.at, reviews.c.stars).where(
        reviews.c.item_id == item_id
    )
    rows = conn.execute(query.order_by(reviews.c.at.desc(), reviews.c.id).limit(most)).all()
    return [Review(row.text, f"{row.at:%Y-%m}", item_id, row.stars) for row in reversed(rows)]


def by_item(conn: Connection, merchant_id: str, most: int) -> list[ItemReviewed]:
    """A merchant's items by how often they were reviewed."""
    rows = conn.execute(_BY_ITEM, {"merchant": merchant_id, "unsure": UNSURE, "most": most})
    return [ItemReviewed(**row._mapping) for row in rows]


def rated(conn: Connection) -> tuple[list[str], list[float], list[int]]:
    """Items with reviews, the sums of their stars, and how many count.

    One without stars counts for those that its words are like: 1 where they surely blame, 5 where
    they surely praise.
    """
    rows = conn.execute(_RATED).all()
    return [r.item_id for r in rows], [float(r.stars) for r in rows], [int(r.rated) for r in rows]


def some_texts(conn: Connection, most: int) -> list[str]:
    """The newest reviews' texts, over all items."""
    query = select(reviews.c.text).where(reviews.c.polarity.is_not(None))
    return list(conn.execute(query.order_by(reviews.c.id.desc()).limit(most)).scalars())


def unlink(conn: Connection, shopper: str) -> int:
    """Forget whose reviews they are, of a shopper `shp_...`; how many there were."""
    mine = update(reviews).where(reviews.c.shopper == shopper).values(shopper="")
    return int(conn.execute(mine).rowcount)


def _storable(said: str) -> str:
    """What PostgreSQL can hold of a text: no NUL, no half of a surrogate pair."""
    kept = said[:TEXT_CHARS_MAX].encode(errors="ignore").decode().replace("\0", "")
    return kept.strip()


def _number(row: NewReview, said: str) -> str:
    parts = (row.item_id, said, str(row.stars), rfc3339(row.at), row.shopper)
    return "#" + blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


_KEEP = text("""
insert into reviews (id, merchant_id, external_id, item_id, shopper, text, stars, polarity, at,
                     created_at)
select e.*, :now from unnest(
  cast(:id as text[]), cast(:merchant_id as text[]), cast(:external_id as text[]),
  cast(:item_id as text[]), cast(:shopper as text[]), cast(:text as text[]),
  cast(:stars as double precision[]), cast(:polarity as double precision[]),
  cast(:at as timestamptz[])) as e
on conflict (merchant_id, external_id) do update set item_id = excluded.item_id,
  text = excluded.text, stars = excluded.stars, polarity = excluded.polarity, at = excluded.at,
  shopper = excluded.shopper
where (reviews.item_id, reviews.text, reviews.stars, reviews.at)
  is distinct from (excluded.item_id, excluded.text, excluded.stars, excluded.at)
returning (xmax = 0) as inserted
""")

_BY_ITEM = text("""
select item_id, count(*) as reviews, avg(stars) as stars,
       count(*) filter (where polarity >= :unsure) as praise,
       count(*) filter (where polarity <= -:unsure) as blame, max(at) as last_at
  from reviews where merchant_id = :merchant
 group by item_id order by count(*) desc, item_id limit :most
""")

_RATED = text("""
select item_id, sum(coalesce(stars, 1 + 4 / (1 + exp(-greatest(least(polarity, 20), -20)))))
         as stars, count(*) as rated
  from reviews where stars is not null or polarity is not null group by item_id order by item_id
""")
