"""Open a market to serve: records, log, models and services, let go of in the right order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine

from adunion.kernel.clock import SystemClock
from adunion.kernel.config import Settings
from adunion.kernel.ids import IdFactory
from adunion.trust import Identity

from .faces import Faces
from .live import LiveMarket
from .market import currency_of
from .notices import DemoAccount
from .records import open_records


@contextmanager
def open_faces(
    settings: Settings,
    *,
    storefront: bool = False,
    demo_accounts: Sequence[DemoAccount] = (),
) -> Iterator[Faces]:
    """Every service of the home's market."""
    clock, ids = SystemClock(), IdFactory()
    with open_records(settings) as server:
        identity = Identity(server.engine, clock, ids)
        market = LiveMarket(
            server.engine, settings.home, clock, ids, _currency(settings, server.engine),
            settings.signing_key(), identity, storefront,
        )  # fmt: skip
        try:
            base_url = settings.base_url or f"http://{settings.host}:{settings.port}"
            yield Faces(market, identity, base_url, demo_accounts)
        finally:
            market.close()


def _currency(settings: Settings, engine: Engine) -> str:
    """The market's one currency: as set, as it was before, or what most items have."""
    path = settings.home / "currency"
    if settings.currency:
        return settings.currency
    if path.exists():
        return path.read_text().strip()
    chosen = currency_of(engine)
    path.write_text(chosen)
    return chosen
