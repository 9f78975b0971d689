"""Wire a scenario to a market of its own: a database and a home that are made for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

from sqlalchemy import Connection, Engine, select, text

from adunion.catalog import Catalog
from adunion.catalog.tables import merchants
from adunion.commission.types import Terms
from adunion.decision.auction.pricing import pricing
from adunion.decision.bidding import bidder
from adunion.engines.postgres import Postgres, migrate
from adunion.kernel.clock import ManualClock
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory, encode
from adunion.kernel.money import to_minor
from adunion.simulation.choose import Planned, planned
from adunion.simulation.grounding import from_orders, read
from adunion.simulation.report import report
from adunion.simulation.run import Progress, Run
from adunion.simulation.scenario import Scenario
from adunion.simulation.world.generate import generate
from adunion.simulation.world.store import load
from adunion.simulation.world.types import World

from .market import Market
from .records import open_records
from .rules import decision_rules
from .stage import make_links, put_on_stage, staged

PREFIX = "simulation_"
PUBLISHERS = 60


def simulate(
    settings: Settings, scenario: Scenario, seed: int, progress: Progress
) -> dict[str, Any]:
    """Run a scenario in a market of its own, which is gone afterwards; its report."""
    world = world_of(scenario, seed, progress)
    check(scenario, world)
    with open_records(settings) as server, own_home(settings, server) as (engine, home):
        run = open_run(engine, home, scenario, seed, world, progress)
        try:
            run.history()
            run.live()
            run.drain(scenario.drain_hours)
            return report(run)
        finally:
            run.market.close()


def check(scenario: Scenario, world: World) -> list[Planned]:
    """The plans to come; complains of what cannot run before anything is made."""
    bidder.get(scenario.bidder)
    pricing.get(scenario.pricing)
    wanted, there = scenario.publishers.count, len(world.view.publishers)
    if scenario.publishers.share and wanted > there:
        raise AdUnionError(
            "no_publishers",
            f"publishers.count: {wanted} publishers, but the world has {there}.",
            422,
            hint="Lower publishers.count, or make the world with more.",
        )
    shares = scenario.mix.shares()
    if not any(shares[kind] for kind in set(world.view.placements.kind)):
        raise AdUnionError(
            "no_placements",
            "mix: the world has none of the placements that are to have traffic.",
            422,
            hint=f"It has {sorted(set(world.view.placements.kind))}.",
        )
    return planned(scenario, world)


def open_run(
    engine: Engine,
    home: Path,
    scenario: Scenario,
    seed: int,
    world: World,
    progress: Progress,
) -> Run:
    """A run whose market's records are in an empty database and whose events are in a home."""
    plans = check(scenario, world)
    clock = ManualClock(scenario.start)
    ids = IdFactory(clock, seed)
    progress("stage", 0, 3)
    put_on_stage(engine, Catalog(engine, clock, ids), clock, ids, world)
    progress("stage", 1, 3)
    chosen = scenario.publishers
    links = make_links(engine, clock, ids, world, chosen.count, chosen.links_each, seed)
    rules = decision_rules(scenario, world.view.currency, scenario.bidder)
    market = Market(engine, home, clock, ids, world.view.currency, rules)
    progress("stage", 2, 3)
    fund(market, scenario)
    stage = staged(engine, world, links, market.catalog, list(market.placements))
    progress("stage", 3, 3)
    return Run(scenario, seed, world, market, stage, links, plans, clock, progress)


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
        world = generate(
            seed if part.seed is None else part.seed,
            part.items,
            part.merchants,
            part.shoppers,
            max(scenario.publishers.count, PUBLISHERS),
            part.currency,
        )
    progress("world", 1, 1)
    return world


def world_from_orders(path: Path, mapping: str, seed: int, shoppers: int) -> World:
    """A world grounded in an order file."""
    return from_orders(read(path, mapping), seed, shoppers)


@contextmanager
def own_home(settings: Settings, server: Postgres) -> Iterator[tuple[Engine, Path]]:
    """A database and a folder of the run's own, gone at the end.

    While it runs it holds an advisory lock of its name; what a killed run left has none.
    """
    name = f"{PREFIX}{encode(IdFactory().raw()).lower()}"
    folder = settings.home / "simulations"
    with server.engine.connect() as guard:
        _remove_left_over(guard, server, folder)
        guard.execute(text("select pg_advisory_lock(hashtextextended(:name, 0))"), {"name": name})
        guard.commit()
        engine = server.database(name)
        try:
            guard.execute(text(f'alter database "{name}" set synchronous_commit to off'))
            guard.execute(text(f'alter database "{name}" set random_page_cost to 1.1'))
            guard.commit()  # it is dropped at the end, whatever happens; and it lies in memory
            migrate(engine)
            (folder / name).mkdir(parents=True)
            yield engine, folder / name
        finally:
            engine.dispose()
            _remove(server, folder, name)


def _remove_left_over(guard: Connection, server: Postgres, folder: Path) -> None:
    """Remove what killed runs left."""
    names = guard.scalars(
        text("select datname from pg_database where starts_with(datname, :prefix)"),
        {"prefix": PREFIX},
    ).all()
    for name in names:
        key = {"name": name}
        if guard.scalar(text("select pg_try_advisory_lock(hashtextextended(:name, 0))"), key):
            _remove(server, folder, name)
            guard.execute(text("select pg_advisory_unlock(hashtextextended(:name, 0))"), key)
    guard.commit()


def _remove(server: Postgres, folder: Path, name: str) -> None:
    rmtree(folder / name, ignore_errors=True)
    server.drop_database(name)
