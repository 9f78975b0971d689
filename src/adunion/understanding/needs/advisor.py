"""A language model as a source: asked by schema, checked against knowledge, catalog and rules.

What it says counts only where it names a product that is known, that the catalog sells (where one
is given), and breaks no rule. It is marked as the model's word, and weighed by a prior: alone it
makes a weak need, beside others a stronger one. A text that gives the model orders changes nothing
but its own row.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from adunion.kernel.errors import AdUnionError
from adunion.understanding.llm import LanguageModel

from .rules import Rules
from .sources import Asked
from .types import Hit

log = logging.getLogger(__name__)

TASK = (
    "Someone in a shop said the text in `text` (its kind is in `kind`). Name up to ten types of "
    "product that this person may need, strongest first, across categories; if the text names an "
    "item, what goes with it instead of more of it. Take names from `products` where one fits. "
    "Give a short reason in Chinese and in English, without medical claims. If the text asks for "
    "nothing, give no needs."
)
NEEDS_MAX = 10
_TEXT_CHARS_MAX = 500
_OFFERED_MAX = 40
_NAME_CHARS_MAX = 60
_WHY_CHARS_MAX = 120
_TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "needs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"product": _TEXT, "why_zh": _TEXT, "why_en": _TEXT},
                "required": ["product", "why_zh", "why_en"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["needs"],
    "additionalProperties": False,
}


class ModelAdvisor:
    """Asks a model about a text; `sold` says whether a product of these names is in the catalog."""

    def __init__(
        self,
        model: LanguageModel,
        rules: Rules,
        sold: Callable[[str, str], bool] | None = None,
    ) -> None:
        self._model = model
        self._rules = rules
        self._sold = sold

    def __call__(self, asked: Asked) -> Sequence[Hit]:
        """The needs that stand, in the model's order; none where the model cannot be asked."""
        data = {
            "text": asked.text[:_TEXT_CHARS_MAX], "kind": asked.kind, "products": _offered(asked),
        }  # fmt: skip
        try:
            said = self._model.answer(TASK, data, SCHEMA)
        except AdUnionError as error:
            log.warning("the language model gave nothing: %s", error)
            asked.notes.append(f"llm: {error}")
            return []
        return self._checked(said, asked)

    def _checked(self, said: Any, asked: Asked) -> list[Hit]:
        hits: dict[int, Hit] = {}
        needs = said["needs"] if isinstance(said, dict) and set(said) == {"needs"} else None
        if not isinstance(needs, list):
            asked.notes.append("llm: its answer is not of the schema")
            return []
        for place, need in enumerate(needs[:NEEDS_MAX]):
            found = self._need(need, place, asked)
            if isinstance(found, Hit):
                hits.setdefault(found.product, found)
            else:
                asked.notes.append(f"llm: need {place + 1} left out: {found}")
        return list(hits.values())

    def _need(self, need: Any, place: int, asked: Asked) -> Hit | str:
        """The need as a hit, or why it does not stand."""
        keys = ("product", "why_zh", "why_en")
        if not isinstance(need, dict) or not all(isinstance(need.get(k), str) for k in keys):
            return "not of the schema"
        if more := sorted(set(need) - set(keys)):
            return f"not of the schema: it has {more[0][:_NAME_CHARS_MAX]!r} too"
        name, why_zh, why_en = (need[key].strip() for key in keys)
        if not 0 < len(name) <= _NAME_CHARS_MAX or max(len(why_zh), len(why_en)) > _WHY_CHARS_MAX:
            return "too long"
        broken = self._rules.broken(f"{name} {why_zh} {why_en}")
        if broken:
            return f"breaks the rule {broken}"
        row = asked.library.knowledge.names.get(name.lower())
        if row is None:
            return "no known product"
        product = asked.library.knowledge.products[row]
        if self._sold is not None and not self._sold(product.zh, product.en):
            return "not in the catalog"
        score = 1 - 0.6 * place / NEEDS_MAX
        return Hit(row, score, f"{self._model.name} said “{name}”", why_zh, why_en)


def _offered(asked: Asked) -> list[str]:
    """Names of products near the text, to choose from."""
    library = asked.library
    if library.embedder is None:
        return []
    names, owner = library.names
    near = library.name_vectors @ asked.vector
    rows = sorted(range(len(names)), key=lambda row: -float(near[row]))
    seen = dict.fromkeys(int(owner[row]) for row in rows[: 4 * _OFFERED_MAX])
    return [library.knowledge.products[row].zh for row in list(seen)[:_OFFERED_MAX]]
