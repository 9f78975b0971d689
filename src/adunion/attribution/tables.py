"""Table of the room: to whom an order line is owed."""

from sqlalchemy import BigInteger, Column, DateTime, Float, Index, SmallInteger, Table, Text

from adunion.engines.postgres import metadata

credits = Table(
    "credits",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("item_id", Text, nullable=False),
    Column("plan_id", Text, comment="null: no plan"),
    Column("link_id", Text, comment="null: no publisher's link"),
    Column("rule", Text, nullable=False, comment="last_click"),
    Column("amount_minor", BigInteger, nullable=False),
    Column("ordered_at", DateTime(timezone=True), nullable=False),
    Column("click_at", DateTime(timezone=True), comment="last click on the item; null: none"),
    Column("link_click_at", DateTime(timezone=True), comment="last click on a link; null: none"),
    Column("placement_id", Text, comment="where the item was clicked"),
    Column("exposure", Float, nullable=False, comment="P(seen) of the slot it had"),
    Column("exposure_organic", Float, nullable=False, comment="P(seen) without its bid"),
    Index("ix_credits_plan", "plan_id", "ordered_at"),
    Index("ix_credits_link", "link_id", "ordered_at"),
)
