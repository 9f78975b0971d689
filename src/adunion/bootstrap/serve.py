"""Open a market to serve: records, log, models and services, let go of in the right order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from adunion.kernel.clock import SystemClock
from adunion.kernel.config import Settings
from adunion.kernel.ids import IdFactory
from adunion.trust import Identity
from adunion.understanding.needs.library import open_library

from .currency import market_currency as market_currency
from .faces import Faces
from .live import LiveMarket
from .market import Market
from .notices import DemoAccount
from .records import open_records
from .rules import decision_rules


@contextmanager
def open_to_look(settings: Settings) -> Iterator[Market]:
    """The home's market as of now, beside a program that may be serving it."""
    with open_records(settings) as server:
        currency = market_currency(settings, server.engine)
        market = Market(
            server.engine, settings.home, SystemClock(), IdFactory(), currency,
            settings=decision_rules(settings, currency), read_only=True,
        )  # fmt: skip
        try:
            yield market
        finally:
            market.close()


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
        currency = market_currency(settings, server.engine)
        market = LiveMarket(
            server.engine, settings.home, clock, ids, currency, settings.signing_key(), identity,
            storefront, decision_rules(settings, currency), needs=open_library(settings),
        )  # fmt: skip
        try:
            base_url = settings.base_url or f"http://{settings.host}:{settings.port}"
            yield Faces(market, identity, base_url, demo_accounts, settings.calls_per_second)
        finally:
            market.close()
