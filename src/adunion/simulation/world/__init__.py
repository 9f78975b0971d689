"""The world: catalog, shoppers, queries and publishers, with a ground truth the platform never sees."""

from .types import KINDS as KINDS
from .types import Links as Links
from .types import Orders as Orders
from .types import PlatformView as PlatformView
from .types import Response as Response
from .types import Traffic as Traffic
from .types import Truth as Truth
from .types import World as World
