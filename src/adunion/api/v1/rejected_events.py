"""Events that were accepted and then refused: refunds and order lines that contradict an order."""

from __future__ import annotations

from pydantic import Field

from adunion.api.deps import Caller, Services, seen_merchant
from adunion.api.fields import CursorQuery, MerchantId, OrderId, Page, RejectionId, View, When, page
from adunion.api.route import allow, router
from adunion.tracking.refusals import list_refusals
from adunion.trust import Role

routes = router("rejected_events", "orders")


class RejectedEvent(View):
    """An order line or refund that was logged and could not be applied."""

    id: RejectionId
    merchant_id: MerchantId | None = Field(description="Null where the item is unknown")
    order_id: OrderId
    external_id: str | None = Field(
        description="The merchant's own order number; null where the order is not known"
    )
    step: str = Field(description="`order` (one of its lines) or `refund`")
    line: int
    number: int = Field(description="Of the refund within its line")
    amount_minor: int = Field(description="In the market's currency")
    at: When
    reason: str = Field(
        description="`exceeds_line`, `no_such_line`, `not_positive`, `unknown_item`, "
        "`item_of_another_merchant` or `order_known_by_another_id`"
    )
    detail: str


@routes.get("", openapi_extra=allow(Role.MERCHANT, Role.OPERATOR), summary="List refused events")
def list_rejected_events(
    services: Services, caller: Caller, cursor: CursorQuery
) -> Page[RejectedEvent]:
    """Newest first; a merchant sees those of its own orders."""
    with services.engine.connect() as conn:
        rows, more = list_refusals(conn, seen_merchant(caller, None), **cursor.model_dump())
    return page([RejectedEvent.model_validate(row) for row in rows], more, cursor)
