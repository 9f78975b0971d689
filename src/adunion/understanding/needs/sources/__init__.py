"""Sources of needs: each one file, each adds what it knows; the weights are learnt."""

from . import complements, embedding, knowledge, llm, orders, reviews  # noqa: F401  they register
from .types import SOURCES, Advisor, Asked, Library, Source

__all__ = ["SOURCES", "Advisor", "Asked", "Library", "Source"]
