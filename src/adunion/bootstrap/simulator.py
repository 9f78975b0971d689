"""Wire a scenario to a market of its own: a database and a home that are made for it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from adunion.catalog import Catalog
from adunion.catalog.tables import merchants
from adunion.commission.types import Terms
from adunion.decision.engine import DecisionSettings
from adunion.engines.postgres import Postgres, migrate
from adunion.kernel.clock import ManualClock
from adunion.kernel.config import Settings
from adunion.kernel.ids import IdFactory, encode
from adunion.kernel.money import to_minor
from adunion.simulation.choose import planned
from adunion.simulation.grounding import from_orders, read
from adunion.simulation.report import report
from adunion.simulation.run import Progress, Run
from adunion.simulation.scenario import Scenario
from adunion.simulation.world.generate import generate
from adunion.simulation.world.store import load
from adunion.simulation.world.types import World

from .market import Market
from .records import open_records
from .stage import make_links, put_on_stage, staged


def simulate(
    settings: Settings, scenario: Scenario, seed: int, progress: Progress
) -> dict[str, Any]:
    """Run a scenario in a market of its own, which is gone afterwards; its report."""
    world = world_of(scenario, seed, progress)
    with (
        open_records(settings) as server,
        _database(server) as engine,
        tempfile.TemporaryDirectory(prefix="adunion-simulate-") as folder,
    ):
        run = open_run(engine, Path(folder), scenario, seed, world, progress)
        try:
            run.history()
            run.live()
            run.drain(scenario.drain_hours)
            return report(run)
        finally:
            run.market.close()


def open_run(
    engine: Engine,
    home: Path,
    scenario: Scenario,
    seed: int,
    world: World,
    progress: Progress,
) -> Run:
    """A run whose market's records are in an empty database and whose events are in a home."""
    plans = planned(scenario, world)
    check_rules(scenario)
    clock = ManualClock(scenario.start)
    ids = IdFactory(clock, seed)
    progress("stage", 0, 3)
    put_on_stage(engine, Catalog(engine, clock, ids), clock, ids, world)
    progress("stage", 1, 3)
    chosen = scenario.publishers
    links = make_links(engine, clock, ids, world, chosen.count, chosen.links_each, seed)
    rules = DecisionSettings(bidder=scenario.bidder, pricing=scenario.pricing)
    market = Market(engine, home, clock, ids, world.view.currency, seed, rules)
    progress("stage", 2, 3)
    fund(market, scenario)
    stage = staged(engine, world, links, market.catalog, list(market.placements))
    progress("stage", 3, 3)
    return Run(scenario, seed, world, market, stage, links, plans, progress)


def fund(market: Market, scenario: Scenario) -> None:
    """Top up every wallet, and agree on the commission."""
    amount = to_minor(str(scenario.wallet), market.currency, exact=False)
    with market.engine.begin() as conn:
        merchant_ids = list(conn.scalars(select(merchants.c.id).order_by(merchants.c.id)))
        for merchant_id in merchant_ids:
            terms = Terms(rate_bps=scenario.commission_bps)
            market.commissions.agree(conn, merchant_id, terms)
    market.top_up(merchant_ids, amount, "scenario")
    market.tick()


def world_of(scenario: Scenario, seed: int, progress: Progress) -> World:
    """The world a scenario names."""
    part = scenario.world
    progress("world", 0, 1)
    if part.path is not None:
        world = load(part.path)
    elif part.orders is not None:
        world = world_from_orders(part.orders, str(part.mapping), seed, part.shoppers)
    else:
        size = (part.items, part.merchants, part.shoppers)
        world = generate(seed if part.seed is None else part.seed, *size)
    progress("world", 1, 1)
    return world


def world_from_orders(path: Path, mapping: str, seed: int, shoppers: int) -> World:
    """A world grounded in an order file."""
    return from_orders(read(path, mapping), seed, shoppers)


@contextmanager
def _database(server: Postgres) -> Iterator[Engine]:
    """A database of the run's own, dropped at the end."""
    name = f"simulation_{encode(IdFactory().raw()).lower()}"
    engine = server.database(name)
    try:
        migrate(engine)
        yield engine
    finally:
        engine.dispose()
        server.drop_database(name)
