"""What the routes stand on: the services, and who is calling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from sqlalchemy import Engine

from adunion.advice import Wish
from adunion.bootstrap.item_reviews import ItemReviews
from adunion.bootstrap.people import MerchantPeople
from adunion.bootstrap.readings import Readings
from adunion.campaigns import Boosts, Plans, SharedBudgets
from adunion.catalog import Catalog
from adunion.commission import Commissions
from adunion.decision.log import LoggedDecisions
from adunion.insight import Insight
from adunion.kernel.clock import Clock
from adunion.kernel.errors import invalid, not_found
from adunion.kernel.ids import Ids
from adunion.ledger import Ledger
from adunion.publishers import Publishers
from adunion.settlement import Settlement
from adunion.simulation.forecast import Ask, Forecast
from adunion.trust import Identity, Principal, Role
from adunion.understanding.needs import Reading, Said
from adunion.understanding.trends import Board


class Decisions(Protocol):
    """The log of decisions."""

    def find(self, request: bytes) -> LoggedDecisions | None:
        """The decision of a request, None where it was not kept."""
        ...


class PeopleOf(Protocol):
    """Personas of merchants."""

    def of(self, merchant: str) -> MerchantPeople:
        """The persona of a merchant, at most an hour old."""
        ...


class Needs(Protocol):
    """Reads needs from texts."""

    def read(self, text: str, kind: Said = "query", most: int = 10) -> Reading:
        """The needs of a text, strongest first."""
        ...


class Advisor(Protocol):
    """What is advised to publishers."""

    def of(self, publisher_id: str, wish: Wish) -> dict[str, Any]:
        """What to promote, why, what was left out; 404 for an unknown publisher."""
        ...

    def board(self) -> Board | None:
        """The trends as they were made last."""
        ...


@dataclass(frozen=True)
class ApiServices:
    """The services that the routes call; `bootstrap` makes it."""

    engine: Engine
    clock: Clock
    ids: Ids
    identity: Identity
    catalog: Catalog
    plans: Plans
    boosts: Boosts
    shared_budgets: SharedBudgets
    publishers: Publishers
    commissions: Commissions
    settlement: Settlement
    ledger: Ledger
    insight: Insight
    decisions: Decisions
    forecast: Callable[[Ask], Forecast]
    selections: Advisor
    needs: Needs
    readings: Readings
    people: PeopleOf
    item_reviews: ItemReviews
    forget: Callable[[str], int]


def _services(request: Request) -> ApiServices:
    services: ApiServices = request.app.state.services
    return services


def _caller(request: Request) -> Principal:
    principal: Principal = request.state.principal  # set by ApiRoute before anything else runs
    return principal


Services = Annotated[ApiServices, Depends(_services)]
Caller = Annotated[Principal, Depends(_caller)]


def own_merchant(caller: Principal, merchant_id: str | None) -> str:
    """The merchant a write is for: a merchant's own, or the one that an operator names."""
    return _own(caller, Role.MERCHANT, merchant_id)


def own_publisher(caller: Principal, publisher_id: str | None) -> str:
    """The publisher a write is for: a publisher's own, or the one that an operator names."""
    return _own(caller, Role.PUBLISHER, publisher_id)


def seen_merchant(caller: Principal, merchant_id: str | None) -> str | None:
    """The merchant a list is narrowed to: a merchant's own; None for all."""
    return own_merchant(caller, merchant_id) if caller.role is Role.MERCHANT else merchant_id


def seen_publisher(caller: Principal, publisher_id: str | None) -> str | None:
    """The publisher a list is narrowed to: a publisher's own; None for all."""
    return own_publisher(caller, publisher_id) if caller.role is Role.PUBLISHER else publisher_id


def check_own(caller: Principal, role: Role, party_id: str | None, kind: str, id_: str) -> None:
    """Refuse another party's record as if it did not exist."""
    if caller.role is role and caller.party_id != party_id:
        raise not_found(kind, id_)


def _own(caller: Principal, role: Role, given: str | None) -> str:
    if caller.role is Role.OPERATOR:
        if given is None:
            raise invalid(f"{role.value}_id", f"An operator names the {role.value}.")
        return given
    assert caller.party_id is not None
    if given is not None and given != caller.party_id:
        raise not_found(role.value, given)
    return caller.party_id
