"""The benchmark of the promise: seeded markets, every bidder, against hindsight. A simulation."""

from .family import MARKETS, QUICK
from .suite import as_json, bars, run, summary

__all__ = ["MARKETS", "QUICK", "as_json", "bars", "run", "summary"]
