"""Types of the room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.kernel.id_columns import IdTable


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One validated item as it comes from a feed, before it has an id of ours."""

    merchant: str  # the merchant's external id
    external_id: str
    title: str
    price_minor: int
    currency: str
    translations: dict[str, str] = field(default_factory=dict)
    description: str = ""
    category: str = ""
    brand: str = ""
    availability: str = "in_stock"
    link: str = ""
    image_url: str = ""
    gtin: str = ""
    mpn: str = ""
    item_group: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    rating: float | None = None
    rating_count: int = 0


@dataclass(frozen=True)
class CatalogSnapshot:
    """All live items of one currency as columns; row i of every column is the same item.

    Rows are sorted by `raw`.
    """

    currency: str
    ids: list[str]  # itm_...
    raw: npt.NDArray[np.void]  # (n,) V16, the ULID bytes of ids
    titles: list[str]
    titles_en: list[str]  # "" where there is no translation
    brands: list[str]
    categories: list[str]  # distinct category paths
    category: npt.NDArray[np.int32]  # (n,) row in categories
    merchant_ids: list[str]  # distinct
    merchant: npt.NDArray[np.int32]  # (n,) row in merchant_ids
    item_group: npt.NDArray[np.int32]  # (n,) variants share one number; singletons their own
    price_minor: npt.NDArray[np.int64]  # (n,)
    rating: npt.NDArray[np.float32]  # (n,) stars; the category's mean where there are none
    rating_count: npt.NDArray[np.int32]  # (n,)

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, raw: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
        """The row of each 16-byte id, shape (k,) -> (k,); -1 where it is not in the snapshot."""
        return self.table.rows(raw)

    @cached_property
    def table(self) -> IdTable:
        """What finds rows by 16-byte ids."""
        return IdTable(self.raw)


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who sells; `external_id` is the name or number the merchant's files carry."""

    id: str
    external_id: str
    name: str
    name_en: str  # empty: as `name`
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One stored item; money in integer minor units."""

    id: str
    merchant_id: str
    external_id: str
    title: str
    translations: dict[str, str]
    description: str
    category: str
    brand: str
    price_minor: int
    currency: str
    availability: str
    link: str
    image_url: str
    gtin: str
    mpn: str
    item_group: str
    attributes: dict[str, Any]
    rating: float | None
    rating_count: int
    created_at: datetime
    updated_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """Which items to list: every word of `text` must be in the title, either language, or brand."""

    text: str = ""
    merchant_id: str | None = None
    category: str | None = None  # this path and all below it
    currency: str | None = None
    withdrawn: bool | None = False  # None: both
    starting_after: str | None = None
    ending_before: str | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Items newest first, and whether more follow in the direction asked."""

    items: list[Item]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """What a load did to the catalog."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    withdrawn: int = 0


@dataclass(frozen=True)
class ImportReport:
    """What an import did; `report_path` names the file of skipped rows, if any were skipped."""

    inserted: int
    updated: int
    unchanged: int
    withdrawn: int
    skipped: int
    ignored: dict[str, int]  # reason of the mapping's ignore rule -> rows
    rows: int
    report_path: str | None
    seconds: float
