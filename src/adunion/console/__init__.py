"""The console: server-rendered pages for merchant, publisher, operator, and the demo store."""

from .app import create_console
from .deps import ConsoleServices

__all__ = [
    "ConsoleServices",
    "create_console",
]
