"""A catalog's file as a snapshot, to match against without a market; ids are the file's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson

from adunion.catalog.feeds import FeedFile, SkipReport, load_mapping, read_items
from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.errors import invalid


def read_catalog(file: Path, mapping: str, merchant: str | None = None) -> CatalogSnapshot:
    """The items of a file; raises AdUnionError at a bad row or where there is no file."""
    if not file.is_file():
        raise invalid("catalog", f"{file}: no such file.", "Check the path.")
    found = load_mapping(mapping)
    report = SkipReport(file.name, file.with_suffix(".skipped.csv"))
    columns: dict[str, list[object]] = {
        name: [] for name in ("external_id", "title", "translations", "brand", "category")
    }
    feed = FeedFile(file, found.hints)
    for part in read_items(feed, found.section("catalog"), report, merchant or "file"):
        for name, held in columns.items():
            held.extend(_plain(part.columns[name]))
    ids, titles, brands, paths = (
        [str(each or "") for each in columns[name]]
        for name in ("external_id", "title", "brand", "category")
    )
    english = [
        str(orjson.loads(str(each or "{}")).get("en", "")) for each in columns["translations"]
    ]
    categories = sorted(set(paths))
    row = {path: place for place, path in enumerate(categories)}
    count = len(ids)
    return CatalogSnapshot(
        currency="", ids=ids, raw=np.zeros(0, "V16"), titles=titles, titles_en=english,
        brands=brands, categories=categories,
        category=np.array([row[path] for path in paths], np.int32), merchant_ids=[""],
        merchant=np.zeros(count, np.int32), item_group=np.arange(count, dtype=np.int32),
        price_minor=np.zeros(count, np.int64), rating=np.zeros(count, np.float32),
        rating_count=np.zeros(count, np.int32),
    )  # fmt: skip


def _plain(column: Any) -> list[object]:
    return list(column.to_pylist() if hasattr(column, "to_pylist") else column)
