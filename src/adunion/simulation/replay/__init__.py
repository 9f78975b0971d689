"""Forecasts of real auctions: fitted on the first part of a log, held against the rest."""

from .forecast import report
from .log import AuctionLog, read
from .table import table

__all__ = ["AuctionLog", "read", "report", "table"]
