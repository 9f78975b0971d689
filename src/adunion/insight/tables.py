"""Tables of the room: sums by hour and day, added to as the event log is applied."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Double, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from adunion.decision.waterfall import SUMS
from adunion.engines.postgres import metadata


def _sum(name: str, comment: str | None = None) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0", comment=comment)


plan_hours = Table(
    "plan_hours",
    metadata,
    Column("plan_id", Text, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column(
        "placement_kind", Text, primary_key=True, comment="direct: items bought without a click"
    ),
    _sum("impressions", "seen, of the plan's items, moved or not"),
    _sum("moved_impressions", "seen where the bid moved the item: what is paid for"),
    _sum("first_slot", "moved impressions in the first slot"),
    _sum("clicks"),
    _sum("moved_clicks"),
    _sum("orders", "credited to moved clicks; an order of several lines counts once"),
    _sum("new_orders", "of orders, by people who bought nothing of the merchant before"),
    _sum("gmv_minor", "moved basis, at the hour of the order"),
    _sum("gmv_added_minor", "gmv_minor * (exposure - exposure_organic) / exposure"),
    _sum("gmv_item_minor", "all sales of the plan's items, credited or not"),
    _sum("refunds_minor", "of credited lines, at the hour of their order"),
    _sum("spend_micros"),
)

plan_item_days = Table(
    "plan_item_days",
    metadata,
    Column("plan_id", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    _sum("impressions"),
    _sum("clicks"),
    _sum("orders"),
    _sum("gmv_minor"),
    _sum("spend_micros"),
)

market_hours = Table(
    "market_hours",
    metadata,
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("placement_kind", Text, primary_key=True, comment="of the last click; else direct"),
    _sum("requests"),
    _sum("impressions"),
    _sum("sponsored_impressions"),
    _sum("clicks"),
    _sum("orders"),
    _sum("gmv_minor"),
    _sum("gmv_organic_minor", "order lines credited to no plan"),
    _sum("refunds_minor", "at the hour of the order"),
    _sum("spend_micros"),
    Column(
        "experience_sum", Double, nullable=False, server_default="0", comment="over impressions"
    ),
)

link_days = Table(
    "link_days",
    metadata,
    Column("link_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    _sum("clicks"),
    _sum("orders"),
    _sum("gmv_minor"),
    _sum("refunds_minor", "at the day of the order"),
)

plan_funnels = Table(
    "plan_funnels",
    metadata,
    Column("plan_id", Text, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("placement_kind", Text, primary_key=True),
    *(_sum(name) for name in SUMS),
)

plan_landscapes = Table(
    "plan_landscapes",
    metadata,
    Column("plan_id", Text, primary_key=True),
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("traffic", Double, nullable=False),
    Column("alpha", Double, nullable=False),
    Column("ratio", Double, nullable=False),
    *(Column(name, ARRAY(Double), nullable=False) for name in ("spend", "moved", "orders")),
)
