"""Retrieval of promoted items that match: they reach the auction, and get no other edge."""

from collections.abc import Sequence

from .answers import Answers
from .state import RetrievalState
from .types import RETRIEVALS, By, Lists, Routes


@RETRIEVALS.register("planned")
def planned(state: RetrievalState, top: int) -> tuple[Routes, Routes]:
    """Items of live plans: those the query finds, and those of the request's categories."""
    places = top // 4
    return (
        Routes(_found, By.QUERY, places, reserve=places, explore=0.5, fills=False),
        Routes(state.planned, By.CATEGORY, places, reserve=places, explore=0.5, fills=False),
    )


def _found(_state: RetrievalState, answers: Answers, _queries: Sequence[str]) -> Lists:
    return answers.planned
