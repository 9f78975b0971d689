"""Retrieval of promoted items that match: they reach the auction, and get no other edge."""

from .intent import Intent
from .types import RETRIEVALS, Routes, alike, even


@RETRIEVALS.register("planned")
def planned(intent: Intent, top: int) -> tuple[Routes, Routes]:
    """Items of live plans: those the query finds, and those of the request's categories."""
    reserve = top // 4
    rows = intent.requests.query.reshape(-1, 1)
    return (
        Routes(
            intent.answers.planned, rows,
            even(len(rows), 1), alike(len(rows), 1, reserve),
            reserve=reserve, explore=0.5, fills=False,
        ),
        Routes(
            intent.state.planned, intent.category, intent.weight,
            intent.portions(reserve),
            reserve=reserve, explore=0.5, fills=False,
        ),
    )  # fmt: skip
