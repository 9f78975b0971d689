"""Orders and what became of them. They come in as events (`POST /v1/events`) or by import."""

from __future__ import annotations

from pydantic import Field

from adunion.api import repository
from adunion.api.deps import Caller, Services, seen_merchant, seen_publisher
from adunion.api.fields import (
    CursorQuery,
    ItemId,
    MerchantId,
    Money,
    OrderId,
    Page,
    View,
    When,
    money,
    page,
)
from adunion.api.route import ANYONE_WITH_A_KEY, allow, router
from adunion.api.types import Order as OrderRecord
from adunion.kernel.errors import not_found

routes = router("orders", "orders")
_ROLES = allow(*ANYONE_WITH_A_KEY)


class OrderLine(View):
    """A line of an order."""

    line: int
    item_id: ItemId | None
    quantity: int
    amount: Money = Field(description="Of the line, after discounts")


class OrderStep(View):
    """A payment, a receipt or a refund."""

    step: str = Field(description="`payment`, `receipt` or `refund`")
    line: int = Field(description="0: the whole order")
    number: int = Field(description="Refunds of a line count up")
    amount: Money
    at: When


class Order(View):
    """An order. A publisher sees only the lines that its links sold, and their total."""

    id: OrderId
    merchant_id: MerchantId
    external_id: str
    source: str = Field(description="`live` or `import`")
    total: Money
    placed_at: When
    lines: list[OrderLine]
    steps: list[OrderStep]


def _view(order: OrderRecord) -> Order:
    lines = [
        OrderLine(
            line=line.line,
            item_id=line.item_id,
            quantity=line.quantity,
            amount=money(line.amount_minor, order.currency),
        )
        for line in order.lines
    ]
    steps = [
        OrderStep(
            step=step.step,
            line=step.line,
            number=step.number,
            amount=money(step.amount_minor, order.currency),
            at=step.at,
        )
        for step in order.steps
    ]
    return Order(
        id=order.id,
        merchant_id=order.merchant_id,
        external_id=order.external_id,
        source=order.source,
        total=money(order.total_minor, order.currency),
        placed_at=order.placed_at,
        lines=lines,
        steps=steps,
    )


@routes.get("", openapi_extra=_ROLES, summary="List orders")
def list_orders(services: Services, caller: Caller, cursor: CursorQuery) -> Page[Order]:
    """Newest first: a merchant's own, or those that a publisher's links sold."""
    with services.engine.connect() as conn:
        rows, more = repository.orders_page(
            conn,
            seen_merchant(caller, None),
            seen_publisher(caller, None),
            cursor.limit,
            cursor.starting_after,
            cursor.ending_before,
        )
    return page([_view(row) for row in rows], more, cursor)


@routes.get("/{order_id}", openapi_extra=_ROLES, summary="Get an order")
def get_order(services: Services, caller: Caller, order_id: OrderId) -> Order:
    """An order of the caller's."""
    with services.engine.connect() as conn:
        found = repository.order(
            conn, order_id, seen_merchant(caller, None), seen_publisher(caller, None)
        )
    if found is None:
        raise not_found("order", order_id)
    return _view(found)
