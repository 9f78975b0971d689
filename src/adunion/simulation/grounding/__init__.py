"""A world grounded in real orders; docs/world.md says what is taken and what is assumed."""

from .orders import OrderColumns as OrderColumns
from .orders import read as read
from .world import from_orders as from_orders
