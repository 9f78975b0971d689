"""Events and credits to sums by hour and day: pure, vectorised, integers throughout.

Sums only ever grow by the rows of one chunk, and a chunk is applied in one transaction with the
log's position, so every event is counted exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from adunion.attribution.types import Credits
from adunion.kernel.id_columns import IdTable, distinct, given
from adunion.tracking.types import FLAG_MOVED, EventBatch, EventType

from .types import DIRECT, Dimensions, Rollup, Sums, prefixed_ids

Ints = npt.NDArray[np.int64]
Ids = npt.NDArray[np.void]
Rows = npt.NDArray[np.bool_]
Values = npt.NDArray[np.int64] | npt.NDArray[np.float64]

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PPM = 1_000_000
_FEW, _SPARSE = 100_000, 8
"""A table of all keys is made where they are few, or not many more than rows."""


def roll_up(
    batch: EventBatch,
    credits: Credits,
    refunded: Credits,
    refunds_minor: Ints,
    dimensions: Dimensions,
    first: Rows | None = None,
) -> Rollup:
    """What one chunk adds to every table.

    `credits` has a row per ORDER event of the batch; `refunded` a row per REFUND event with the
    credit of the line that it returns, and `refunds_minor` (same length) how much is returned.
    `first` says of each credit whether its order is its shopper's first at the merchant.
    """
    kinds = (*dict.fromkeys(dimensions.kinds), DIRECT)
    kind_rows = np.array([kinds.index(kind) for kind in dimensions.kinds] or [0], np.int64)

    def kind_of(placement: Ids) -> Ints:
        rows, found = _find(dimensions.placements, placement)
        return np.where(found, kind_rows[rows], len(kinds) - 1)

    event_kind, credit_kind = kind_of(batch.placement), kind_of(credits.placement)
    refund_kind = kind_of(refunded.placement)
    item_rows, known = _find(dimensions.items, credits.item)
    holder = np.zeros(len(credits.item), "V16")
    if known.any():
        holder[known] = dimensions.item_plan[item_rows[known]]
    return Rollup(
        _plan_hours(
            batch, credits, refunded, refunds_minor, holder,
            np.zeros(len(credits), np.bool_) if first is None else first,
            (event_kind, credit_kind, refund_kind), kinds,
        ),
        _plan_item_days(batch, credits),
        _market_hours(
            batch, credits, refunded, refunds_minor, dimensions,
            (event_kind, credit_kind, refund_kind), kinds,
        ),
        _link_days(batch, credits, refunded, refunds_minor),
    )  # fmt: skip


class _Adder:
    """Collects (key, value) columns by metric, then groups them all by key at once.

    `size` is how many keys there may be, from 0 on.
    """

    def __init__(self, size: int, *metrics: str) -> None:
        self._size = size
        self._parts: dict[str, list[tuple[Ints, Values | None]]] = {each: [] for each in metrics}

    def add(self, metric: str, keys: Ints, values: Values | None = None) -> None:
        """Count keys, or add a value to each."""
        self._parts[metric].append((keys, values))

    def sums(self) -> tuple[Ints, dict[str, Values]]:
        """The keys that came, sorted, and the sums of each metric."""
        every, place = self._places()
        return every, {
            metric: _total(len(every), [(place(keys), values) for keys, values in parts])
            for metric, parts in self._parts.items()
        }

    def _places(self) -> tuple[Ints, Callable[[Ints], Ints]]:
        """The keys that came, sorted, and what finds keys among them."""
        parts = [keys for parts in self._parts.values() for keys, _ in parts]
        if self._size > _SPARSE * sum(map(len, parts)) + _FEW:
            every = np.unique(np.concatenate(parts))
            return every, lambda keys: np.searchsorted(every, keys)
        came = np.zeros(self._size, np.bool_)
        for keys in parts:
            came[keys] = True
        every = np.flatnonzero(came)
        places = np.zeros(self._size, np.int64)
        places[every] = np.arange(len(every))
        return every, lambda keys: places[keys]


def _total(size: int, parts: list[tuple[Ints, Values | None]]) -> Values:
    real = any(values is not None and values.dtype.kind == "f" for _, values in parts)
    total: Values = np.zeros(size, np.float64) if real else np.zeros(size, np.int64)
    for place, values in parts:
        np.add.at(total, place, 1 if values is None else values)
    return total


class _Coder:
    """Packs (id, second id or kind, period) into one integer and unpacks it again."""

    def __init__(self, ids: Sequence[Ids], width: int, times: Sequence[Ints], period: int) -> None:
        """`ids` are the columns to be packed, if any; `period` is in microseconds."""
        self._ids, codes = distinct(np.concatenate(ids or [np.zeros(1, "V16")]))
        ends = np.cumsum([len(each) for each in ids])
        self._codes = np.split(codes, ends[:-1]) if ids else []
        self._width = max(1, width)
        self._period = period
        at_us = np.concatenate(times)
        self._first = int(at_us.min()) // period if len(at_us) else 0
        self._periods = (int(at_us.max()) // period - self._first + 1) if len(at_us) else 1

    @property
    def size(self) -> int:
        """How many keys there may be."""
        return len(self._ids) * self._width * self._periods

    def pack(self, column: int, inner: npt.NDArray[np.integer] | int, at_us: Ints) -> Ints:
        """The keys of one of the columns."""
        periods = at_us // self._period - self._first
        codes = self._codes[column] if self._codes else 0
        packed: Ints = (codes * self._width + inner) * self._periods + periods
        return packed

    def unpack(self, prefix: str, keys: Ints) -> tuple[list[object], Ints, list[datetime]]:
        """Ids in full, what was packed beside each, and when its period began."""
        rest, period = np.divmod(keys, self._periods)
        codes, inner = np.divmod(rest, self._width)
        starts = {
            each: _EPOCH + timedelta(microseconds=(each + self._first) * self._period)
            for each in set(period.tolist())
        }
        return (
            _named(prefix, self._ids, codes), inner, [starts[each] for each in period.tolist()]
        )  # fmt: skip


def _named(prefix: str, ids: Ids, codes: Ints) -> list[object]:
    """The ids of some codes as prefixed texts."""
    names = prefixed_ids(prefix, ids)
    return [names[code] for code in codes.tolist()]


def _plan_hours(
    batch: EventBatch,
    credits: Credits,
    refunded: Credits,
    refunds_minor: Ints,
    holder: Ids,
    first: Rows,
    row_kinds: tuple[Ints, Ints, Ints],
    kinds: tuple[str, ...],
) -> Sums:
    event_kind, credit_kind, refund_kind = row_kinds
    own = np.flatnonzero(given(batch.plan))
    coder = _Coder(
        [batch.plan[own], credits.plan, refunded.plan, holder],
        len(kinds),
        [batch.at_us[own], credits.at_us, refunded.at_us],
        _HOUR_US,
    )
    out = _Adder(
        coder.size, "impressions", "moved_impressions", "first_slot", "clicks", "moved_clicks",
        "orders", "new_orders", "gmv_minor", "gmv_added_minor", "gmv_item_minor", "refunds_minor",
        "spend_micros",
    )  # fmt: skip
    keys = coder.pack(0, event_kind[own], batch.at_us[own])
    moved = (batch.flags[own] & FLAG_MOVED) != 0
    seen, clicked = batch.type[own] == EventType.IMPRESSION, batch.type[own] == EventType.CLICK
    out.add("impressions", keys[seen])
    out.add("moved_impressions", keys[moved & seen])
    out.add("first_slot", keys[moved & seen & (batch.slot[own] == 0)])
    out.add("clicks", keys[clicked])
    out.add("moved_clicks", keys[moved & clicked])
    out.add("spend_micros", keys[moved & seen], batch.price_micros[own][moved & seen])

    credited = given(credits.plan)
    credit_keys = coder.pack(1, credit_kind, credits.at_us)[credited]
    amounts = credits.amount_minor[credited]
    out.add("gmv_minor", credit_keys, amounts)
    out.add("gmv_added_minor", credit_keys, amounts * _added_ppm(credits)[credited] // _PPM)
    heads = _first_of_each(credits.order[credited], credits.plan[credited])
    out.add("orders", credit_keys[heads])
    out.add("new_orders", credit_keys[heads[first[credited][heads]]])
    held = given(holder)
    held_keys = coder.pack(3, credit_kind, credits.at_us)[held]
    out.add("gmv_item_minor", held_keys, credits.amount_minor[held])
    back = given(refunded.plan)
    back_keys = coder.pack(2, refund_kind, refunded.at_us)[back]
    out.add("refunds_minor", back_keys, refunds_minor[back])
    keys, sums = out.sums()
    plans, inner, hours = coder.unpack("cmp", keys)
    return Sums(
        {
            "plan_id": plans,
            "hour": list(hours),
            "placement_kind": [kinds[k] for k in inner],
        },
        sums,
    )


def _plan_item_days(batch: EventBatch, credits: Credits) -> Sums:
    own, credited = np.flatnonzero(given(batch.plan)), np.flatnonzero(given(credits.plan))
    items, item = distinct(np.concatenate([batch.item[own], credits.item[credited]]))
    at_us, sold_at_us = batch.at_us[own], credits.at_us[credited]
    coder = _Coder(
        [batch.plan[own], credits.plan[credited]], len(items), [at_us, sold_at_us], _DAY_US
    )
    out = _Adder(coder.size, "impressions", "clicks", "orders", "gmv_minor", "spend_micros")
    keys, type_ = coder.pack(0, item[: len(own)], at_us), batch.type[own]
    paid = (type_ == EventType.IMPRESSION) & ((batch.flags[own] & FLAG_MOVED) != 0)
    out.add("impressions", keys[type_ == EventType.IMPRESSION])
    out.add("clicks", keys[type_ == EventType.CLICK])
    out.add("spend_micros", keys[paid], batch.price_micros[own[paid]])
    keys = coder.pack(1, item[len(own) :], sold_at_us)
    out.add("orders", keys)
    out.add("gmv_minor", keys, credits.amount_minor[credited])
    every, sums = out.sums()
    plans, item_codes, days = coder.unpack("cmp", every)
    return Sums(
        {
            "plan_id": plans,
            "item_id": _named("itm", items, item_codes),
            "day": [day.date() for day in days],
        },
        sums,
    )


def _market_hours(
    batch: EventBatch,
    credits: Credits,
    refunded: Credits,
    refunds_minor: Ints,
    dimensions: Dimensions,
    row_kinds: tuple[Ints, Ints, Ints],
    kinds: tuple[str, ...],
) -> Sums:
    event_kind, credit_kind, refund_kind = row_kinds
    times = [batch.at_us, credits.at_us, refunded.at_us]
    coder = _Coder([], len(kinds), times, _HOUR_US)
    out = _Adder(
        coder.size, "requests", "impressions", "sponsored_impressions", "clicks", "orders",
        "gmv_minor", "gmv_organic_minor", "refunds_minor", "spend_micros", "experience_sum",
    )  # fmt: skip
    keys = coder.pack(0, event_kind, batch.at_us)
    seen = batch.type == EventType.IMPRESSION
    sponsored = seen & ((batch.flags & FLAG_MOVED) != 0)
    out.add("requests", keys[batch.type == EventType.REQUEST])
    out.add("impressions", keys[seen])
    out.add("sponsored_impressions", keys[sponsored])
    out.add("clicks", keys[batch.type == EventType.CLICK])
    out.add("spend_micros", keys[sponsored], batch.price_micros[sponsored])
    rows, known = _find(dimensions.items, batch.item[seen])
    worth = dimensions.experience[rows[known]].astype(np.float64)
    out.add("experience_sum", keys[seen][known], worth)

    credit_keys = coder.pack(1, credit_kind, credits.at_us)
    organic = ~given(credits.plan)
    out.add("orders", credit_keys[credits.line == 1])
    out.add("gmv_minor", credit_keys, credits.amount_minor)
    out.add("gmv_organic_minor", credit_keys[organic], credits.amount_minor[organic])
    refund_keys = coder.pack(2, refund_kind, refunded.at_us)
    out.add("refunds_minor", refund_keys, refunds_minor)
    every, sums = out.sums()
    _, inner, hours = coder.unpack("", every)
    return Sums({"hour": list(hours), "placement_kind": [kinds[k] for k in inner]}, sums)


def _link_days(batch: EventBatch, credits: Credits, refunded: Credits, refunds_minor: Ints) -> Sums:
    clicked = np.flatnonzero(given(batch.link) & (batch.type == EventType.CLICK))
    sold, back = given(credits.link), given(refunded.link)
    times = [batch.at_us[clicked], credits.at_us[sold], refunded.at_us[back]]
    coder = _Coder(
        [batch.link[clicked], credits.link[sold], refunded.link[back]], 1, times, _DAY_US
    )
    out = _Adder(coder.size, "clicks", "orders", "gmv_minor", "refunds_minor")
    out.add("clicks", coder.pack(0, 0, times[0]))
    keys = coder.pack(1, 0, times[1])
    out.add("orders", keys[_first_of_each(credits.order[sold], credits.link[sold])])
    out.add("gmv_minor", keys, credits.amount_minor[sold])
    out.add("refunds_minor", coder.pack(2, 0, times[2]), refunds_minor[back])
    every, sums = out.sums()
    links, _, days = coder.unpack("lnk", every)
    return Sums({"link_id": links, "day": [day.date() for day in days]}, sums)


def _find(known: IdTable, wanted: Ids) -> tuple[Ints, Rows]:
    """Row of each wanted id (0 where absent) and whether it is there; shapes (n,)."""
    rows = known.rows(wanted).astype(np.int64)
    return np.maximum(rows, 0), rows >= 0


def _first_of_each(left: Ids, right: Ids) -> Ints:
    """Rows that are the first with their pair of ids."""
    if len(left) == 0:
        return np.zeros(0, np.int64)
    (_, left_codes), (rights, right_codes) = distinct(left), distinct(right)
    _, found = np.unique(left_codes * len(rights) + right_codes, return_index=True)
    first: Ints = found.astype(np.int64)
    return first


def _added_ppm(credits: Credits) -> Ints:
    """Millionths of a credit that the bid added over the item's organic place."""
    shown = np.maximum(credits.exposure.astype(np.float64), 1e-9)
    added = (shown - credits.exposure_organic) / shown
    ppm: Ints = np.rint(np.clip(added, 0.0, 1.0) * _PPM).astype(np.int64)
    return ppm
