"""Types of the room: requests in, decisions out, as columns, so one or a million cost alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Placement:
    """Where items are shown; `exposures[k]` is P(slot k is seen), falling."""

    id: str
    code: str
    kind: str  # search, feed, cart, page, live
    exposures: tuple[float, ...]
    publisher_id: str | None = None


@dataclass(frozen=True)
class RequestBatch:
    """n requests. Request i has `context_items` from `context_offsets[i]` to `[i + 1]`."""

    request: npt.NDArray[np.void]  # (n,) V16
    at_us: npt.NDArray[np.int64]  # (n,)
    placement: npt.NDArray[np.int16]  # (n,) row in the engine's placements
    slots: npt.NDArray[np.int16]  # (n,) slots wanted, <= the placement's
    shopper: npt.NDArray[np.void]  # (n,) V16
    profile: npt.NDArray[np.int32]  # (n,) row in the profile store; -1 unknown or no consent
    query: npt.NDArray[np.int32]  # (n,) row in `queries`; -1 none
    queries: list[str]  # distinct query or page texts
    context_offsets: npt.NDArray[np.int64]  # (n + 1,)
    context_items: npt.NDArray[np.int32]  # catalog rows: the cart, or the item being viewed
    consent: npt.NDArray[np.bool_]  # (n,)
    keep: bool = False  # in the log of decisions whatever its sample says
    region: npt.NDArray[np.int32] | None = None  # (n,) row in `regions`, -1 none; None: all none
    regions: Sequence[str] = ()  # coarse, as the site names them
    harmful: npt.NDArray[np.bool_] | None = None  # (n,) beside this no bid counts; None: nowhere

    def __len__(self) -> int:
        return len(self.request)


@dataclass(frozen=True)
class CandidateBatch:
    """m candidates of n requests: request i has rows `offsets[i]` to `offsets[i + 1]`."""

    offsets: npt.NDArray[np.int64]  # (n + 1,)
    item: npt.NDArray[np.int32]  # (m,) catalog row, no item twice in one request
    relevance: npt.NDArray[np.float32]  # (m,) match to the request, 0..1
    source: npt.NDArray[np.uint8]  # (m,) which retrieval brought it


class DecisionBatch(NamedTuple):
    """What n requests are answered with; every array is (n, K), K the most slots of any placement.

    Slots beyond a request's own hold item -1. Prices are per seen impression.
    """

    item: npt.NDArray[np.int32]  # catalog row, -1 empty
    plan: npt.NDArray[np.int32]  # row of the plan that bid, moved or not; -1 none
    moved: npt.NDArray[np.bool_]  # the bid moved it: sponsored
    price_micros: npt.NDArray[np.int64]
    exposure: npt.NDArray[np.float32]
    exposure_organic: npt.NDArray[np.float32]
    pctr: npt.NDArray[np.float32]
    pcvr: npt.NDArray[np.float32]
    organic: npt.NDArray[np.float32]  # o_i, micros per impression
    bid: npt.NDArray[np.float32]  # b_i beyond the reserve, micros per impression
    relevance: npt.NDArray[np.float32]
    propensity: npt.NDArray[np.float32]
    candidates: npt.NDArray[np.int32]  # (n,) how many were ranked
