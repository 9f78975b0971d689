"""The demo: a market from nothing to settled money."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from argon2 import PasswordHasher
from sqlalchemy import Engine

from adunion.engines import postgres
from adunion.kernel.clock import SystemClock
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory
from adunion.settlement import settle
from adunion.simulation.report import report
from adunion.simulation.run import Progress, Run
from adunion.simulation.scenario import ItemsPart, PlanPart, Scenario, parse
from adunion.trust import Identity
from adunion.trust.service import LIGHT_HASHER

from .notices import DemoAccount
from .records import open_records
from .simulator import open_run, world_of
from .trends import make_trends
from .written_reviews import write_reviews

TARGETS = (3.0, 4.0, 5.0, 6.0)
PLANS = 20
LOCK = "demo.lock"
MARK = "this-home-is-a-demo"  # where it stands, a demo may clear away what one builds:
BUILT = (
    "postgres", "events", "features-*", "statements", "models.npz", "alphas.jsonl", "together.npz",
    "currency", "demo.json", "trends",
)  # fmt: skip
KEPT = {
    LOCK, "cache", "context", "needs", "pictures", "reviews", "search", "weather.csv",
}  # fmt: skip
"""What may be in a home before a demo: caches of commands, and lists of an operator."""
PLAN_SHARE = 0.7  # of a merchant's items; the rest is for the visitor to promote
PLAN_SHARE_ORDERS = 0.3  # there every merchant has a plan, and shoppers need organic choice


@dataclass(frozen=True)
class DemoSize:
    """How large the demo is."""

    items: int = 20_000
    merchants: int = 200
    shoppers: int = 50_000
    requests_per_day: int = 35_000
    history_days: int = 14
    days: int = 3
    plans: int = PLANS


def demo_settings(settings: Settings) -> Settings:
    """The demo's home; its PostgreSQL is always the embedded one."""
    if settings.database_url:
        raise AdUnionError(
            "demo_is_embedded", "A demo keeps its records in its own PostgreSQL.", 409,
            hint="Unset ADUNION_DATABASE_URL.",
        )  # fmt: skip
    return settings.model_copy(update={"home": settings.home.expanduser().resolve()})


@contextmanager
def only_demo(settings: Settings) -> Iterator[None]:
    """One demo at a time in a home."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.home / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AdUnionError(
                "demo_running", "A demo is running in this home already.", 409,
                hint="Stop it first, or set ADUNION_HOME to another folder.",
            ) from None  # fmt: skip
        yield


def build(
    settings: Settings,
    size: DemoSize,
    seed: int,
    orders: Path | None,
    mapping: str | None,
    progress: Progress,
) -> dict[str, Any]:
    """Build the market anew and run it up to the present hour; the report."""
    _check_home(settings.home)
    scenario = demo_scenario(size, orders, mapping)
    world = world_of(scenario, seed, progress)
    _clear(settings)
    with open_records(settings) as server:
        run = open_run(server.engine, settings.home, scenario, seed, world, progress)
        try:
            run.history()
            run.live()
            run.drain(0)
            found = report(run)
            _settle(server.engine, run, settings.home)
            write_reviews(server.engine, run)
            made = _accounts(server.engine, run)
            if orders is None:
                now = SystemClock().now()
                make_trends(settings, run.market.catalog, now, seed, progress)
        finally:
            run.market.close()
    told = [vars(account) for account in made]
    (settings.home / "demo.json").write_bytes(orjson.dumps({"accounts": told, "report": found}))
    return found


def built(settings: Settings) -> tuple[list[DemoAccount], dict[str, Any]]:
    """The accounts and the report of the demo that was built last."""
    path = settings.home / "demo.json"
    if not path.exists():
        raise AdUnionError("no_demo", "No demo was built here.", 404, hint="Run: make demo")
    told = orjson.loads(path.read_bytes())
    return [DemoAccount(**account) for account in told["accounts"]], told["report"]


def accounts(settings: Settings) -> list[DemoAccount]:
    """The accounts of a home that is a demo; none of any other."""
    return built(settings)[0] if (settings.home / "demo.json").exists() else []


def demo_scenario(size: DemoSize, orders: Path | None, mapping: str | None) -> Scenario:
    """Two weeks without plans, then plans of several targets; it ends at the present hour."""
    now = SystemClock().now().replace(minute=0, second=0, microsecond=0)
    world: dict[str, Any] = {"shoppers": size.shoppers}
    if orders is None:
        world |= {"items": size.items, "merchants": size.merchants}
    else:
        world |= {"orders": str(orders), "mapping": mapping}
    share, rest = divmod(size.plans, len(TARGETS))
    plans = [
        PlanPart(
            name=f"ROI {target:g}",
            target_roi=target,
            count=share + (number < rest),
            items=ItemsPart(share=PLAN_SHARE if orders is None else PLAN_SHARE_ORDERS),
        )
        for number, target in enumerate(TARGETS)
        if share + (number < rest)
    ]
    start = now - timedelta(days=size.history_days + size.days)
    scenario = parse({"name": "demo", "start": start.isoformat(), "world": world})
    return scenario.model_copy(
        update={
            "history_days": size.history_days,
            "days": size.days,
            "drain_hours": 0,
            "requests_per_day": size.requests_per_day,
            "plans": plans,
        }
    )


def _check_home(home: Path) -> None:
    """Refuse a folder that holds anything but a demo and what commands and operators keep."""
    held = sorted(path.name for path in home.iterdir() if path.name not in KEPT)
    if held and MARK not in held:
        raise AdUnionError(
            "home_in_use", f"{home} is not empty and not a demo's: it holds {held[0]}.", 409,
            hint="Set ADUNION_HOME to a folder of its own for the demo.",
        )  # fmt: skip
    (home / MARK).touch()


def _clear(settings: Settings) -> None:
    """Remove what a demo built here before; a server left by a killed one is stopped first."""
    home = settings.home
    if (home / "postgres").exists():
        postgres.connect(settings).close()
    for path in (path for pattern in BUILT for path in home.glob(pattern)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _settle(engine: Engine, run: Run, home: Path) -> None:
    settle(engine, run.market.clock, IdFactory(), run.ended, home / "statements")


def _accounts(engine: Engine, run: Run) -> list[DemoAccount]:
    """One account for each role: the first plan's merchant, and the first link's publisher."""
    hasher: PasswordHasher = LIGHT_HASHER
    identity = Identity(engine, SystemClock(), IdFactory(), hasher)
    merchant, publisher = run.parties()
    accounts = []
    for role, party in (("merchant", merchant), ("publisher", publisher), ("operator", None)):
        if role != "operator" and party is None:
            continue
        party_id, name, name_en = party or (None, "", "")
        account = DemoAccount(role, name, f"{role}@demo.example", f"demo-{role}", name_en)
        identity.create_user(account.email, account.email, account.password, role, party_id)
        accounts.append(account)
    return accounts
