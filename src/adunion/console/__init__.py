"""The console: server-rendered pages for merchant, publisher, operator, and the demo store."""

from .app import create_console
from .deps import ConsoleServices, DemoAccount, ForecastPoint, HealthCheck, LogRow

__all__ = [
    "ConsoleServices",
    "DemoAccount",
    "ForecastPoint",
    "HealthCheck",
    "LogRow",
    "create_console",
]
