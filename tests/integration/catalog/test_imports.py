"""Whole imports into a real PostgreSQL: real files, changed files, bad rows, two at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, text

from adunion.catalog import Catalog, ImportReport
from adunion.kernel.clock import ManualClock
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory

pytestmark = pytest.mark.integration


@pytest.fixture
def catalog(engine: Engine, clock: ManualClock, ids: IdFactory) -> Catalog:
    return Catalog(engine, clock, ids)


@pytest.fixture
def feed(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: str) -> Path:
        path = tmp_path / "feed.tsv"
        path.write_text("\n".join(("id\ttitle\tprice\tmerchant", *rows)))
        return path

    return write


def counts(report: ImportReport) -> tuple[int, ...]:
    return report.inserted, report.updated, report.unchanged, report.withdrawn, report.skipped


@pytest.mark.parametrize(
    ("name", "mapping", "items"),
    [
        ("catalog/icecat_products.jsonl", "icecat_products", 19406),
        ("catalog/tmall_cosmetics.csv", "tmall_cosmetics", 3356),
        ("catalog/lazada.parquet", "lazada", 1000),
        ("catalog/shopee.parquet", "shopee", 1000),
        ("catalog/shein.parquet", "shein", 1000),
    ],
)
def test_real_files_import_whole_and_again_without_change(
    catalog: Catalog, data: Path, name: str, mapping: str, items: int
) -> None:
    assert counts(catalog.import_catalog(data / name, mapping)) == (items, 0, 0, 0, 0)
    assert counts(catalog.import_catalog(data / name, mapping)) == (0, 0, items, 0, 0)


def test_order_lines_become_items_one_for_each_code(
    catalog: Catalog, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "month.parquet"
    whole = pq.read_table(data / "orders" / "online_retail.parquet")
    pq.write_table(whole.slice(0, 40_000), path)
    first = catalog.import_catalog(path, "online_retail")
    assert first.rows == first.inserted == 2695
    assert catalog.import_catalog(path, "online_retail").unchanged == first.rows
    assert "WHITE HANGING HEART T-LIGHT HOLDER" in catalog.snapshot("GBP").titles


def test_real_prices_are_in_the_minor_units_of_their_currencies(
    catalog: Catalog, engine: Engine, data: Path
) -> None:
    catalog.import_catalog(data / "catalog/shopee.parquet", "shopee")
    catalog.import_catalog(data / "catalog/tmall_cosmetics.csv", "tmall_cosmetics")
    with engine.connect() as conn:
        prices = dict(
            tuple(row)
            for row in conn.execute(
                text("select external_id, (price_minor, currency)::text from items")
            )
        )
    assert prices["21873056212"] == "(86800,MXN)"
    assert prices["A18177226992"] == "(9900,CNY)"  # of 10 November, the newest day
    vnd = [price for price in prices.values() if "VND" in price]
    assert len(vnd) == 66


def test_a_changed_file_updates_withdraws_and_brings_back(
    catalog: Catalog, feed: Callable[..., Path]
) -> None:
    first = feed("1\ta\t5 USD\tm", "2\tb\t6 USD\tm", "3\tc\t7 USD\tn")
    assert counts(catalog.import_catalog(first)) == (3, 0, 0, 0, 0)
    changed = feed("1\ta\t5 USD\tm", "4\td\t5 USD\tm")
    assert counts(catalog.import_catalog(changed)) == (1, 0, 1, 1, 0)
    back = feed("1\tA\t5 USD\tm", "2\tb\t6 USD\tm", "4\td\t5 USD\tm")
    assert counts(catalog.import_catalog(back)) == (0, 2, 1, 0, 0)
    assert sorted(catalog.snapshot("USD").titles) == ["A", "b", "c", "d"]


def test_nothing_is_imported_when_the_last_row_is_bad(
    catalog: Catalog, feed: Callable[..., Path]
) -> None:
    rows = [f"{n}\tt\t5 USD\tm" for n in range(20_000)]
    with pytest.raises(AdUnionError, match=r"feed.tsv:20002: field 'price'"):
        catalog.import_catalog(feed(*rows, "x\tt\t-5 USD\tm"))
    assert len(catalog.snapshot("USD")) == 0


def test_skip_bad_withdraws_nothing(catalog: Catalog, feed: Callable[..., Path]) -> None:
    catalog.import_catalog(feed("1\ta\t5 USD\tm", "2\tb\t6 USD\tm"))
    report = catalog.import_catalog(feed("1\ta\t5 USD\tm", "2\tb\t-6 USD\tm"), skip_bad=True)
    assert counts(report) == (0, 0, 1, 0, 1)
    assert report.report_path is not None
    assert "3,price,'-6 USD' is negative" in Path(report.report_path).read_text()


def test_two_imports_at_once_end_as_one(
    engine: Engine, clock: ManualClock, feed: Callable[..., Path]
) -> None:
    path = feed(*(f"{n}\tt\t5 USD\tm{n % 7}" for n in range(9000)))

    def run(seed: int) -> ImportReport:
        return Catalog(engine, clock, IdFactory(clock, seed=seed)).import_catalog(path)

    with ThreadPoolExecutor(2) as pool:
        reports = sorted(pool.map(run, (1, 2)), key=lambda report: report.inserted)
    assert counts(reports[0]) == (0, 0, 9000, 0, 0)
    assert counts(reports[1]) == (9000, 0, 0, 0, 0)
