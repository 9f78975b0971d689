"""Who is asking: users, sessions, API keys, rate limits, writes done once, signed slot tokens."""

from .limits import Allowance, TokenBuckets
from .service import LIGHT_HASHER, Identity
from .types import ApiKey, Principal, Role
from .writes import Answer, Writes

__all__ = [
    "LIGHT_HASHER",
    "Allowance",
    "Answer",
    "ApiKey",
    "Identity",
    "Principal",
    "Role",
    "TokenBuckets",
    "Writes",
]
