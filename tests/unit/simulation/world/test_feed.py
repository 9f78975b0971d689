from __future__ import annotations

import csv
import json

import pytest

from adunion.catalog.feeds.items import read_items
from adunion.catalog.feeds.mapping import load_mapping
from adunion.catalog.feeds.skipped import SkipReport
from adunion.catalog.feeds.types import FeedFile
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
        assert google[row] == rows[row]


def test_nothing_of_the_truth_is_written(world: World, tmp_path):
    row = json.loads(write_catalog(world, tmp_path).read_text("utf-8").splitlines()[0])
    assert set(row) == {
        "id", "merchant", "title", "title_en", "price", "product_type", "brand", "item_group_id",
        "size", "availability", "rating", "rating_count",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["catalog.jsonl", "catalog.tsv"])
def test_the_importer_reads_the_whole_catalog(world: World, tmp_path, name):
    write_catalog(world, tmp_path)
    mapped = load_mapping("google_merchant")
    section = mapped.section("catalog")
    skips = SkipReport(name, tmp_path / "skipped.csv")
    parts = list(read_items(FeedFile(tmp_path / name, mapped.hints), section, skips))
    assert sum(len(part) for part in parts) == len(world.view.items)
    assert skips.skipped == 0
    first = {column: values[0] for column, values in parts[0].columns.items()}
    assert str(first["title"]) == world.view.items.title[0]
    assert int(first["price_minor"]) == world.view.items.price_minor[0]
