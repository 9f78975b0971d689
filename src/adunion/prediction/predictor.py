"""Prediction ready for use: models, profiles and items bound together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from operator import is_

import numpy as np
import numpy.typing as npt

from adunion.kernel.boxed import Box, boxed

from .features import Known, Likes, features
from .halves import halves
from .items import ItemColumns
from .logits import Standing, chances, item_logits
from .models import Models
from .types import Candidates, Profiles, Requests


@dataclass(frozen=True)
class Predictor:
    """Answers P(click | seen) and P(order | click) of candidates; make a new one each tick."""

    models: Models
    profiles: Profiles
    items: ItemColumns
    kinds: npt.NDArray[np.uint8]  # (placements,) kind code of each
    _held: list[object] = field(default_factory=lambda: [None], init=False, compare=False)
    _box: list[Box] = field(default_factory=list, init=False, compare=False)

    def __call__(
        self, requests: Requests, candidates: Candidates
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Pctr and pcvr, float32 (m,) each."""
        pctr = np.empty(len(candidates.item), np.float32)
        pcvr = np.empty(len(candidates.item), np.float32)
        chances(
            self._standing(), candidates.offsets, candidates.item, candidates.relevance,
            requests.at_us, requests.placement, requests.profile, pctr, pcvr,
        )  # fmt: skip
        return pctr, pcvr

    def shown(
        self,
        requests: Requests,
        item: npt.NDArray[np.int32],
        relevance: npt.NDArray[np.float32],
    ) -> npt.NDArray[np.float16]:
        """Features to log of what was shown, (m, F): a row for each slot that is not empty (-1).

        Take them when deciding: later the profile and the item have learned the outcome.
        """
        filled = item >= 0
        offsets = np.concatenate(([0], np.cumsum(filled.sum(1)))).astype(np.int64)
        part = _Part(
            requests.at_us, requests.placement, requests.profile, offsets, item[filled],
            relevance[filled],
        )  # fmt: skip
        return halves(self._features(part))

    def _standing(self) -> Box:
        """What requests have in common; put in another box when profiles or scenes moved."""
        people, scenes = self.profiles, self.profiles.scenes
        held = (
            people.category, people.taste, people.ordered_us, people.recent, people.price_level,
            people.sketch, people.evidence, people.vectors, scenes.of_hour, scenes.prior,
            scenes.lift,
        )  # fmt: skip
        if not all(map(is_, held, self._held)):
            told = Standing(
                Known.of(people, self.items), Likes.of(people, self.items), self.kinds,
                self._item_logits, self.models.click.columns, self.models.order.columns,
            )  # fmt: skip
            self._held[:], self._box[:] = held, [boxed(told)]
        return self._box[0]

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
