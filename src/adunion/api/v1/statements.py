"""Statements: a party's account of a period, tied to the ledger."""

from __future__ import annotations

from datetime import date
from typing import Literal

from fastapi import Response
from pydantic import Field

from adunion.api.deps import Caller, Services
from adunion.api.fields import CursorQuery, Money, Page, StatementId, View, When, page
from adunion.api.route import ANYONE_WITH_A_KEY, allow, router
from adunion.kernel.errors import not_found
from adunion.settlement import Statement as StatementRecord
from adunion.settlement import as_csv, as_dict
from adunion.trust import Principal, Role

routes = router("statements", "statements")
_ROLES = allow(*ANYONE_WITH_A_KEY)


class KindTotal(View):
    """All movements of one kind."""

    kind: str
    count: int
    amount: Money


class StatementLine(KindTotal):
    """All movements of one kind on one day (UTC)."""

    day: date


class Statement(View):
    """`opening` plus `lines` is `closing`. A merchant's wallet, or a publisher's commissions."""

    id: StatementId
    role: Literal["merchant", "publisher"]
    party_id: str
    name: str
    since: When | None = Field(description="null: from the beginning")
    until: When
    opening: Money
    closing: Money
    payable: Money = Field(description="What could be paid out")
    estimated: Money = Field(description="Reserved beside it, not yet earned")
    totals: list[KindTotal]
    lines: list[StatementLine]


@routes.get("", openapi_extra=_ROLES, summary="List statements")
def list_statements(services: Services, caller: Caller, cursor: CursorQuery) -> Page[Statement]:
    """Newest first. An operator sees all."""
    role: Literal["merchant", "publisher"] | None = None
    if caller.role is not Role.OPERATOR:
        role = "merchant" if caller.role is Role.MERCHANT else "publisher"
    with services.engine.connect() as conn:
        rows, more = services.settlement.page(
            conn, role=role, party_id=caller.party_id, **cursor.model_dump()
        )
    return page([Statement.model_validate(as_dict(row)) for row in rows], more, cursor)


@routes.get("/{statement_id}", openapi_extra=_ROLES, summary="Get a statement")
def get_statement(services: Services, caller: Caller, statement_id: StatementId) -> Statement:
    """A statement of the caller's."""
    return Statement.model_validate(as_dict(_own(services, caller, statement_id)))


@routes.get(
    "/{statement_id}/csv",
    openapi_extra=_ROLES,
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    summary="Get a statement as CSV",
)
def get_statement_csv(services: Services, caller: Caller, statement_id: StatementId) -> Response:
    """Rows of day, kind, count, amount, currency; opening and the lines sum to closing."""
    found = _own(services, caller, statement_id)
    name = f'attachment; filename="{found.id}.csv"'
    return Response(
        as_csv(found), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name}
    )


def _own(services: Services, caller: Principal, statement_id: str) -> StatementRecord:
    with services.engine.connect() as conn:
        found = services.settlement.get(conn, statement_id)
    own = (found.role, found.party_id) == (caller.role.value, caller.party_id)
    if caller.role is not Role.OPERATOR and not own:
        raise not_found("statement", statement_id)
    return found
