"""Prediction ready for use: models, profiles and items bound together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from .features import FEATURES, LIKE, Known, Likes, features, fill, likes, moment
from .items import ItemColumns
from .models import Models, chance
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
        _predict(
            candidates.offsets, candidates.item, candidates.relevance, requests.at_us,
            requests.placement, requests.profile, self.kinds,
            tuple(Known.of(self.profiles, self.items)),
            tuple(Likes.of(self.profiles, self.items)), self.models.click.columns,
            self.models.order.columns, pctr, pcvr,
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


@njit(cache=True, nogil=True)
def _predict(  # type: ignore[no-untyped-def]  # plain tuples of columns
    offsets,
    item,
    relevance,
    at_us,
    placement,
    profile,
    kinds,
    columns,
    liked,
    click,
    order,
    pctr,
    pcvr,
) -> None:
    """Both chances of each candidate; its features live in one row, used again for the next."""
    known, read, row = Known(*columns), Likes(*liked), np.empty(len(FEATURES), np.float32)
    for i in range(len(at_us)):
        kind = kinds[placement[i]]
        now = moment(kind, at_us[i], profile[i], known)
        first, last = offsets[i], offsets[i + 1]
        like = likes(at_us[i], profile[i], item[first:last], read)
        for j in range(first, last):
            fill(row, now, item[j], relevance[j], known)
            row[LIKE], row[LIKE + 1] = like[0, j - first], like[1, j - first]
            pctr[j], pcvr[j] = chance(row, kind, *click), chance(row, kind, *order)
