"""What the console needs of the rest of the program; `bootstrap` hands it over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Engine

from adunion.advice import Wish
from adunion.bootstrap.item_reviews import ItemReviews
from adunion.bootstrap.notices import DemoAccount, HealthCheck, LogRow
from adunion.bootstrap.people import MerchantPeople
from adunion.bootstrap.readings import Readings
from adunion.campaigns import Boosts, Plans, SharedBudgets
from adunion.decision.log import LoggedDecisions
from adunion.decision.settings import DecisionSettings
from adunion.insight import Insight
from adunion.kernel.clock import Clock
from adunion.kernel.ids import Ids
from adunion.ledger import Ledger
from adunion.publishers import Publishers
from adunion.simulation.forecast import Ask, Forecast
from adunion.trust import Identity
from adunion.understanding.needs import Knowledge, Reading, Said
from adunion.understanding.trends import Board


class Decisions(Protocol):
    """The decisions that were kept."""

    def find(self, request: bytes) -> LoggedDecisions | None:
        """The decision of a request, None where it was not kept."""
        ...

    def read(self, since_us: int = 0) -> LoggedDecisions | None:
        """Those since a time, oldest first; None where there are none."""
        ...


class Shop(Protocol):
    """What the pages ask of the market itself."""

    @property
    def storefront(self) -> bool:
        """Whether the demo store is open."""
        ...


class Needs(Protocol):
    """Reads needs from texts, and holds what is known of them."""

    def read(self, text: str, kind: Said = "query", most: int = 10) -> Reading:
        """The needs of a text, strongest first."""
        ...

    def knowledge(self, own: bool = True) -> Knowledge:
        """All that is known, with or without the operator's own files."""
        ...

    def own(self, name: str) -> str:
        """The operator's own file of that name."""
        ...

    def check(self, name: str, text: str) -> Knowledge:
        """The knowledge as it would be with this text; raises what is wrong in it."""
        ...

    def keep(self, name: str, text: str) -> None:
        """Put the operator's own file in force."""
        ...


class PeopleOf(Protocol):
    """Personas of merchants."""

    def of(self, merchant: str) -> MerchantPeople:
        """The persona of a merchant, at most an hour old."""
        ...


class Advisor(Protocol):
    """What is advised to publishers."""

    def of(self, publisher_id: str, wish: Wish) -> dict[str, Any]:
        """What to promote, why, what was left out; 404 for an unknown publisher."""
        ...

    def board(self) -> Board | None:
        """The trends as they were made last."""
        ...


class ConsoleServices(Protocol):
    """The services behind the pages."""

    @property
    def engine(self) -> Engine:
        """The records."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def ids(self) -> Ids:
        """New ids."""
        ...

    @property
    def currency(self) -> str:
        """The market's one currency."""
        ...

    @property
    def base_url(self) -> str:
        """How links begin, e.g. http://127.0.0.1:8000."""
        ...

    @property
    def demo_accounts(self) -> Sequence[DemoAccount]:
        """Empty unless this is a demo."""
        ...

    @property
    def market(self) -> Shop:
        """The market itself."""
        ...

    @property
    def identity(self) -> Identity:
        """Who may sign in."""
        ...

    @property
    def plans(self) -> Plans:
        """Plans and their edits."""
        ...

    @property
    def boosts(self) -> Boosts:
        """Boosts of plans."""
        ...

    @property
    def shared_budgets(self) -> SharedBudgets:
        """Budgets that plans share."""
        ...

    @property
    def publishers(self) -> Publishers:
        """Publishers and links."""
        ...

    @property
    def insight(self) -> Insight:
        """Reports."""
        ...

    @property
    def decisions(self) -> Decisions:
        """A sample of decisions, kept whole."""
        ...

    @property
    def rules(self) -> DecisionSettings:
        """The operator's settings of the auction."""
        ...

    @property
    def people(self) -> PeopleOf:
        """Who a merchant's people are."""
        ...

    @property
    def needs(self) -> Needs:
        """What people need."""
        ...

    @property
    def readings(self) -> Readings:
        """What reviews, pages, titles and pictures say."""
        ...

    @property
    def item_reviews(self) -> ItemReviews:
        """What buyers wrote of items."""
        ...

    @property
    def ledger(self) -> Ledger:
        """The books."""
        ...

    @property
    def selections(self) -> Advisor:
        """Trends, and what publishers should promote."""
        ...

    def forecast(self, ask: Ask) -> Forecast:
        """What a plan would bring, by target and budget; raises what launching it would."""
        ...

    def decide_one(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to `POST /v1/decide` with this body."""
        ...

    def says(self, query: str, item_ids: Sequence[str]) -> bool:
        """Whether any of the items itself says a word of a search."""
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
