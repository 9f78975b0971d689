from __future__ import annotations

import pytest

from adunion.simulation.traffic import traffic
from adunion.simulation.world import Traffic, World, generate

DAY_US = 86_400_000_000
MONDAY_US = 1_793_577_600_000_000  # 2026-11-02T00:00:00Z
MIX = {"search": 0.45, "feed": 0.35, "cart": 0.10, "page": 0.06, "live": 0.04}


@pytest.fixture(scope="session")
def world() -> World:
    return generate(7, items=4_000, merchants=60, shoppers=8_000)


@pytest.fixture(scope="session")
def day(world: World) -> Traffic:
    return traffic(world, 3, MONDAY_US, DAY_US, 20_000, MIX)
