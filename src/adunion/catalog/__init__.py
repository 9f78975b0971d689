"""Merchants and their items: import, search, and the snapshot that decisions work on."""

from .repository import snapshot
from .service import Catalog
from .types import CatalogSnapshot, ImportReport, Item, ItemPage, ItemQuery, ItemRecord, Merchant

__all__ = [
    "Catalog",
    "CatalogSnapshot",
    "ImportReport",
    "Item",
    "ItemPage",
    "ItemQuery",
    "ItemRecord",
    "Merchant",
    "snapshot",
]
