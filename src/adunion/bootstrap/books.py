"""What the records say of a whole market at once: charges, earnings, transfers; and new prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from adunion.engines.direct import ask
from adunion.simulation.types import Billed

from .learning import Goals

_HOUR_SECONDS = 3_600
_GOALS = text(
    "select id, goal, target_cost_minor, new_customer_minor from plans"
    " where goal in ('net_roi', 'cost_per_order', 'new_customers')"
)
_PUBLISHERS_OF = text("select id, publisher_id from links where id = any(:ids)")
_GOODS = text("select id, merchant_id, category, currency from items where id = any(:ids)")


def set_prices(conn: Connection, item_ids: Sequence[str], price_minor: Sequence[int]) -> None:
    """Give items new prices."""
    conn.execute(
        text(
            "update items i set price_minor = e.price"
            " from unnest(cast(:id as text[]), cast(:price as bigint[])) as e(id, price)"
            " where i.id = e.id and i.price_minor <> e.price"
        ),
        {"id": list(item_ids), "price": list(price_minor)},
    )


def goals(conn: Connection, micros_per_minor: int) -> Goals:
    """The plans that count a sale otherwise than by its GMV."""
    rows = ask(conn, _GOALS, {})
    costs = {id_: cost * micros_per_minor for id_, _, cost, _ in rows if cost is not None}
    new = {id_: worth * micros_per_minor for id_, _, _, worth in rows if worth is not None}
    return Goals(costs, frozenset(id_ for id_, goal, _, _ in rows if goal == "net_roi"), new)


def buyers(conn: Connection, before: datetime) -> tuple[list[str], list[str]]:
    """(shopper, merchant) ids of every order placed before a time, pseudonyms alone."""
    rows = conn.execute(
        text(
            "select shopper, merchant_id from orders"
            " where starts_with(shopper, 'shp_') and placed_at < :before order by placed_at, id"
        ),
        {"before": before},
    ).all()
    return [row[0] for row in rows], [row[1] for row in rows]


def shared_spend(conn: Connection) -> dict[str, int]:
    """What is billed of each shared budget in all, micros by id."""
    query = "select budget_id, sum(spend_micros)::bigint from shared_spend group by 1 order by 1"
    return dict(conn.execute(text(query)).all())


def moves(conn: Connection) -> dict[str, int]:
    """Posted minor units by memo."""
    rows = conn.execute(
        text(
            "select memo, sum(amount_minor)::bigint from transfers"
            " where kind in ('post', 'post_pending') group by memo order by memo"
        )
    )
    return dict(rows.all())


def billed(conn: Connection, micros_per_minor: int) -> dict[str, Billed]:
    """What each plan was charged, whole and by hour.

    Hours come from the impressions' own times; each has the whole minor units that the running sum
    passes in it, up to what was billed, so that they sum to the charge.
    """
    shown: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for plan_id, second, micros in conn.execute(
        text(
            "select plan_id, extract(epoch from hour)::bigint, sum(spend_micros)::bigint"
            " from plan_hours where spend_micros > 0 group by plan_id, hour order by plan_id, hour"
        )
    ):
        shown[plan_id].append((second // _HOUR_SECONDS, micros))
    rows = conn.execute(
        text("select plan_id, spend_micros, over_micros from plan_spend order by plan_id")
    )
    return {
        plan_id: _billed(spend, over, shown[plan_id], micros_per_minor)
        for plan_id, spend, over in rows
    }


def _billed(spend: int, over: int, hours: list[tuple[int, int]], unit: int) -> Billed:
    by_hour, total = {}, 0
    for hour, micros in hours:
        after = min(total + micros, spend)
        by_hour[hour] = after // unit - total // unit
        total = after
    return Billed(spend // unit, over, by_hour)


def earned(conn: Connection) -> dict[str, int]:
    """Clicks, sales and commissions over publishers' links; money in minor units."""
    sales = conn.execute(
        text(
            "select coalesce(sum(clicks), 0)::bigint as clicks,"
            " coalesce(sum(orders), 0)::bigint as orders,"
            " coalesce(sum(gmv_minor), 0)::bigint as gmv_minor,"
            " coalesce(sum(refunds_minor), 0)::bigint as refunds_minor from link_days"
        )
    ).one()
    shares = conn.execute(
        text(
            "select count(distinct commission_id) as commissions,"
            " coalesce(sum(estimated_minor), 0)::bigint as estimated_minor,"
            " coalesce(sum(held_minor), 0)::bigint as held_minor,"
            " coalesce(sum(payable_minor), 0)::bigint as payable_minor,"
            " coalesce(sum(fee_minor), 0)::bigint as fee_minor from commission_changes"
        )
    ).one()
    return {**sales._mapping, **shares._mapping}


def publishers_of_links(conn: Connection, link_ids: Sequence[str]) -> dict[str, str]:
    """Whose links they are."""
    return dict(ask(conn, _PUBLISHERS_OF, {"ids": list(link_ids)}))


def goods(conn: Connection, item_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """(id, merchant_id, category, currency) of items, by id, withdrawn ones too."""
    rows = ask(conn, _GOODS, {"ids": list(item_ids)})
    return {row.id: row for row in rows}


def merchants_of_items(conn: Connection) -> list[tuple[str, str]]:
    """(item id, merchant id) of every item there ever was, by item id."""
    rows = conn.execute(text('select id, merchant_id from items order by id collate "C"'))
    return [(row.id, row.merchant_id) for row in rows]


def pages_of_items(conn: Connection) -> dict[str, tuple[str, str]]:
    """(page, picture) of the items that name any, by item id."""
    rows = conn.execute(
        text(
            "select id, link, image_url from items"
            " where withdrawn_at is null and (link <> '' or image_url <> '')"
        )
    )
    return {id_: (link, image) for id_, link, image in rows}
