"""Events and credits to sums by hour and day: pure, vectorised, integers throughout.

Sums only ever grow by the rows of one chunk, and a chunk is applied in one transaction with the
log's position, so every event is counted exactly once.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from adunion.attribution.types import Credits
from adunion.kernel.id_columns import rows_of
from adunion.tracking.types import FLAG_MOVED, NO_ID, EventBatch, EventType

from .types import DIRECT, Dimensions, Rollup, Sums, prefixed_ids

Ints = npt.NDArray[np.int64]
Ids = npt.NDArray[np.void]
Rows = npt.NDArray[np.bool_]

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PPM = 1_000_000


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
    holder = np.full(len(credits.item), NO_ID)
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
    """Collects (key, value) columns by metric, then groups them all by key at once."""

    def __init__(self, *metrics: str) -> None:
        self._parts: dict[str, list[tuple[Ints, npt.NDArray[np.generic] | int]]] = defaultdict(list)
        self._metrics = metrics

    def add(self, metric: str, keys: Ints, values: npt.NDArray[np.generic] | int = 1) -> None:
        self._parts[metric].append((keys, values))

    def sums(self) -> tuple[Ints, dict[str, npt.NDArray[np.int64] | npt.NDArray[np.float64]]]:
        parts = [keys for metric in self._metrics for keys, _ in self._parts[metric]]
        every = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
        out: dict[str, npt.NDArray[np.int64] | npt.NDArray[np.float64]] = {}
        for metric in self._metrics:
            real = any(
                isinstance(values, np.ndarray) and values.dtype.kind == "f"
                for _, values in self._parts[metric]
            )
            total: npt.NDArray[np.int64] | npt.NDArray[np.float64] = (
                np.zeros(len(every), np.float64) if real else np.zeros(len(every), np.int64)
            )
            for keys, values in self._parts[metric]:
                np.add.at(total, np.searchsorted(every, keys), values)
            out[metric] = total
        return every, out


class _Coder:
    """Packs (id, second id or kind, period) into one integer and unpacks it again."""

    def __init__(self, ids: Ids, width: int, at_us: Ints, period_us: int) -> None:
        self.ids = np.unique(ids)
        self._width = width
        self._period_us = period_us
        self._first = int(at_us.min()) // period_us if len(at_us) else 0
        self._periods = (int(at_us.max()) // period_us - self._first + 1) if len(at_us) else 1

    def pack(self, ids: Ids, inner: npt.NDArray[np.integer] | int, at_us: Ints) -> Ints:
        codes = rows_of(self.ids, ids).astype(np.int64)
        periods = at_us // self._period_us - self._first
        packed: Ints = (codes * self._width + inner) * self._periods + periods
        return packed

    def unpack(self, keys: Ints) -> tuple[Ids, Ints, list[datetime]]:
        rest, periods = np.divmod(keys, self._periods)
        codes, inner = np.divmod(rest, self._width)
        starts = (periods + self._first) * self._period_us
        return self.ids[codes], inner, [_EPOCH + timedelta(microseconds=int(us)) for us in starts]


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
    own = np.flatnonzero(batch.plan != NO_ID)
    coder = _Coder(
        np.concatenate([batch.plan[own], credits.plan, refunded.plan, holder]),
        len(kinds),
        np.concatenate([batch.at_us[own], credits.at_us, refunded.at_us]),
        _HOUR_US,
    )
    out = _Adder(
        "impressions", "moved_impressions", "first_slot", "clicks", "moved_clicks", "orders",
        "new_orders", "gmv_minor", "gmv_added_minor", "gmv_item_minor", "refunds_minor",
        "spend_micros",
    )  # fmt: skip
    keys = coder.pack(batch.plan[own], event_kind[own], batch.at_us[own])
    moved = (batch.flags[own] & FLAG_MOVED) != 0
    seen, clicked = batch.type[own] == EventType.IMPRESSION, batch.type[own] == EventType.CLICK
    out.add("impressions", keys[seen])
    out.add("moved_impressions", keys[moved & seen])
    out.add("first_slot", keys[moved & seen & (batch.slot[own] == 0)])
    out.add("clicks", keys[clicked])
    out.add("moved_clicks", keys[moved & clicked])
    out.add("spend_micros", keys[moved & seen], batch.price_micros[own][moved & seen])

    credited = credits.plan != NO_ID
    credit_keys = coder.pack(credits.plan, credit_kind, credits.at_us)[credited]
    amounts = credits.amount_minor[credited]
    out.add("gmv_minor", credit_keys, amounts)
    out.add("gmv_added_minor", credit_keys, amounts * _added_ppm(credits)[credited] // _PPM)
    heads = _first_of_each(credits.order[credited], credits.plan[credited])
    out.add("orders", credit_keys[heads])
    out.add("new_orders", credit_keys[heads[first[credited][heads]]])
    held = holder != NO_ID
    held_keys = coder.pack(holder, credit_kind, credits.at_us)[held]
    out.add("gmv_item_minor", held_keys, credits.amount_minor[held])
    back = refunded.plan != NO_ID
    out.add(
        "refunds_minor",
        coder.pack(refunded.plan, refund_kind, refunded.at_us)[back],
        refunds_minor[back],
    )
    keys, sums = out.sums()
    plans, inner, hours = coder.unpack(keys)
    return Sums(
        {
            "plan_id": list(prefixed_ids("cmp", plans)),
            "hour": list(hours),
            "placement_kind": [kinds[k] for k in inner],
        },
        sums,
    )


def _plan_item_days(batch: EventBatch, credits: Credits) -> Sums:
    in_plan = batch.plan != NO_ID
    credited = credits.plan != NO_ID
    items = np.unique(np.concatenate([batch.item[in_plan], credits.item[credited]]))
    coder = _Coder(
        np.concatenate([batch.plan[in_plan], credits.plan[credited]]),
        max(1, len(items)),
        np.concatenate([batch.at_us[in_plan], credits.at_us[credited]]),
        _DAY_US,
    )
    out = _Adder("impressions", "clicks", "orders", "gmv_minor", "spend_micros")

    def event_keys(rows: Rows) -> Ints:
        inner = rows_of(items, batch.item[rows])
        return coder.pack(batch.plan[rows], inner, batch.at_us[rows])

    seen = in_plan & (batch.type == EventType.IMPRESSION)
    paid = seen & ((batch.flags & FLAG_MOVED) != 0)
    out.add("impressions", event_keys(seen))
    out.add("clicks", event_keys(in_plan & (batch.type == EventType.CLICK)))
    out.add("spend_micros", event_keys(paid), batch.price_micros[paid])
    inner = rows_of(items, credits.item[credited])
    keys = coder.pack(credits.plan[credited], inner, credits.at_us[credited])
    out.add("orders", keys)
    out.add("gmv_minor", keys, credits.amount_minor[credited])
    every, sums = out.sums()
    plans, item_codes, days = coder.unpack(every)
    return Sums(
        {
            "plan_id": list(prefixed_ids("cmp", plans)),
            "item_id": list(prefixed_ids("itm", items[item_codes])) if len(items) else [],
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
    every_at = np.concatenate([batch.at_us, credits.at_us, refunded.at_us])
    coder = _Coder(np.full(1, NO_ID), len(kinds), every_at, _HOUR_US)
    out = _Adder(
        "requests", "impressions", "sponsored_impressions", "clicks", "orders", "gmv_minor",
        "gmv_organic_minor", "refunds_minor", "spend_micros", "experience_sum",
    )  # fmt: skip
    keys = coder.pack(np.full(len(batch), NO_ID), event_kind, batch.at_us)
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

    credit_keys = coder.pack(np.full(len(credits.plan), NO_ID), credit_kind, credits.at_us)
    organic = credits.plan == NO_ID
    out.add("orders", credit_keys[credits.line == 1])
    out.add("gmv_minor", credit_keys, credits.amount_minor)
    out.add("gmv_organic_minor", credit_keys[organic], credits.amount_minor[organic])
    refund_keys = coder.pack(np.full(len(refunded.plan), NO_ID), refund_kind, refunded.at_us)
    out.add("refunds_minor", refund_keys, refunds_minor)
    every, sums = out.sums()
    _, inner, hours = coder.unpack(every)
    return Sums({"hour": list(hours), "placement_kind": [kinds[k] for k in inner]}, sums)


def _link_days(batch: EventBatch, credits: Credits, refunded: Credits, refunds_minor: Ints) -> Sums:
    clicked = (batch.link != NO_ID) & (batch.type == EventType.CLICK)
    sold, back = credits.link != NO_ID, refunded.link != NO_ID
    coder = _Coder(
        np.concatenate([batch.link[clicked], credits.link[sold], refunded.link[back]]),
        1,
        np.concatenate([batch.at_us[clicked], credits.at_us[sold], refunded.at_us[back]]),
        _DAY_US,
    )
    out = _Adder("clicks", "orders", "gmv_minor", "refunds_minor")
    out.add("clicks", coder.pack(batch.link[clicked], 0, batch.at_us[clicked]))
    keys = coder.pack(credits.link[sold], 0, credits.at_us[sold])
    out.add("orders", keys[_first_of_each(credits.order[sold], credits.link[sold])])
    out.add("gmv_minor", keys, credits.amount_minor[sold])
    back_keys = coder.pack(refunded.link[back], 0, refunded.at_us[back])
    out.add("refunds_minor", back_keys, refunds_minor[back])
    every, sums = out.sums()
    links, _, days = coder.unpack(every)
    return Sums(
        {"link_id": list(prefixed_ids("lnk", links)), "day": [day.date() for day in days]}, sums
    )


def _find(sorted_ids: Ids, wanted: Ids) -> tuple[Ints, Rows]:
    """Row of each wanted id (0 where absent) and whether it is there; shapes (n,)."""
    rows = rows_of(sorted_ids, wanted).astype(np.int64)
    return np.maximum(rows, 0), rows >= 0


def _first_of_each(left: Ids, right: Ids) -> Ints:
    """Rows that are the first with their pair of ids."""
    if len(left) == 0:
        return np.zeros(0, np.int64)
    _, left_codes = np.unique(left, return_inverse=True)
    rights, right_codes = np.unique(right, return_inverse=True)
    _, found = np.unique(left_codes * len(rights) + right_codes, return_index=True)
    first: Ints = found.astype(np.int64)
    return first


def _added_ppm(credits: Credits) -> Ints:
    """Millionths of a credit that the bid added over the item's organic place."""
    shown = np.maximum(credits.exposure.astype(np.float64), 1e-9)
    added = (shown - credits.exposure_organic) / shown
    ppm: Ints = np.rint(np.clip(added, 0.0, 1.0) * _PPM).astype(np.int64)
    return ppm
