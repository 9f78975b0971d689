"""Retrieval by words: what the query or the page's text finds in the index."""

from collections.abc import Sequence

from .answers import Answers
from .state import RetrievalState
from .types import RETRIEVALS, By, Lists, Routes


@RETRIEVALS.register("lexical")
def lexical(_state: RetrievalState, top: int) -> Routes:
    """The items of each request's query, by relevance and merit; all of them for a search."""
    half = top // 2
    return Routes(_found, By.QUERY, places=half, places_search=top, reserve=half, explore=0.2)


def _found(_state: RetrievalState, answers: Answers, _queries: Sequence[str]) -> Lists:
    return answers.found
