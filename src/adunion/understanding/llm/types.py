"""Types of language models, and the registry of their providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from adunion.kernel.config import Settings
from adunion.kernel.registry import Registry

Json = Mapping[str, Any]


class LanguageModel(Protocol):
    """Answers a task with JSON; the answer is not to be trusted before it is checked."""

    @property
    def name(self) -> str:
        """Provider and model."""
        ...

    def answer(self, task: str, data: Json, schema: Json) -> Any:
        """JSON for a task; `data` is given to it as data, `schema` (JSON Schema) is what is asked.

        Raises AdUnionError where the model is not to be had or the day's cost is spent.
        """
        ...


LLMS: Registry[Callable[[Settings], LanguageModel]] = Registry("llm")
"""Providers by name; add one with `@LLMS.register("name")`."""
