"""Whom a key or a user speaks for must be there."""

from __future__ import annotations

from sqlalchemy import Engine

from adunion.catalog.repository import get_merchant
from adunion.kernel.clock import SystemClock
from adunion.kernel.errors import invalid
from adunion.kernel.ids import IdFactory
from adunion.publishers import Publishers
from adunion.trust.types import Role


def checked_role(role: str) -> Role:
    """A role by its name; the error lists those there are."""
    try:
        return Role(role)
    except ValueError:
        names = ", ".join(each.value for each in Role)
        raise invalid("role", f"{role[:40]!r} is no role.", f"Choose one of: {names}.") from None


def check_party(engine: Engine, role: Role, party_id: str | None) -> None:
    """Raise 404 where a merchant or publisher of that id is absent, 422 where one is needed."""
    if role is Role.OPERATOR:
        return
    if not party_id:
        raise invalid(
            "party", f"A {role.value} key or user needs the id of its {role.value}.",
            f"Give it with --party; GET /v1/{role.value}s lists them.",
        )  # fmt: skip
    if role is Role.MERCHANT:
        with engine.connect() as conn:
            get_merchant(conn, party_id)
    else:
        Publishers(engine, SystemClock(), IdFactory()).get(party_id)
