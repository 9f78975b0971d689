"""The books: double entry in PostgreSQL, integer minor units, nothing changed in place."""

from .service import Ledger
from .types import (
    PLATFORM_CASH,
    PLATFORM_FEE,
    PLATFORM_GUARANTEE,
    PLATFORM_MEDIA,
    Balance,
    CheckReport,
    Entry,
    Posting,
    Totals,
    merchant_wallet,
    publisher_account,
)

__all__ = [
    "PLATFORM_CASH",
    "PLATFORM_FEE",
    "PLATFORM_GUARANTEE",
    "PLATFORM_MEDIA",
    "Balance",
    "CheckReport",
    "Entry",
    "Ledger",
    "Posting",
    "Totals",
    "merchant_wallet",
    "publisher_account",
]
