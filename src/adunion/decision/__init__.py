"""The decision: retrieval, auction, bidding, pacing, explanation."""

from .book import PlanBook
from .types import CandidateBatch, DecisionBatch, Placement, RequestBatch

__all__ = ["CandidateBatch", "DecisionBatch", "Placement", "PlanBook", "RequestBatch"]
