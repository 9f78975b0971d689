"""Commissions: what publishers earn, from estimated to payable, and back by refunds."""

from __future__ import annotations

from pydantic import Field

from adunion.api.deps import Caller, Services, check_own, seen_merchant, seen_publisher
from adunion.api.fields import (
    CommissionId,
    CursorQuery,
    LinkId,
    MerchantId,
    Money,
    OrderId,
    Page,
    PublisherId,
    View,
    When,
    money,
    page,
)
from adunion.api.route import ANYONE_WITH_A_KEY, allow, router
from adunion.commission import Commission as CommissionRecord
from adunion.trust import Role

routes = router("commissions", "commissions")
_ROLES = allow(*ANYONE_WITH_A_KEY)


class Commission(View):
    """The commission of one order line."""

    id: CommissionId
    order_id: OrderId
    line: int
    link_id: LinkId
    publisher_id: PublisherId
    merchant_id: MerchantId
    category: str
    state: str = Field(description="`estimated`, `held`, `payable` or `refunded`")
    rate_bps: int = Field(description="Ten-thousandths of the line's amount")
    base: Money = Field(description="The line's amount")
    refunded: Money = Field(description="Of the line")
    estimated: Money = Field(description="Reserved in the merchant's wallet")
    held: Money = Field(description="The publisher's, while the shopper may return it")
    payable: Money = Field(description="The publisher's")
    fee: Money = Field(description="The platform's share")
    at: When
    received_at: When | None


def _view(row: CommissionRecord) -> Commission:
    amounts = {
        "base": row.base_minor,
        "refunded": row.refunded_minor,
        "estimated": row.shares.estimated_minor,
        "held": row.shares.held_minor,
        "payable": row.shares.payable_minor,
        "fee": row.shares.fee_minor,
    }
    columns = {
        n: getattr(row, n) for n in Commission.model_fields if n not in {*amounts, "rate_bps"}
    }
    return Commission(
        rate_bps=row.terms.rate_bps,
        **columns,
        **{name: money(minor, row.currency) for name, minor in amounts.items()},
    )


@routes.get("", openapi_extra=_ROLES, summary="List commissions")
def list_commissions(services: Services, caller: Caller, cursor: CursorQuery) -> Page[Commission]:
    """Newest first: what a merchant owes, or what a publisher earned."""
    with services.engine.connect() as conn:
        rows, more = services.commissions.page(
            conn,
            publisher_id=seen_publisher(caller, None),
            merchant_id=seen_merchant(caller, None),
            **cursor.model_dump(),
        )
    return page([_view(row) for row in rows], more, cursor)


@routes.get("/{commission_id}", openapi_extra=_ROLES, summary="Get a commission")
def get_commission(services: Services, caller: Caller, commission_id: CommissionId) -> Commission:
    """A commission of the caller's."""
    with services.engine.connect() as conn:
        found = services.commissions.get(conn, commission_id)
    check_own(caller, Role.MERCHANT, found.merchant_id, "commission", commission_id)
    check_own(caller, Role.PUBLISHER, found.publisher_id, "commission", commission_id)
    return _view(found)
