"""Forecasts of real auctions: fitted on the first part of a log, held against the rest."""

from .forecast import report, table
from .log import AuctionLog, read

__all__ = ["AuctionLog", "read", "report", "table"]
