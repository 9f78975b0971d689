"""Bulk loading: rows are copied into a staging table and merged with the catalog set by set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import batched

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from adunion.kernel.ids import Ids

from .repository import ensure_merchants
from .types import ItemRecord, Merged

FIELDS = (
    "merchant", "external_id", "title", "translations", "description", "category", "brand",
    "price_minor", "currency", "availability", "link", "image_url", "gtin", "mpn", "item_group",
    "attributes", "rating", "rating_count",
)  # fmt: skip
"""Columns of the staging table after `row`, in order."""
