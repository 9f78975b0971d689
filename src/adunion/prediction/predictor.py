"""Prediction ready for use: models, profiles and items bound together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .features import FEATURES, Known, Likes, features
from .items import ItemColumns
from .logits import chances, item_logits
from .models import Models
from .types import Candidates, Profiles, Requests


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
        chances(
            candidates.offsets, candidates.item, candidates.relevance, requests.at_us,
            requests.placement, requests.profile, self.kinds,
            tuple(Known.of(self.profiles, self.items)),
            tuple(Likes.of(self.profiles, self.items)), self._item_logits,
            self.models.click.columns, self.models.order.columns, pctr, pcvr,
        )  # fmt: skip
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

    @cached_property
    def _item_logits(self) -> npt.NDArray[np.float32]:
        """What each item brings to both logits whoever sees it, (items, 2)."""
        return item_logits(self.models, self.items)

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
