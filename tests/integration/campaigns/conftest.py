"""A merchant with items, straight into the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine

from adunion.campaigns import Plans
from adunion.catalog.tables import items, merchants
from adunion.kernel.clock import ManualClock
from adunion.kernel.ids import IdFactory


@dataclass
class Shop:
    """A merchant and the ids of its items."""

    merchant_id: str
    items: list[str]


@pytest.fixture
def shop(engine: Engine, clock: ManualClock, ids: IdFactory) -> Callable[..., Shop]:
    """Make a merchant with items; keyword arguments go to every item."""

    def make(count: int = 4, **columns: Any) -> Shop:
        now, merchant_id = clock.now(), ids("mer")
        made = sorted(ids("itm") for _ in range(count))
        rows = [
            {
                "id": id_, "merchant_id": merchant_id, "external_id": id_, "title": f"Milk {row}",
                "translations": {"zh": f"牛奶 {row}"}, "category": "food > milk", "brand": "Moo",
                "price_minor": 10_000, "currency": "CNY", "content_hash": b"", "created_at": now,
                "updated_at": now, "withdrawn_at": None, **columns,
            }
            for row, id_ in enumerate(made)
        ]  # fmt: skip
        with engine.begin() as conn:
            conn.execute(
                merchants.insert().values(
                    id=merchant_id, external_id=merchant_id, name="Shop", created_at=now
                )
            )
            conn.execute(items.insert(), rows)
        return Shop(merchant_id, made)

    return make


@pytest.fixture
def plans(engine: Engine, clock: ManualClock, ids: IdFactory) -> Plans:
    """The service under test."""
    return Plans(engine, clock, ids)
