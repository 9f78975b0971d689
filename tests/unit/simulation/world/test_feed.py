from __future__ import annotations

import csv
import json

from adunion.kernel.money import parse_price
from adunion.simulation.world import World, item_records, write_catalog


def test_records_are_the_catalog_of_the_world(world: World):
    records = list(item_records(world))
    items = world.view.items
    assert len(records) == len(items)
    for row in (0, 17, len(items) - 1):
        record = records[row]
        assert record.external_id == items.external_id[row]
        assert record.price_minor == items.price_minor[row]
        assert record.merchant == f"m{items.merchant[row] + 1:04d}"
        assert record.translations == {"en": items.title_en[row]}
        assert record.category == world.view.leaves.path[items.leaf[row]]
        assert record.rating is None or 1 <= record.rating <= 5


def test_both_files_hold_every_item_with_its_price(world: World, tmp_path):
    path = write_catalog(world, tmp_path)
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    with (tmp_path / "catalog.tsv").open(encoding="utf-8", newline="") as table:
        google = list(csv.DictReader(table, delimiter="\t"))
    assert len(rows) == len(google) == len(world.view.items)
    for row in (0, 99):
        assert parse_price(rows[row]["price"]) == (world.view.items.price_minor[row], "CNY")
        assert google[row]["price"] == rows[row]["price"]
        assert google[row]["product_type"] == rows[row]["category"]


def test_nothing_of_the_truth_is_written(world: World, tmp_path):
    row = json.loads(write_catalog(world, tmp_path).read_text("utf-8").splitlines()[0])
    assert set(row) <= {
        "merchant", "external_id", "title", "price", "translations", "category", "brand",
        "availability", "item_group", "attributes", "rating", "rating_count",
    }  # fmt: skip
