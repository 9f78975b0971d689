"""Credit for orders: which plan and which publisher's link an order line is owed to."""

from .last_click import LastClick
from .repository import Credit, of_lines, of_orders, save
from .types import AttributionRule, Credits, attribution_rules
from .why import why

__all__ = [
    "AttributionRule",
    "Credit",
    "Credits",
    "LastClick",
    "attribution_rules",
    "of_lines",
    "of_orders",
    "save",
    "why",
]
