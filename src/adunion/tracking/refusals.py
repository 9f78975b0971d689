"""Events that were accepted and refused when they were applied, and those that still wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection, select

from adunion.engines.paging import page
from adunion.kernel.clock import micros
from adunion.kernel.ids import encode

from .tables import orders, rejected_events, waiting_steps


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused order line or refund; `external_id` is the merchant's number, if known."""

    id: str
    merchant_id: str | None
    order_id: str
    external_id: str | None
    line: int
    step: str
    number: int
    amount_minor: int
    at: datetime
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment, receipt or refund whose order was not reported yet."""

    order_id: str
    line: int
    step: str
    number: int
    amount_minor: int
    at: datetime


def refusal_id(order_id: str, line: int, step: str, number: int, at: datetime) -> str:
    """The id of a refused event: a ULID by its time, a function of what it is about.

    The log may be applied again, and then refuses the same event under the same id.
    """
    about = f"{order_id}:{line}:{step}:{number}".encode()
    millis = (micros(at) // 1000).to_bytes(6, "big")
    return f"rej_{encode(millis + blake2b(about, digest_size=10).digest())}"


def list_refusals(
    conn: Connection,
    merchant_id: str | None = None,
    limit: int = 50,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> tuple[list[Refusal], bool]:
    """Refused events of a merchant or of all, newest first, and whether there are more."""
    query = select(rejected_events, orders.c.external_id).outerjoin(
        orders, orders.c.id == rejected_events.c.order_id
    )
    if merchant_id is not None:
        query = query.where(rejected_events.c.merchant_id == merchant_id)
    found = page(conn, query, rejected_events.c.id, limit, starting_after, ending_before)
    return [Refusal(**row._mapping) for row in found.rows], found.has_more


def list_waiting(conn: Connection, limit: int = 100) -> list[Waiting]:
    """Steps that wait for their order, newest first."""
    query = select(waiting_steps).order_by(waiting_steps.c.at.desc()).limit(limit)
    return [Waiting(**row._mapping) for row in conn.execute(query)]
