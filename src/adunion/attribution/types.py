"""Types of the room: the credit an order line gives, as columns."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from adunion.kernel.registry import Registry
from adunion.tracking.types import EventBatch


@dataclass(frozen=True)
class Credits:
    """One row for each ORDER event, credited or not; shape (n,), ids V16, `NO_ID` for nobody.

    `placement`, `exposure`, `exposure_organic`, `click_at_us` are of the last click on the item,
    which is the plan's where `plan` is set (-1 and zeros: no click in the window).
    """

    order: npt.NDArray[np.void]
    line: npt.NDArray[np.int16]
    item: npt.NDArray[np.void]
    shopper: npt.NDArray[np.void]
    at_us: npt.NDArray[np.int64]
    quantity: npt.NDArray[np.int32]
    amount_minor: npt.NDArray[np.int64]
    plan: npt.NDArray[np.void]
    link: npt.NDArray[np.void]
    placement: npt.NDArray[np.void]
    exposure: npt.NDArray[np.float32]
    exposure_organic: npt.NDArray[np.float32]
    click_at_us: npt.NDArray[np.int64]  # of the last click on the item; -1 none
    link_click_at_us: npt.NDArray[np.int64]  # of the click that credits the link; -1 none

    def __len__(self) -> int:
        return len(self.order)

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Credits:
        """The chosen rows, in that order."""
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)})


class AttributionRule(Protocol):
    """Decides which plan and which link an order line is owed to.

    A rule is built from `items` (m,) V16 sorted, and `merchants` (m,) int32, the merchant of each.
    """

    name: str

    def __init__(self, items: npt.NDArray[np.void], merchants: npt.NDArray[np.int32]) -> None: ...

    def observe(self, batch: EventBatch) -> None:
        """Remember the clicks of a batch."""
        ...

    def credit(self, batch: EventBatch) -> Credits:
        """Remember the clicks of a batch, then credit its ORDER events, in their order."""
        ...

    def set_items(self, items: npt.NDArray[np.void], merchants: npt.NDArray[np.int32]) -> None:
        """Take a newer catalog."""
        ...


attribution_rules: Registry[type[AttributionRule]] = Registry("attribution")
"""The ways to credit an order."""
