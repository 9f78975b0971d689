"""The world's catalog as merchants would hand it in: records, JSONL and a Google Merchant feed."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from adunion.catalog.types import ItemRecord
from adunion.kernel.money import to_major

from .types import PlatformView, World


def item_records(world: World) -> Iterator[ItemRecord]:
    """Every item as the catalog takes it, in the world's order; nothing of the truth."""
    view = world.view
    items = view.items
    for row in range(len(items)):
        brand, leaf = int(items.brand[row]), int(items.leaf[row])
        english = items.title_en[row]
        yield ItemRecord(
            merchant=view.merchants.external_id[items.merchant[row]],
            external_id=items.external_id[row],
            title=items.title[row],
            price_minor=int(items.price_minor[row]),
            currency=view.currency,
            translations={"en": english} if english else {},
            category=view.leaves.path[leaf],
            brand=items.brands[brand] if brand >= 0 else "",
            item_group=f"g{int(items.group[row]):07d}",
            attributes=items.attributes[row] | _english(view, brand, leaf),
            rating=round(float(items.rating[row]), 1) or None,
            rating_count=int(items.rating_count[row]),
        )


def _english(view: PlatformView, brand: int, leaf: int) -> dict[str, str]:
    """Category and brand in English where they are not the same."""
    told = {"category_en": (view.leaves.path_en[leaf], view.leaves.path[leaf])}
    if brand >= 0:
        told["brand_en"] = (view.items.brands_en[brand], view.items.brands[brand])
    return {name: english for name, (english, own) in told.items() if english not in ("", own)}


def write_catalog(world: World, directory: Path) -> Path:
    """Write `catalog.jsonl` and `catalog.tsv`; returns the first.

    Both are Google Merchant feeds with the columns `merchant`, `title_en`, `rating` and
    `rating_count` added, as the mapping `google_merchant` reads them.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path, feed = directory / "catalog.jsonl", directory / "catalog.tsv"
    rows = [_row(record) for record in item_records(world)]
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    with feed.open("w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, list(rows[0]), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _row(record: ItemRecord) -> dict[str, str]:
    return {
        "id": record.external_id,
        "merchant": record.merchant,
        "title": record.title,
        "title_en": record.translations.get("en", ""),
        "price": f"{to_major(record.price_minor, record.currency)} {record.currency}",
        "product_type": record.category,
        "brand": record.brand,
        "item_group_id": record.item_group,
        "size": record.attributes.get("spec", ""),
        "availability": record.availability,
        "rating": "" if record.rating is None else str(record.rating),
        "rating_count": str(record.rating_count),
    }
