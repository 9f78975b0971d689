"""Types of the room: the event, as columns."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from adunion.trust.token import FLAG_CONSENT as FLAG_CONSENT
from adunion.trust.token import FLAG_MOVED as FLAG_MOVED

REFUND_NUMBER_MAX = 1_000
"""Highest number of a refund that an event tells; those of imported files are above."""


class EventType(IntEnum):
    """What happened; the number is what the event log stores, so it never changes."""

    REQUEST = 0
    IMPRESSION = 1
    CLICK = 2
    VISIT = 3
    FAVOURITE = 4
    CART = 5
    ORDER = 6
    PAYMENT = 7
    RECEIPT = 8
    REFUND = 9


NO_ID = np.zeros(1, "V16")[0]
"""Sixteen zero bytes: no plan, no link, no order."""


@dataclass(frozen=True)
class EventBatch:
    """n events as columns of shape (n,); ids are the 16 ULID bytes of our prefixed ids.

    `key` identifies an event: two events of one key are one (a beacon sent twice). `amount_minor`
    is an order line's or refund's amount; `price_micros` what a seen impression costs its plan.
    An order of several lines is several ORDER events of one `order`.
    """

    type: npt.NDArray[np.uint8]
    at_us: npt.NDArray[np.int64]
    key: npt.NDArray[np.uint64]
    request: npt.NDArray[np.void]
    slot: npt.NDArray[np.int16]  # 0-based; -1 none
    placement: npt.NDArray[np.void]
    item: npt.NDArray[np.void]
    plan: npt.NDArray[np.void]
    shopper: npt.NDArray[np.void]  # blake2b-16 of the pseudonym
    link: npt.NDArray[np.void]
    order: npt.NDArray[np.void]
    line: npt.NDArray[np.int16]  # 1-based order line; 0 whole order
    number: npt.NDArray[np.int32]  # refunds of a line count up from 0; else 0
    quantity: npt.NDArray[np.int32]
    amount_minor: npt.NDArray[np.int64]
    price_micros: npt.NDArray[np.int64]
    flags: npt.NDArray[np.uint8]
    exposure: npt.NDArray[np.float32]  # P(seen) of the slot it was given
    exposure_organic: npt.NDArray[np.float32]  # P(seen) of the slot it had without its bid
    pctr: npt.NDArray[np.float32]
    pcvr: npt.NDArray[np.float32]
    propensity: npt.NDArray[np.float32]
    text: npt.NDArray[np.object_]  # query of a request, merchant's number of an order, else ""

    def __len__(self) -> int:
        return len(self.type)

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> EventBatch:
        """The chosen rows, in that order."""
        if rows.dtype == np.bool_:
            rows = np.flatnonzero(rows)  # once, not for each column
            if len(rows) == len(self):
                return self
        return EventBatch(*[getattr(self, name)[rows] for name in _NAMES])

    def between(self, first: int, last: int) -> EventBatch:
        """The rows from `first` to before `last`, as views."""
        return EventBatch(*[getattr(self, name)[first:last] for name in _NAMES])


_NAMES = tuple(column.name for column in fields(EventBatch))


def concat(batches: list[EventBatch]) -> EventBatch:
    """The rows of several batches as one, in order."""
    if len(batches) == 1:
        return batches[0]
    if not batches:
        return events(0)
    return EventBatch(
        *[np.concatenate([getattr(batch, name) for batch in batches]) for name in _NAMES]
    )


@dataclass(frozen=True)
class Accepted:
    """What became of a batch: `fresh[i]` is False where event i was a duplicate."""

    count: int
    duplicates: int
    fresh: npt.NDArray[np.bool_]  # (n,)
    position: int  # of the log, after these rows


_ID_COLUMNS = frozenset(("request", "placement", "item", "plan", "shopper", "link", "order"))
_DTYPES: dict[str, str] = {
    "type": "u1", "at_us": "i8", "key": "u8", "slot": "i2", "line": "i2", "number": "i4",
    "quantity": "i4", "amount_minor": "i8", "price_micros": "i8", "flags": "u1", "exposure": "f4",
    "exposure_organic": "f4", "pctr": "f4", "pcvr": "f4", "propensity": "f4",
}  # fmt: skip


def events(count: int, **columns: npt.NDArray[np.generic] | int | float | str) -> EventBatch:
    """A batch from the columns given (arrays or one value for all); the rest are zero or none."""
    filled: dict[str, npt.NDArray[np.generic]] = {}
    for name in _NAMES:
        given = columns.pop(name, None)
        if name in _ID_COLUMNS:
            filled[name] = np.zeros(count, "V16") if given is None else np.asarray(given)
        elif name == "text":
            filled["text"] = np.full(count, "", object) if given is None else np.asarray(given)
        elif isinstance(given, np.ndarray) and given.ndim:
            filled[name] = given.astype(_DTYPES[name], copy=False)
        else:
            default = -1 if name == "slot" else 0
            filled[name] = np.full(count, default if given is None else given, _DTYPES[name])
    if columns:
        raise TypeError(f"no such columns: {sorted(columns)}")
    for name, array in filled.items():
        if len(array) != count:
            raise ValueError(f"column {name} has {len(array)} rows, not {count}")
    return EventBatch(**filled)  # type: ignore[arg-type]
