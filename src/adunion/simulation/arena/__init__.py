"""A market for bidders by AuctionNet's rules: 48 rivals, three slots, pay when exposed."""

from .run import Row, run, summary

__all__ = ["Row", "run", "summary"]
