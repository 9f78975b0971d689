"""Types of the room: orders as the API tells them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of an order; an order that came without lines has one without an item."""

    line: int
    item_id: str | None
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class OrderStep:
    """A payment, receipt or refund; line 0 is the whole order."""

    step: str
    line: int
    number: int
    amount_minor: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its lines and what became of it, in time order."""

    id: str
    merchant_id: str
    external_id: str
    source: str
    currency: str
    total_minor: int
    placed_at: datetime
    lines: tuple[OrderLine, ...]
    steps: tuple[OrderStep, ...]
