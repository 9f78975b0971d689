"""What a text means: situations, and names of products, that mean nearly the same.

Cosines of one model bunch within a narrow range, another for each text and language: they are read
as standard deviations above what the text has with all phrases of that script, so that one scale
holds for every text and none is preferred for being in the text's own language.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..types import Hit
from .types import SOURCES, Asked, rank_weight, strongest

Floats = npt.NDArray[np.float64]
_SITUATIONS_MAX = 12
_NAMES_MAX = 24
_LOW, _HIGH = 1.5, 6.0  # deviations that count as nothing and as certain
_NEAREST = 0.3  # what the nearest phrase counts, against the mean of a situation's phrases
_SOFT = 0.8  # deviations: how fast the voice of a situation falls below the nearest one's
_UNCALLED = 0.4  # the voice of a situation that does not call for the item asked for
_FULL_VOTE = 1.5  # voices that make a need as sure as it gets


def _surprise(cosine: npt.NDArray[np.float32], chinese: npt.NDArray[np.bool_]) -> Floats:
    """How many deviations above the text's own average of each script every cosine is."""
    out = np.empty(len(cosine))
    for script in (chinese, ~chinese):
        if script.any():
            some = cosine[script]
            out[script] = (some - some.mean()) / max(float(some.std()), 1e-6)
    return out


def _sure(deviations: Floats | float) -> Floats:
    """Deviations as 0..1."""
    return np.asarray(np.clip((np.asarray(deviations) - _LOW) / (_HIGH - _LOW), 0, 1))


@SOURCES.register("meaning")
def meaning(asked: Asked) -> list[Hit]:
    """The needs of the situations that mean what the text means; near situations vote.

    A situation is as near as its nearest phrase and, more so, the mean of its phrases. Of a bare
    item those speak softer that do not call for its kind: a microscope (显微镜) is near mascara.
    """
    library = asked.library
    if library.embedder is None or not library.knowledge.situations:
        return []
    phrases, first = library.phrases[0], library.phrases_from
    near = _surprise(asked.near_phrases, library.phrases_chinese)
    nearest = np.maximum.reduceat(near, first[:-1])
    whole = library.situation_vectors @ asked.vector
    mean = (whole - whole.mean()) / max(float(whole.std()), 1e-6)
    fit = _NEAREST * nearest + (1 - _NEAREST) * mean
    best = np.argsort(-fit, kind="stable")[:_SITUATIONS_MAX]
    voice = np.exp((fit[best] - fit[best[0]]) / _SOFT)
    sure = float(_sure(float(fit[best[0]])))
    if asked.bare_item:
        kind = frozenset().union(*(library.alike(each.product) for each in asked.mentions))
        voice *= [
            _UNCALLED if kind.isdisjoint(library.knowledge.situations[row].needs) else 1.0
            for row in best
        ]
    vote: dict[int, float] = {}
    told: dict[int, int] = {}
    for row, weight in zip(best.tolist(), voice.tolist(), strict=True):
        for place, product in enumerate(library.knowledge.situations[row].needs):
            vote[product] = vote.get(product, 0.0) + weight * rank_weight(place)
            told.setdefault(product, row)
    said = {
        row: first[row] + int(np.argmax(near[first[row] : first[row + 1]]))
        for row in set(told.values())
    }
    return [
        Hit(
            product, sure * min(votes / _FULL_VOTE, 1.0),
            f"{library.where(told[product])} ~ “{phrases[said[told[product]]]}”",
            library.knowledge.situations[told[product]].why_zh,
            library.knowledge.situations[told[product]].why_en,
        )
        for product, votes in vote.items()
    ]  # fmt: skip


@SOURCES.register("names")
def names(asked: Asked) -> list[Hit]:
    """The products whose names mean something near the text."""
    library = asked.library
    if library.embedder is None:
        return []
    said, owner = library.names
    near = _sure(_surprise(asked.near_names, library.names_chinese))
    best = np.argsort(-near, kind="stable")[:_NAMES_MAX]
    return strongest(
        [
            Hit(int(owner[row]), float(near[row]), f"“{said[row]}”")
            for row in best.tolist()
            if near[row] > 0
        ]
    )
