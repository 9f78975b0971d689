"""Orders from files: past sales with their payments and refunds, all of a file or nothing.

An order has the id that events of it name (`order_key`), so later receipts and refunds of an
imported order find it. Refunds of a file are numbered above those of events: the two never meet,
and a file that is read again leaves what events said as it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, text

from adunion.catalog import ItemRecord
from adunion.catalog.feeds import (
    FeedFile,
    Mapping,
    OrderLines,
    Progress,
    SkipReport,
    load_mapping,
    read_orders,
)
from adunion.catalog.feeds.assembly import Assembled, assemble
from adunion.catalog.loading import Loading, copy_in, escape, lock_catalog
from adunion.catalog.repository import ensure_merchants
from adunion.catalog.tables import items
from adunion.kernel.clock import Clock, monotonic_s
from adunion.kernel.errors import conflict
from adunion.kernel.ids import IdFactory, decode

from .keys import id_texts, order_key
from .repository import release
from .types import REFUND_NUMBER_MAX


@dataclass(frozen=True)
class OrderImportReport:
    """What an import of orders did; counts of orders but where said otherwise."""

    orders: int
    lines: int
    returns: int  # rows of the file that are returns
    unmatched_returns: int  # of those, more came back than the file shows bought
    inserted: int
    updated: int
    unchanged: int
    items_created: int  # named in the file, not in the catalog
    skipped: int  # rows
    ignored: dict[str, int]  # reason of the mapping's ignore rule -> rows
    report_path: str | None
    seconds: float


def import_orders(
    engine: Engine,
    clock: Clock,
    ids: IdFactory,
    path: Path,
    mapping: str | Mapping,
    *,
    merchant: str | None = None,
    skip_bad: bool = False,
    report: Path | None = None,
    progress: Progress | None = None,
) -> OrderImportReport:
    """Load a file of order lines; a second import of the same file changes nothing.

    An order that changed is replaced with its lines, payment and refunds; what events said of it
    stays, and a refund that both tell counts once. Items the catalog does not hold are made from
    the file: the most frequent title, the median price. Raises AdUnionError with file, line, field
    and reason, and `order_is_live` (409) where the market itself took such an order.
    """
    started = monotonic_s()
    mapped = mapping if isinstance(mapping, Mapping) else load_mapping(mapping)
    skips = SkipReport(
        path.name, report or path.with_name(path.name + ".skipped.csv"), skip_bad=skip_bad
    )
    rows = OrderLines()
    section = mapped.section("orders")
    for chunk in read_orders(FeedFile(path, mapped.hints, progress), section, skips, merchant):
        for column in fields(OrderLines):
            getattr(rows, column.name).extend(getattr(chunk, column.name))
    made = assemble(rows)
    skips.add(made.problems)
    with engine.begin() as conn:
        lock_catalog(conn)
        merchants = ensure_merchants(conn, rows.merchant, ids, clock.now())
        known, created = _items(conn, rows, made, merchants, ids, clock.now())
        _stage(conn, rows, made, merchants, known)
        inserted, updated = _merge(conn)
    return OrderImportReport(
        orders=len(made.first_row),
        lines=len(made.lines),
        returns=made.returns,
        unmatched_returns=made.unmatched_returns,
        inserted=inserted,
        updated=updated,
        unchanged=len(made.first_row) - inserted - updated,
        items_created=created,
        skipped=skips.skipped,
        ignored={reason: count for reason, count in skips.ignored.items() if count},
        report_path=skips.path,
        seconds=monotonic_s() - started,
    )


def _items(
    conn: Connection,
    rows: OrderLines,
    made: Assembled,
    merchants: dict[str, str],
    ids: IdFactory,
    at: datetime,
) -> tuple[dict[tuple[str, str], str], int]:
    """(merchant, external id) -> item id of every item sold, and how many had to be made."""
    names = {id_: name for name, id_ in merchants.items()}

    def stored() -> dict[tuple[str, str], str]:
        chosen = sa.select(items.c.merchant_id, items.c.external_id, items.c.id).where(
            items.c.merchant_id.in_(list(names))
        )
        return {(names[row[0]], row[1]): row[2] for row in conn.execute(chosen)}

    known = stored()
    sold: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for line in made.lines:
        key = (rows.merchant[line.row], line.item)
        if line.item and key not in known:
            sold[key].append(line.row)
    if not sold:
        return known, 0
    loading = Loading(conn, ids, at)
    loading.add_records([_item(rows, key, found) for key, found in sold.items()])
    loading.finish(withdraw_missing=False)
    return stored(), len(sold)


def _item(rows: OrderLines, key: tuple[str, str], sold: list[int]) -> ItemRecord:
    titles = Counter(rows.title[row] for row in sold if rows.title[row])
    prices = sorted(rows.amount_minor[row] // rows.quantity[row] for row in sold)
    title = titles.most_common(1)[0][0] if titles else key[1]
    price = max(prices[(len(prices) - 1) // 2], 1)
    return ItemRecord(key[0], key[1], title, price, rows.currency[sold[0]])


def _stage(
    conn: Connection,
    rows: OrderLines,
    made: Assembled,
    merchants: dict[str, str],
    known: dict[tuple[str, str], str],
) -> None:
    conn.execute(text(_STAGING))

    def column(name: str) -> list[str]:
        values = getattr(rows, name)
        return escape([values[row] for row in made.first_row])

    owners = [rows.merchant[row] for row in made.first_row]
    orders = zip(
        map(str, range(len(made.first_row))),
        _order_ids([merchants[name] for name in owners], [rows.order[r] for r in made.first_row]),
        [merchants[name] for name in owners],
        column("order"),
        column("shopper"),
        column("currency"),
        map(str, made.total_minor),
        column("region"),
        [rows.placed_at[row].isoformat() for row in made.first_row],
        strict=True,
    )
    copy_in(conn, "staged_orders", _lines(orders))
    item_ids = [known[owners[o], item] if item else "\\N" for o, _, item, *_ in made.lines]
    lines = (
        (str(line.order), str(line.line), item_id, str(line.quantity), str(line.amount_minor))
        for line, item_id in zip(made.lines, item_ids, strict=True)
    )
    copy_in(conn, "staged_lines", _lines(lines))
    steps = (
        (
            str(step.order), str(step.line), step.step,
            str(step.number + (step.step == "refund") * (REFUND_NUMBER_MAX + 1)),
            str(step.amount_minor), step.at.isoformat(),
        )
        for step in made.steps
    )  # fmt: skip
    copy_in(conn, "staged_steps", _lines(steps))
    conn.execute(text("analyze staged_orders, staged_lines, staged_steps"))


def _order_ids(merchant_ids: list[str], external_ids: list[str]) -> list[str]:
    keys = {merchant: decode(merchant[4:]) for merchant in set(merchant_ids)}
    pairs = zip(merchant_ids, external_ids, strict=True)
    raw = b"".join(order_key(keys[merchant], external) for merchant, external in pairs)
    return id_texts("ord", np.frombuffer(raw, "V16")) if raw else []


def _lines(rows: object) -> str:
    return "".join(map("{}\n".format, map("\t".join, rows)))  # type: ignore[call-overload]


def _merge(conn: Connection) -> tuple[int, int]:
    """Insert new orders, replace changed ones; how many of each."""
    # No event of an order comes between reading what was refunded and writing the file's refunds.
    conn.execute(text("lock table order_steps, waiting_steps in share row exclusive mode"))
    conn.execute(text(_TOLD_TWICE))
    conn.execute(text("delete from staged_steps where step = 'refund' and amount_minor <= 0"))
    conn.execute(text(_MATCH))
    live = conn.execute(
        text("select external_id from matched_orders where source <> 'import' limit 1")
    ).scalar()
    if live is not None:
        raise conflict(
            "order_is_live",
            f"The order {live!r} was taken by this market itself.",
            "Give the file's orders numbers of their own, or leave that one out.",
        )
    inserted, updated = conn.execute(text(_COUNTS)).one()
    for statement in _WRITE:
        conn.execute(text(statement))
    release(conn, [row[0] for row in conn.execute(text(_AWAITED))])
    conn.execute(text("drop table staged_orders, staged_lines, staged_steps, matched_orders"))
    return inserted, updated


_STAGING = """
create temp table staged_orders (key int, id text, merchant_id text, external_id text, shopper text,
  currency text, total_minor bigint, region text, placed_at timestamptz) on commit drop;
create temp table staged_lines (key int, line smallint, item_id text, quantity int,
  amount_minor bigint) on commit drop;
create temp table staged_steps (key int, line smallint, step text, number int,
  amount_minor bigint, at timestamptz) on commit drop
"""

# What events refunded of a line is taken off the file's refunds of it, the earliest first.
_TOLD_TWICE = f"""
with told as (
  select s.key, t.line, sum(t.amount_minor) as amount
  from (select order_id, line, step, number, amount_minor from order_steps
        union all select order_id, line, step, number, amount_minor from waiting_steps) t
  join staged_orders s on s.id = t.order_id
  where t.step = 'refund' and t.number <= {REFUND_NUMBER_MAX} group by s.key, t.line
), running as (
  select s.key, s.line, s.number, least(s.amount_minor,
    sum(s.amount_minor) over (partition by s.key, s.line order by s.number) - told.amount) as left
  from staged_steps s join told using (key, line) where s.step = 'refund'
)
update staged_steps s set amount_minor = r.left from running r
where s.key = r.key and s.line = r.line and s.number = r.number and s.step = 'refund'
"""

# An order is changed where it, its lines, or those of its steps that come from files read
# differently; so is one that an earlier version of this program gave a chance id.
_MATCH = f"""
create temp table matched_orders on commit drop as
with pairs as (
  select s.*, o.id as old_id, o.source, o.id <> s.id or
    (s.shopper, s.currency, s.total_minor, s.region, s.placed_at)
      is distinct from (o.shopper, o.currency, o.total_minor, o.region, o.placed_at) as differs
  from staged_orders s
  left join orders o on o.merchant_id = s.merchant_id and o.external_id = s.external_id
), staged_line_texts as (
  select key, string_agg(concat_ws(':', line, item_id, quantity, amount_minor), ','
                         order by line) as said
  from staged_lines where exists (select from orders) group by key
), line_texts as (
  select p.key, string_agg(concat_ws(':', l.line, l.item_id, l.quantity, l.amount_minor), ','
                           order by l.line) as said
  from pairs p join order_lines l on l.order_id = p.old_id group by p.key
), staged_step_texts as (
  select key, string_agg(concat_ws(':', line, step, number, amount_minor, at), ','
                         order by line, step, number) as said
  from staged_steps where exists (select from orders) group by key
), step_texts as (
  select p.key, string_agg(concat_ws(':', t.line, t.step, t.number, t.amount_minor, t.at), ','
                           order by t.line, t.step, t.number) as said
  from pairs p join order_steps t on t.order_id = p.old_id
  where t.number > {REFUND_NUMBER_MAX} or exists (select from staged_steps s
    where (s.key, s.line, s.step, s.number) = (p.key, t.line, t.step, t.number))
  group by p.key
)
select p.key, p.external_id, p.id, p.old_id, p.source, p.old_id is null as new,
  p.old_id is not null and (p.differs or a.said is distinct from b.said
                        or c.said is distinct from d.said) as changed
from pairs p
left join staged_line_texts a using (key) left join line_texts b using (key)
left join staged_step_texts c using (key) left join step_texts d using (key)
""".replace("':'", r"'\:'")

_COUNTS = """
select count(*) filter (where new), count(*) filter (where changed) from matched_orders
"""

_WRITE = (
    f"""
delete from order_steps t using matched_orders m
where t.order_id = m.old_id and m.changed and (m.id <> m.old_id or t.number > {REFUND_NUMBER_MAX}
  or exists (select from staged_steps s
             where (s.key, s.line, s.step, s.number) = (m.key, t.line, t.step, t.number)))
""",
    "delete from order_lines l using matched_orders m where l.order_id = m.old_id and m.changed",
    "delete from orders o using matched_orders m where o.id = m.old_id and m.old_id <> m.id",
    """
insert into orders (id, external_id, merchant_id, source, shopper, currency, total_minor, region,
                    placed_at)
select s.id, s.external_id, s.merchant_id, 'import', s.shopper, s.currency, s.total_minor, s.region,
       s.placed_at
from matched_orders m join staged_orders s using (key) where m.new or m.changed order by s.key
on conflict (id) do update set shopper = excluded.shopper, currency = excluded.currency,
  total_minor = excluded.total_minor, region = excluded.region, placed_at = excluded.placed_at
""",
    """
insert into order_lines (order_id, line, item_id, quantity, amount_minor)
select m.id, s.line, s.item_id, s.quantity, s.amount_minor
from matched_orders m join staged_lines s using (key) where m.new or m.changed
order by s.key, s.line
""",
    """
insert into order_steps (order_id, line, step, number, amount_minor, at)
select m.id, s.line, s.step, s.number, s.amount_minor, s.at
from matched_orders m join staged_steps s using (key) where m.new or m.changed
order by s.key, s.line, s.step, s.number
""",
)

_AWAITED = """
select id from matched_orders m where exists (select from waiting_steps w where w.order_id = m.id)
"""
