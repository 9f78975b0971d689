"""A model without a key or a network: it always says the same, so that all else can be tested."""

from __future__ import annotations

from typing import Any

from adunion.kernel.config import Settings
from adunion.understanding.tokens import tokens

from .types import LLMS, Json, LanguageModel

_MOST = 5


class Keyless:
    """Answers the task `needs` with the offered products whose names share most with the text."""

    name = "test"

    def answer(self, task: str, data: Json, schema: Json) -> Any:  # noqa: ARG002
        """The same for the same data."""
        said = set(tokens(str(data.get("text", ""))))
        offered = [str(each) for each in data.get("products", ())]
        shared = {name: len(said & set(tokens(name))) for name in offered}
        best = sorted((name for name in offered if shared[name]), key=lambda name: -shared[name])
        return {
            "needs": [
                {"product": name, "why_zh": "模型认为有关", "why_en": "the model finds it related"}
                for name in best[:_MOST]
            ]
        }


@LLMS.register("test")
def keyless(settings: Settings) -> LanguageModel:  # noqa: ARG001  it needs none
    """Keyless and deterministic."""
    return Keyless()
