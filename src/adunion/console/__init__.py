"""The console: server-rendered pages for merchant, publisher, operator, and the demo store."""

from .app import create_console
from .deps import ConsoleServices, ForecastPoint

__all__ = [
    "ConsoleServices",
    "ForecastPoint",
    "create_console",
]
