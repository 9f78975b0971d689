"""What the log of decisions keeps of a batch: the engine's columns under the log's names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.money import micros_per_minor

from .auction.batch import Goods, Requests
from .book import PlanBook
from .desk import Columns
from .log import Decided
from .settings import DecisionSettings
from .types import DecisionBatch, Placement

Ints = npt.NDArray[np.int64]
_SETTINGS = ("explore_bps", "take_bps", "experience_bps", "merchant_cap", "group_cap")


def decided(
    columns: Columns, shown: Ints, made: DecisionBatch, goods: Goods,
    catalog: CatalogSnapshot, plans: PlanBook, placements: Sequence[Placement],
    settings: DecisionSettings,
) -> Decided:  # fmt: skip
    """The batch as it was ranked, and what was shown of it: candidate rows (n, K), the answer."""
    requests, candidates, scores = columns.requests, columns.candidates, columns.scores
    plan_raw = np.append(plans.raw, np.zeros(1, "V16"))

    def of_rows(rows: Ints) -> dict[str, npt.NDArray[Any]]:
        item = candidates.item[rows]
        return {
            "item": catalog.raw[item],
            "plan": plan_raw[scores.plan[rows]],
            "merchant": goods.merchant[item],
            "group": goods.group[item],
            "pctr": candidates.pctr[rows],
            "pcvr": candidates.pcvr[rows],
            "relevance": columns.relevance[rows],
            "value": goods.value_micros[item],
            "experience": goods.experience_micros[item],
            "organic": scores.organic[rows],
            "bid": scores.bid[rows],
        }

    return Decided(
        request=columns.words.view("V16"),
        at_us=requests.at_us,
        offsets=requests.offsets,
        columns=of_rows,
        score=scores.organic + scores.bid,
        exposures=_exposures(goods, requests),
        paid_most=requests.paid,
        settings={
            "unit": micros_per_minor(catalog.currency),
            **{name: getattr(settings, name) for name in _SETTINGS},
        },
        placement=_ids(tuple(placements))[requests.placement],
        home=columns.slots.candidate,
        shown=shown,
        of_slot={
            "moved": made.moved,
            "price": made.price_micros,
            "propensity": made.propensity,
            "exposure_organic": made.exposure_organic,
        },
    )


@lru_cache(4)
def _ids(placements: tuple[Placement, ...]) -> npt.NDArray[np.str_]:
    return np.array([each.id for each in placements])


def _exposures(table: Goods, requests: Requests) -> Ints:
    """(n, K) of the slots that each request wanted, 0 past them."""
    exposures = table.exposures[requests.placement]
    wanted = np.arange(exposures.shape[1]) < requests.slots[:, None]
    return np.where(wanted, exposures, 0)
