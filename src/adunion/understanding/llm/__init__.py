"""Language models by configuration: `language_model()` gives the one that is set, or none."""

from __future__ import annotations

from adunion.kernel.config import Settings

from . import keyless, openai  # noqa: F401  they register themselves
from .cache import CachedModel
from .types import LLMS, LanguageModel

__all__ = ["LLMS", "CachedModel", "LanguageModel", "language_model"]


def language_model(settings: Settings) -> LanguageModel | None:
    """The model that `ADUNION_LLM` names, its answers kept in the home; None where it is unset."""
    if not settings.llm:
        return None
    return CachedModel(LLMS.get(settings.llm)(settings), settings.home / "cache" / "llm" / "said")
