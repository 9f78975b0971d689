"""The world's catalog as merchants would hand it in: records, JSONL and a Google Merchant feed."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from adunion.catalog.types import ItemRecord
from adunion.kernel.money import to_major

from .types import World

_GOOGLE = (
    "id", "title", "description", "link", "image_link", "availability", "price", "brand",
    "product_type", "item_group_id", "merchant",
)  # fmt: skip


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
            attributes={**items.attributes[row], "category_en": view.leaves.path_en[leaf]},
            rating=round(float(items.rating[row]), 1) or None,
            rating_count=int(items.rating_count[row]),
        )


def write_catalog(world: World, directory: Path) -> Path:
    """Write `catalog.jsonl` (all fields) and `catalog.tsv` (Google Merchant); returns the first.

    In the JSONL a price is written as in a Google Merchant feed, `36.90 CNY`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    whole, google = directory / "catalog.jsonl", directory / "catalog.tsv"
    with (
        whole.open("w", encoding="utf-8", newline="\n") as lines,
        google.open("w", encoding="utf-8", newline="") as table,
    ):
        writer = csv.writer(table, delimiter="\t", lineterminator="\n")
        writer.writerow(_GOOGLE)
        for record in item_records(world):
            price = f"{to_major(record.price_minor, record.currency)} {record.currency}"
            row = {key: each for key, each in asdict(record).items() if each not in ("", {}, None)}
            row.pop("price_minor")
            row.pop("currency")
            lines.write(json.dumps({**row, "price": price}, ensure_ascii=False) + "\n")
            writer.writerow((
                record.external_id, record.title, record.description, record.link,
                record.image_url, record.availability, price, record.brand, record.category,
                record.item_group, record.merchant,
            ))  # fmt: skip
    return whole
