"""Reviews for the faces: kept, and read by item."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from sqlalchemy import Engine, select

from adunion.catalog.tables import items
from adunion.kernel.clock import Clock
from adunion.kernel.errors import not_found
from adunion.kernel.ids import Ids
from adunion.tracking import reviews
from adunion.tracking.reviews import ItemReviewed, KeptReview, KeptReviews, NewReview
from adunion.understanding.reviews import Review

from .readings import REVIEWS_MAX, Readings, ReviewsRead

ITEMS_MAX = 500
READ_REMEMBERED = 200


class ItemReviews:
    """Each method is one transaction; what was read of an item is remembered until it changes."""

    def __init__(self, engine: Engine, clock: Clock, ids: Ids, readings: Readings) -> None:
        self._engine, self._clock, self._ids, self._readings = engine, clock, ids, readings
        self._lock = Lock()
        self._read: dict[str, tuple[list[Review], ReviewsRead]] = {}

    def keep(self, rows: Sequence[NewReview]) -> KeptReviews:
        """Keep a batch; the same again changes nothing."""
        with self._engine.begin() as conn:
            return reviews.keep(conn, self._ids, rows, self._clock.now())

    def items(self, names: Sequence[str], merchant_id: str | None) -> dict[str, tuple[str, str]]:
        """By name (item id, merchant id); a name is an id, or the merchant's own number.

        Raises 404 for one that is no item, or another merchant's.
        """
        wanted = sorted(set(names))
        query = select(items.c.id, items.c.external_id, items.c.merchant_id)
        if merchant_id is not None:
            query = query.where(items.c.merchant_id == merchant_id)
        with self._engine.connect() as conn:
            by_id = items.c.id.in_(wanted)
            named = by_id if merchant_id is None else by_id | items.c.external_id.in_(wanted)
            found = {}
            for row in conn.execute(query.where(named)):
                found[row.external_id] = found[row.id] = (row.id, row.merchant_id)
        for name in wanted:
            if name not in found:
                raise not_found("item", name[:60])
        return found

    def listed(
        self, merchant_id: str | None, item_id: str | None, limit: int = 50,
        starting_after: str | None = None, ending_before: str | None = None,
    ) -> tuple[list[KeptReview], bool]:  # fmt: skip
        """Reviews, the last to arrive first, and whether there are more."""
        with self._engine.connect() as conn:
            return reviews.listed(
                conn, merchant_id, item_id, limit, starting_after, ending_before
            )  # fmt: skip

    def latest(self, item_id: str, most: int) -> list[KeptReview]:
        """An item's reviews that were written last, the newest first."""
        with self._engine.connect() as conn:
            return reviews.latest(conn, item_id, most)

    def of_item(self, item_id: str) -> ReviewsRead | None:
        """What an item's newest reviews praise and blame; None where it has none."""
        with self._engine.connect() as conn:
            rows = reviews.of_item(conn, item_id, REVIEWS_MAX)
        if not rows:
            return None
        with self._lock:
            known = self._read.get(item_id)
        if known is not None and known[0] == rows:
            return known[1]
        read = self._readings.reviews(rows)
        with self._lock:
            while len(self._read) >= READ_REMEMBERED:
                del self._read[next(iter(self._read))]
            self._read[item_id] = rows, read
        return read

    def of_merchant(self, merchant_id: str) -> list[ItemReviewed]:
        """A merchant's items that have reviews, those with most first."""
        with self._engine.connect() as conn:
            return reviews.by_item(conn, merchant_id, ITEMS_MAX)
