"""Types of the room: what earns a commission, what takes it back, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

DEFAULT_RATE_BPS = 800  # ten-thousandths of the line's amount
DEFAULT_FEE_BPS = 1000  # ten-thousandths of the commission, kept by the platform
DEFAULT_HOLD_DAYS = 7  # after the receipt, while the shopper may still return it


@dataclass(frozen=True, slots=True)
class CreditedLine:
    """An order line that is credited to a publisher's link."""

    order_id: str
    line: int
    link_id: str
    publisher_id: str
    merchant_id: str
    category: str  # path, "a > b > c"
    amount_minor: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundedLine:
    """The `number`-th refund of an order line; never changes once told."""

    order_id: str
    line: int
    number: int
    amount_minor: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """What a merchant pays for a sale through a link."""

    rate_bps: int = DEFAULT_RATE_BPS
    fee_bps: int = DEFAULT_FEE_BPS
    hold_days: int = DEFAULT_HOLD_DAYS


@dataclass(frozen=True, slots=True)
class Shares:
    """Where the money of one commission is, in minor units; also the change of it (negative: back).

    `estimated` is reserved in the merchant's wallet; `held` is the publisher's but may be refunded;
    `payable` is theirs; `fee` is the platform's.
    """

    estimated_minor: int = 0
    held_minor: int = 0
    payable_minor: int = 0
    fee_minor: int = 0

    def __sub__(self, other: Shares) -> Shares:
        return Shares(
            self.estimated_minor - other.estimated_minor,
            self.held_minor - other.held_minor,
            self.payable_minor - other.payable_minor,
            self.fee_minor - other.fee_minor,
        )

    @property
    def total_minor(self) -> int:
        """The commission, wherever it is."""
        return self.estimated_minor + self.held_minor + self.payable_minor + self.fee_minor


@dataclass(frozen=True, slots=True)
class Commission:
    """A commission as it stands: its line, its terms, the sum of its changes."""

    id: str
    order_id: str
    line: int
    link_id: str
    publisher_id: str
    merchant_id: str
    category: str
    base_minor: int  # the line's amount
    refunded_minor: int  # of the line, capped at its amount
    currency: str
    terms: Terms
    at: datetime
    received_at: datetime | None
    released: bool
    changes: int
    shares: Shares

    @property
    def state(self) -> str:
        """`estimated`, `held`, `payable`, or `refunded` where nothing is left of it."""
        if self.shares.total_minor == 0 and self.refunded_minor > 0:
            return "refunded"
        if self.released:
            return "payable"
        return "held" if self.received_at is not None else "estimated"
