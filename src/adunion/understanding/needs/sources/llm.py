"""What a language model says, where one is configured; checked before it counts."""

from __future__ import annotations

from collections.abc import Sequence

from ..types import Hit
from .types import SOURCES, Asked


@SOURCES.register("llm")
def llm(asked: Asked) -> Sequence[Hit]:
    """The model's needs that are in the knowledge or the catalog and break no rule."""
    advisor = asked.library.advisor
    return [] if advisor is None else advisor(asked)
