"""The world: goods, shoppers, queries and publishers, with a truth the platform never sees."""

from .feed import item_records as item_records
from .feed import write_catalog as write_catalog
from .generate import generate as generate
from .store import load as load
from .store import save as save
from .types import KINDS as KINDS
from .types import Links as Links
from .types import Orders as Orders
from .types import PlatformView as PlatformView
from .types import Response as Response
from .types import Traffic as Traffic
from .types import Truth as Truth
from .types import World as World
