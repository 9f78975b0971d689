"""Prediction ready for use: models, profiles and items bound together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .features import FEATURES, features
from .items import ItemColumns
from .models import Models, predict
from .types import Candidates, Profiles, Requests

_CHUNK = 64  # requests whose features stay in the processor's cache


@dataclass(frozen=True)
class Predictor:
    """Answers P(click | seen) and P(order | click) of candidates; make a new one each tick."""

    models: Models
    profiles: Profiles
    items: ItemColumns
    kinds: npt.NDArray[np.uint8]  # (placements,) kind code of each

    def __call__(
        self, requests: Requests, candidates: Candidates
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Pctr and pcvr, float32 (m,) each."""
        pctr = np.empty(len(candidates.item), np.float32)
        pcvr = np.empty(len(candidates.item), np.float32)
        kind = np.repeat(self.kinds[requests.placement], np.diff(candidates.offsets))
        for start in range(0, len(requests.at_us), _CHUNK):
            part = _part(requests, candidates, start)
            rows = slice(candidates.offsets[start], candidates.offsets[start] + len(part.item))
            pctr[rows], pcvr[rows] = predict(self.models, self._features(part), kind[rows])
        return pctr, pcvr

    def shown(
        self,
        requests: Requests,
        item: npt.NDArray[np.int32],
        relevance: npt.NDArray[np.float32],
    ) -> npt.NDArray[np.float16]:
        """Features to log of what was shown, (n, K, F): zeros where a slot is empty (item -1).

        Take them when deciding: later the profile and the item have learned the outcome.
        """
        filled = item >= 0
        offsets = np.concatenate(([0], np.cumsum(filled.sum(1)))).astype(np.int64)
        part = _Part(
            requests.at_us, requests.placement, requests.profile, offsets, item[filled],
            relevance[filled],
        )  # fmt: skip
        out = np.zeros((*item.shape, len(FEATURES)), np.float16)
        out[filled] = self._features(part)
        return out

    def _features(self, part: _Part) -> npt.NDArray[np.float32]:
        return features(part, part, self.profiles, self.items, self.kinds)


@dataclass(frozen=True)
class _Part:
    """Some requests and their candidates in one."""

    at_us: npt.NDArray[np.int64]
    placement: npt.NDArray[np.int16]
    profile: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    item: npt.NDArray[np.int32]
    relevance: npt.NDArray[np.float32]


def _part(requests: Requests, candidates: Candidates, start: int) -> _Part:
    own = slice(start, start + _CHUNK)
    offsets = candidates.offsets[start : start + _CHUNK + 1]
    rows = slice(offsets[0], offsets[-1])
    return _Part(
        requests.at_us[own], requests.placement[own], requests.profile[own], offsets - offsets[0],
        candidates.item[rows], candidates.relevance[rows],
    )  # fmt: skip
