"""Publishers, the placements where items are shown, and links."""

from .exposure import default_exposures
from .service import Publishers
from .types import Link, PlacementRecord, Publisher

__all__ = ["Link", "PlacementRecord", "Publisher", "Publishers", "default_exposures"]
