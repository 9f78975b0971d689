"""What events teach of items: how they fare, how far predictions drift, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adunion.audience.lookup import IdLookup
from adunion.catalog.snapshot import raw_ids
from adunion.decision.types import Placement
from adunion.kernel.errors import AdUnionError
from adunion.prediction import (
    NUMBERS,
    AfterSales,
    Drift,
    ItemColumns,
    ItemStats,
    Models,
    cells,
    kind_codes,
)
from adunion.tracking import EventBatch, EventType

HOUR_US = 3_600_000_000
MODELS = "models.npz"


class Places:
    """Rows of placements by their 16 bytes, and the kind of each."""

    def __init__(self, placements: Sequence[Placement]) -> None:
        self.kinds = kind_codes(placements)
        self._lookup = IdLookup()
        self._lookup.add(raw_ids([placement.id for placement in placements]))

    def rows(self, placement: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
        """The row of each placement, -1 where it is not known."""
        return self._lookup.find(placement)

    def kinds_of(self, placement: npt.NDArray[np.void]) -> npt.NDArray[np.int16]:
        """The kind code of each placement, -1 where it is not known."""
        kinds = np.append(self.kinds.astype(np.int16), np.int16(-1))
        return kinds[self.rows(placement)]


def price_cells(
    items: ItemColumns, kind: npt.NDArray[np.integer], rows: npt.NDArray[np.int32]
) -> npt.NDArray[np.int64]:
    """Kind of placement and price band; an item that is gone counts as one of median price."""
    level = items.numbers[rows, NUMBERS.index("price_market")]
    return cells(kind, np.where(rows >= 0, level, np.float32(0)))


def learn_items(
    stats: ItemStats,
    drift: Drift,
    items: ItemColumns,
    batch: EventBatch,
    rows: npt.NDArray[np.int32],
    kind: npt.NDArray[np.int16],
) -> None:
    """Take a batch, of catalog rows and kinds of placement (-1 none), (n,).

    Hour by hour, so that a replay in other pieces fades what is old just the same.
    """
    hour = batch.at_us // HOUR_US
    code = np.maximum(kind, 0).astype(np.uint8)
    seen = batch.type == EventType.IMPRESSION
    clicked = (batch.type == EventType.CLICK) & (kind >= 0)  # not over a link: it was not seen
    ordered = batch.type == EventType.ORDER
    cell = price_cells(items, code, rows)
    for each in np.unique(hour).tolist():
        now = hour == each
        shown, taken, bought = seen & now, clicked & now, ordered & now
        drift.seen(each, cell[shown], batch.pctr[shown].astype(np.float64))
        drift.clicked(each, cell[taken], batch.pcvr[taken].astype(np.float64))
        columns = [column for kept in (shown, taken, bought) for column in (rows[kept], code[kept])]
        columns.append(batch.quantity[bought])
        stats.observe(each * HOUR_US, *columns)


def saved_models(home: Path) -> Models | None:
    """The models that were saved; None where there are none, or of other features."""
    path = home / MODELS
    if not path.exists():
        return None
    try:
        return Models.load(path)
    except AdUnionError as error:
        if error.code != "models_outdated":
            raise
        return None


def learn_after_sales(after: AfterSales, batch: EventBatch) -> None:
    """How much comes back, and how soon it arrives."""
    ordered = batch.take(batch.type == EventType.ORDER)
    refunded = batch.take(batch.type == EventType.REFUND)
    received = batch.take(batch.type == EventType.RECEIPT)
    after.sold(ordered.at_us, ordered.order, ordered.line, ordered.item, ordered.amount_minor)
    after.refunded(refunded.order, refunded.line, refunded.amount_minor)
    after.received(received.at_us, received.order)
