"""A catalog file as items to search, read by the same mappings as an import."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from adunion.catalog.feeds import FeedFile, Progress, SkipReport, load_mapping, read_items

from .types import SearchItem

_ANY_MERCHANT = "file"  # whose an item is matters for no search; an id is one item of the file
_VALUES_MAX = 60
_WORD = re.compile(r"[^\W_]")


def read_catalog(
    path: Path, mapping: str, *, skip_bad: bool = False, progress: Progress | None = None
) -> Iterator[SearchItem]:
    """The items of a file. Raises AdUnionError with file, line, field and reason, as an import."""
    mapped = load_mapping(mapping)
    skips = SkipReport(path.name, path.with_name(path.name + ".skipped.csv"), skip_bad=skip_bad)
    file = FeedFile(path, mapped.hints, progress)
    for found in read_items(file, mapped.section("catalog"), skips, _ANY_MERCHANT):
        columns = {
            name: column.tolist() if hasattr(column, "tolist") else list(column)
            for name, column in found.columns.items()
        }
        for row in range(len(found)):
            yield item_of({name: column[row] for name, column in columns.items()})


def item_of(row: dict[str, Any]) -> SearchItem:
    """One row of validated columns, as `catalog.loading.FIELDS` names them."""
    return SearchItem(
        id=row["external_id"],
        title=row["title"],
        title_en=orjson.loads(row["translations"]).get("en", ""),
        brand=row["brand"],
        category=row["category"],
        description=row["description"],
        attributes=_said(orjson.loads(row["attributes"])),
        gtin=row["gtin"],
        mpn=row["mpn"],
        price_minor=int(row["price_minor"]),
        currency=row["currency"],
    )


def _said(attributes: dict[str, Any]) -> str:
    """The values that are words, and the names of what an item has (`touchscreen: true`)."""
    said = []
    for name, value in attributes.items():
        if value is True:
            said.append(name.replace("_", " "))
        elif isinstance(value, str) and _WORD.search(value):
            said.append(value)
    return " | ".join(said[:_VALUES_MAX])
