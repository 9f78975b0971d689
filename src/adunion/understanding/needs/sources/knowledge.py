"""What the knowledge file says of a text whose words it holds."""

from __future__ import annotations

import numpy as np

from ..types import Hit
from .types import SOURCES, Asked, rank_weight, strongest

_LEAST = 0.5
_SITUATIONS_MAX = 6


@SOURCES.register("knowledge")
def knowledge(asked: Asked) -> list[Hit]:
    """The needs of the situations whose phrases the text holds, whole or nearly."""
    library = asked.library
    phrases, owner = library.phrases
    fit = library.phrase_index.match(asked.text)
    near = np.argsort(-fit, kind="stable")[: 4 * _SITUATIONS_MAX]
    hits = []
    for phrase in near[fit[near] >= _LEAST].tolist():
        situation = library.knowledge.situations[owner[phrase]]
        row = f"{library.where(owner[phrase])} “{phrases[phrase]}”"
        hits += [
            Hit(
                product, float(fit[phrase]) * rank_weight(place), row,
                situation.why_zh, situation.why_en,
            )
            for place, product in enumerate(situation.needs)
        ]  # fmt: skip
    return strongest(hits)
