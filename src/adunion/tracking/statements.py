"""The SQL of orders and their steps: lists in, one statement for any number of rows."""

from __future__ import annotations

from sqlalchemy import text

INSERT_ORDERS = text("""
with given as (  -- an order is its first known item's merchant's, and has that merchant's lines
  select e.*, i.merchant_id, i.currency,
         first_value(i.merchant_id) over (partition by e.id order by e.nth) as owner
  from unnest(cast(:order as text[]), cast(:external as text[]), cast(:shopper as text[]),
              cast(:item as text[]), cast(:line as int[]), cast(:amount as bigint[]),
              cast(:at as timestamptz[]))
       with ordinality as e(id, external, shopper, item, line, amount, at, nth)
  join items i on i.id = e.item
), lines as (
  select distinct on (id, line) * from given where merchant_id = owner order by id, line, nth
)
insert into orders (id, external_id, merchant_id, source, shopper, currency, total_minor, placed_at)
select distinct on (id) id, external, merchant_id, 'live', shopper, currency,
       (sum(amount) over (partition by id))::bigint, at
from lines order by id, nth
on conflict do nothing
returning id
""")

INSERT_LINES = text("""
with given as materialized (  -- orders by their id: each merchant has very many
  select e.*, o.merchant_id
  from unnest(cast(:order as text[]), cast(:item as text[]), cast(:line as int[]),
              cast(:quantity as int[]), cast(:amount as bigint[]))
       with ordinality as e(id, item, line, quantity, amount, nth)
  join orders o on o.id = e.id
)
insert into order_lines (order_id, line, item_id, quantity, amount_minor)
select distinct on (e.id, e.line) e.id, e.line, e.item, e.quantity, e.amount
from given e
join items i on i.id = e.item and i.merchant_id = e.merchant_id
order by e.id, e.line, e.nth
on conflict do nothing
returning order_id, line, amount_minor
""")

ADD_TOTALS = text("""
update orders o set total_minor = o.total_minor + e.amount
from unnest(cast(:order as text[]), cast(:amount as bigint[])) as e(id, amount) where o.id = e.id
""")

HOMELESS_LINES = text("""
select e.id as order_id, e.line, 'order' as step, 0 as number, e.amount as amount_minor, e.at,
       case when i.id is null then 'unknown_item'
            when o.id is null then 'order_known_by_another_id'
            else 'item_of_another_merchant' end as reason,
       'item ' || e.item as detail, i.merchant_id
from unnest(cast(:order as text[]), cast(:item as text[]), cast(:line as int[]),
            cast(:amount as bigint[]), cast(:at as timestamptz[])) as e(id, item, line, amount, at)
left join items i on i.id = e.item
left join orders o on o.id = e.id
left join order_lines l on l.order_id = e.id and l.line = e.line
where l.order_id is null
""")

RELEASE = text("""
delete from waiting_steps w
using (select distinct id, unnest(array[0, line]) as line
       from unnest(cast(:order as text[]), cast(:line as int[])) as e(id, line)) as e
where w.order_id = e.id and w.line = e.line
returning w.order_id, w.line, w.step, w.number, w.amount_minor,
          (extract(epoch from w.at) * 1000000)::bigint
""")

POSITION = text("select position from consumed where consumer = :c for no key update")

START = text("insert into consumed values (:c, 0) on conflict do nothing")

MOVE = text("update consumed set position = :p where consumer = :c")

RELEASE_ALL = text("""
with gone as (delete from waiting_steps where order_id = any(cast(:order as text[])) returning *)
select order_id, line, step, number, amount_minor, (extract(epoch from at) * 1000000)::bigint as us
from gone order by us, order_id, line, number
""")

LINES = text("""
select l.order_id, l.line, l.item_id, l.amount_minor, coalesce(sum(s.amount_minor), 0)::bigint,
       array_agg(s.number) filter (where s.number is not null)
from order_lines l
left join order_steps s on s.order_id = l.order_id and s.line = l.line and s.step = 'refund'
where l.order_id = any(cast(:order as text[]))
group by l.order_id, l.line
""")

INSERT_STEPS = {
    table: text(f"""
insert into {table} (order_id, line, step, number, amount_minor, at)
select * from unnest(cast(:order_id as text[]), cast(:line as int[]), cast(:step as text[]),
                     cast(:number as int[]), cast(:amount_minor as bigint[]),
                     cast(:at as timestamptz[]))
on conflict do nothing
returning order_id, line, step, number
""")
    for table in ("order_steps", "waiting_steps")
}

INSERT_REJECTED = text("""
insert into rejected_events
  (order_id, line, step, number, amount_minor, at, reason, detail, id, merchant_id)
select e.order_id, e.line, e.step, e.number, e.amount_minor, e.at, e.reason, e.detail, e.id,
       coalesce(o.merchant_id, e.merchant_id)
from unnest(cast(:order_id as text[]), cast(:line as int[]), cast(:step as text[]),
            cast(:number as int[]), cast(:amount_minor as bigint[]), cast(:at as timestamptz[]),
            cast(:reason as text[]), cast(:detail as text[]), cast(:id as text[]),
            cast(:merchant_id as text[]))
     as e(order_id, line, step, number, amount_minor, at, reason, detail, id, merchant_id)
left join orders o on o.id = e.order_id
on conflict do nothing
""")
