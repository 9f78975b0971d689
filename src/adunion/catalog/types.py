"""Types of the room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


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

    Rows are sorted by `raw`, so that a 16-byte id is found by binary search.
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
