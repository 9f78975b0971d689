"""All SQL of the room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import ARRAY, Connection, Text, bindparam, func, select, text

from adunion.engines.direct import ask, run
from adunion.kernel.clock import from_micros, micros
from adunion.tracking.keys import id_texts, raw_ids
from adunion.tracking.types import NO_ID

from .tables import credits
from .types import Credits


@dataclass(frozen=True, slots=True)
class Credit:
    """The credit of one order line, as stored."""

    order_id: str
    line: int
    item_id: str
    plan_id: str | None
    link_id: str | None
    rule: str
    amount_minor: int
    ordered_at: datetime
    click_at: datetime | None
    link_click_at: datetime | None
    placement_id: str | None
    exposure: float
    exposure_organic: float


_OF_ORDERS = (
    select(*(credits.c[each.name] for each in fields(Credit)))
    .where(credits.c.order_id == func.any(bindparam("orders", type_=ARRAY(Text))))
    .order_by(credits.c.order_id, credits.c.line)
)


def save(conn: Connection, given: Credits, rule: str = "last_click") -> int:
    """Write credits, one row a line; those already there stay as they are. Returns the new ones.

    A line without plan and link is written too: that nobody is owed is a result.
    """
    if not len(given):
        return 0
    columns = {
        "order_id": id_texts("ord", given.order),
        "line": given.line.tolist(),
        "item_id": id_texts("itm", given.item),
        "plan_id": _ids_or_none("cmp", given.plan),
        "link_id": _ids_or_none("lnk", given.link),
        "amount": given.amount_minor.tolist(),
        "ordered_at": [from_micros(at) for at in given.at_us.tolist()],
        "click_at": _times_or_none(given.click_at_us),
        "link_click_at": _times_or_none(given.link_click_at_us),
        "placement_id": _ids_or_none("plc", given.placement),
        "exposure": given.exposure.tolist(),
        "exposure_organic": given.exposure_organic.tolist(),
        "rule": rule,
    }
    return run(conn, _SAVE, columns)


def of_orders(conn: Connection, order_ids: Sequence[str]) -> list[Credit]:
    """The credits of orders, by order and line."""
    return [Credit(*row) for row in ask(conn, _OF_ORDERS, {"orders": list(order_ids)})]


def of_lines(
    conn: Connection,
    order: npt.NDArray[np.void],
    line: npt.NDArray[np.int16],
    returned_at_us: npt.NDArray[np.int64],
) -> Credits:
    """The credits of returned order lines (n,), in their order.

    For refunds: whoever was credited with the line bears its return. A line that has no credit is
    credited to nobody, at the time of its return.
    """
    order_ids, lines = id_texts("ord", order), line.tolist()
    known = of_orders(conn, sorted(set(order_ids))) if order_ids else ()
    found = {(c.order_id, c.line): c for c in known}
    rows = [found.get(pair) for pair in zip(order_ids, lines, strict=True)]
    return Credits(
        order=order,
        line=line,
        item=raw_ids([row.item_id if row else None for row in rows]),
        shopper=np.zeros(len(rows), "V16"),
        at_us=np.array(
            [
                micros(row.ordered_at) if row else at
                for row, at in zip(rows, returned_at_us.tolist(), strict=True)
            ],
            np.int64,
        ),
        quantity=np.zeros(len(rows), np.int32),
        amount_minor=np.array([row.amount_minor if row else 0 for row in rows], np.int64),
        plan=raw_ids([row.plan_id if row else None for row in rows]),
        link=raw_ids([row.link_id if row else None for row in rows]),
        placement=raw_ids([row.placement_id if row else None for row in rows]),
        exposure=np.array([row.exposure if row else 0 for row in rows], np.float32),
        exposure_organic=np.array([row.exposure_organic if row else 0 for row in rows], np.float32),
        click_at_us=_micros_or_none([row.click_at if row else None for row in rows]),
        link_click_at_us=_micros_or_none([row.link_click_at if row else None for row in rows]),
    )


def _micros_or_none(times: Sequence[datetime | None]) -> npt.NDArray[np.int64]:
    return np.array([micros(at) if at else -1 for at in times], np.int64)


def _ids_or_none(prefix: str, ids: npt.NDArray[np.void]) -> list[str | None]:
    there = (ids != NO_ID).tolist()
    return [
        text_ if known else None for text_, known in zip(id_texts(prefix, ids), there, strict=True)
    ]


def _times_or_none(at_us: npt.NDArray[np.int64]) -> list[datetime | None]:
    return [from_micros(at) if at >= 0 else None for at in at_us.tolist()]


_SAVE = text("""
insert into credits (order_id, line, item_id, plan_id, link_id, rule, amount_minor, ordered_at,
                     click_at, link_click_at, placement_id, exposure, exposure_organic)
select o, l, i, p, k, :rule, a, t, c, lc, pl, e, eo
from unnest(cast(:order_id as text[]), cast(:line as int[]), cast(:item_id as text[]),
            cast(:plan_id as text[]), cast(:link_id as text[]), cast(:amount as bigint[]),
            cast(:ordered_at as timestamptz[]), cast(:click_at as timestamptz[]),
            cast(:link_click_at as timestamptz[]), cast(:placement_id as text[]),
            cast(:exposure as float8[]), cast(:exposure_organic as float8[]))
     as e(o, l, i, p, k, a, t, c, lc, pl, e, eo)
on conflict do nothing
""")
