"""All SQL of the room."""

from .delivery import billed_days, delays, guarantee_paid, plan_windows
from .funnels import add_funnels, add_landscapes, landscapes, plan_funnel
from .reports import (
    add,
    first_orders,
    link_results,
    market_placements,
    market_points,
    plan_items,
    plan_placements,
    plan_points,
    plan_results,
)

__all__ = [
    "add",
    "add_funnels",
    "add_landscapes",
    "billed_days",
    "delays",
    "first_orders",
    "guarantee_paid",
    "landscapes",
    "link_results",
    "market_placements",
    "market_points",
    "plan_funnel",
    "plan_items",
    "plan_placements",
    "plan_points",
    "plan_results",
    "plan_windows",
]
