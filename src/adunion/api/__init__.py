"""The REST API of `/v1`."""

from .app import create_api
from .deps import ApiServices

__all__ = ["ApiServices", "create_api"]
