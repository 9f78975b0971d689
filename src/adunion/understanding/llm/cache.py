"""Answers kept: what a model said of the same task and data is not asked again."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from .types import Json, LanguageModel

ANSWERS_MAX = 50_000
"""Kept in all, nearly; the oldest go."""


class CachedModel:
    """A model that is asked no question twice; one small file an answer."""

    def __init__(self, inner: LanguageModel, folder: Path) -> None:
        self._inner = inner
        self._folder = folder

    @property
    def name(self) -> str:
        """Of the model it asks."""
        return self._inner.name

    def answer(self, task: str, data: Json, schema: Json) -> Any:
        """As the model, from the cache where it was asked before."""
        asked = orjson.dumps([self.name, task, dict(data), dict(schema)])
        path = self._folder / f"{blake2b(asked, digest_size=16).hexdigest()}.json"
        try:
            return orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            said = self._inner.answer(task, data, schema)
        self._keep(path, said)
        return said

    def _keep(self, path: Path, said: Any) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.name.startswith("00"):  # now and then
            kept = sorted(self._folder.glob("*.json"), key=lambda each: each.stat().st_mtime)
            for old in kept[: max(len(kept) - ANSWERS_MAX, 0)]:
                old.unlink(missing_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(orjson.dumps(said))
        fresh.replace(path)
