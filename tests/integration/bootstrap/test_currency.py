"""Which currency a market counts in, and who says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from adunion.bootstrap.currency import market_currency, outside
from adunion.catalog import Catalog, ItemRecord
from adunion.kernel.clock import ManualClock
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory

pytestmark = pytest.mark.integration


def test_most_items_say_it_once_and_the_rest_stay_outside(
    engine: Engine, clock: ManualClock, ids: IdFactory, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, currency=None)
    with pytest.raises(AdUnionError, match="There are no items yet"):
        market_currency(settings, engine)
    catalog = Catalog(engine, clock, ids)
    catalog.upsert_items([ItemRecord("m", str(n), "t", 5, "USD") for n in range(2)])
    catalog.upsert_items([ItemRecord("m", "e", "t", 5, "EUR")])
    found = outside(settings, engine)
    assert (found.market_currency, found.settled, found.outside_market) == (
        "USD",
        False,
        {"EUR": 1},
    )
    assert market_currency(settings, engine) == "USD"
    catalog.upsert_items([ItemRecord("n", str(n), "t", 5, "EUR") for n in range(5)])
    assert market_currency(settings, engine) == "USD"
    found = outside(settings, engine)
    assert (found.settled, found.outside_market) == (True, {"EUR": 6})
    assert "6 in EUR are kept but take no part: this market counts in USD." in str(found)


def test_the_setting_wins_and_must_be_a_currency(engine: Engine, tmp_path: Path) -> None:
    assert market_currency(Settings(home=tmp_path, currency="JPY"), engine) == "JPY"
    with pytest.raises(AdUnionError, match="'yen' is not an ISO 4217 code"):
        market_currency(Settings(home=tmp_path, currency="yen"), engine)
