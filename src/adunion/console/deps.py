"""What the console needs of the rest of the program; `bootstrap` hands it over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Engine

from adunion.campaigns import Plans
from adunion.insight import Insight
from adunion.kernel.clock import Clock
from adunion.kernel.ids import Ids
from adunion.ledger import Ledger
from adunion.publishers import Publishers
from adunion.trust import Identity


@dataclass(frozen=True)
class DemoAccount:
    """An account that the sign-in page offers in a demo."""

    role: str
    name: str
    email: str
    password: str


class ForecastPoint(Protocol):
    """What a plan is predicted to bring at one target, over the horizon of the forecast."""

    @property
    def target(self) -> float: ...  # noqa: D102
    @property
    def spend_minor(self) -> int: ...  # noqa: D102
    @property
    def gmv_minor(self) -> int: ...  # noqa: D102
    @property
    def low(self) -> int: ...  # noqa: D102  lower end of the interval of GMV, minor units
    @property
    def high(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class HealthCheck:
    """One line of the health page."""

    name: str  # postgres, event log, model, consumer ...
    ok: bool
    detail: str


@dataclass(frozen=True)
class LogRow:
    """One event of the log's tail, with prefixed ids ("" where none)."""

    position: int
    at_us: int
    type: str
    request: str
    placement: str
    item: str
    plan: str
    order: str
    sponsored: bool
    amount_minor: int
    price_micros: int


class ConsoleServices(Protocol):
    """The services behind the pages."""

    engine: Engine
    clock: Clock
    ids: Ids
    currency: str
    base_url: str  # how links begin, e.g. http://127.0.0.1:8000
    demo_accounts: Sequence[DemoAccount]  # empty unless this is a demo
    identity: Identity
    plans: Plans
    publishers: Publishers
    insight: Insight
    ledger: Ledger

    def forecast(
        self, merchant_id: str, item_ids: Sequence[str], budget_minor: int | None
    ) -> Sequence[ForecastPoint]:
        """Predicted results per day by target ROI, targets rising."""
        ...

    def decide_one(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to `POST /v1/decide` with this body."""
        ...

    def accept_one(
        self, events: list[dict[str, Any]], merchant_id: str | None = None
    ) -> list[dict[str, Any]]:
        """What `POST /v1/events` answers to these events, one result each.

        With a merchant the call counts as made with that merchant's key: the demo storefront is
        the shop of every merchant.
        """
        ...

    def log_tail(self, limit: int) -> Sequence[LogRow]:
        """The latest events of the log, newest first."""
        ...

    def health(self) -> Sequence[HealthCheck]:
        """How the parts of the program are."""
        ...
