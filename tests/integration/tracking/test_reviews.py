"""Reviews in the records: imported once, part of the experience, a source of needs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, text

from adunion.catalog import Catalog
from adunion.catalog.snapshot import raw_ids
from adunion.catalog.types import ItemRecord
from adunion.kernel.clock import ManualClock
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory
from adunion.prediction import AfterSales
from adunion.tracking import reviews
from adunion.tracking.review_import import ReviewImportReport, import_reviews
from adunion.tracking.reviews import NewReview

pytestmark = pytest.mark.integration
TABLE = (
    "商品,评价,评分,日期,店铺\n"
    "sku-0,质量很好，非常满意,5,2026-03-01,shop\n"
    "sku-0,用了几天就坏了,1,2026-03-02,shop\n"
    "sku-1,物流很快,,2026-03-02T10:00:00+08:00,shop\n"
    "sku-1,,,2026-03-03,shop\n"
)


@pytest.fixture
def catalog(engine: Engine, clock: ManualClock, ids: IdFactory) -> Catalog:
    made = Catalog(engine, clock, ids)
    made.upsert_items(
        ItemRecord("shop", f"sku-{n}", f"Lamp {n}", 1_000, "CNY", rating=4.0, rating_count=20)
        for n in range(3)
    )
    return made


def load(engine: Engine, clock: ManualClock, ids: IdFactory, path: Path) -> ReviewImportReport:
    return import_reviews(engine, clock, ids, path, "reviews")


def test_a_file_is_imported_once(
    engine: Engine, clock: ManualClock, ids: IdFactory, catalog: Catalog, tmp_path: Path
) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(TABLE)
    first = load(engine, clock, ids, path)
    assert (first.reviews, first.inserted, first.empty) == (4, 3, 1)
    again = load(engine, clock, ids, path)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 3)
    with engine.connect() as conn:
        at = conn.execute(text("select max(at) from reviews")).scalar_one()
    assert at == datetime(2026, 3, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("sku-9,好,5,2026-03-01,shop", "sku-9"),
        ("sku-0,好,7,2026-03-01,shop", "not 1 to 5 stars"),
        ("sku-0,好,5,soon,shop", "not a time"),
        ("sku-0,好,5,,shop", "is empty"),
        ("sku-0,好,5,2026-03-01,", "is empty"),
    ],
)
def test_a_bad_row_refuses_the_file_with_its_line(
    engine: Engine, clock: ManualClock, ids: IdFactory, catalog: Catalog, tmp_path: Path,
    row: str, said: str,
) -> None:  # fmt: skip
    path = tmp_path / "reviews.csv"
    path.write_text(TABLE + row + "\n")
    with pytest.raises(AdUnionError, match=said) as refused:
        load(engine, clock, ids, path)
    assert "reviews.csv:6" in str(refused.value)
    with engine.connect() as conn:
        assert conn.execute(text("select count(*) from reviews")).scalar_one() == 0


def test_reviews_move_the_experience_that_the_auction_counts(
    engine: Engine, clock: ManualClock, ids: IdFactory, catalog: Catalog
) -> None:
    goods = catalog.snapshot("CNY")
    after = AfterSales(goods)
    before = after.experience()
    merchant = goods.merchant_ids[0]
    praise = [
        NewReview(goods.ids[0], merchant, "", clock.now(), 5.0, f"a{n}") for n in range(40)
    ]  # fmt: skip
    blame = [
        NewReview(goods.ids[1], merchant, "质量太差，几天就坏了", clock.now(), None, f"b{n}")
        for n in range(40)
    ]
    with engine.begin() as conn:
        reviews.keep(conn, ids, praise + blame, clock.now())
        items, stars, count = reviews.rated(conn)
    after.hear(raw_ids(items), np.array(stars), np.array(count, float))
    now = after.experience()
    assert now[0] > before[0] + 0.1
    assert now[1] < before[1] - 0.1
    assert now[2] == before[2]
    assert 4 < after.stars()[0] < 5
    after.rebase(goods)
    assert np.array_equal(after.experience(), now)
