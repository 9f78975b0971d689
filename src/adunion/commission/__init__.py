"""Commissions: what a publisher earns for an order, estimated to payable, and back by refunds."""

from .service import Commissions
from .types import Commission, CreditedLine, RefundedLine, Shares, Terms

__all__ = ["Commission", "Commissions", "CreditedLine", "RefundedLine", "Shares", "Terms"]
