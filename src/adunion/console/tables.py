"""Tables of the console: plans being drafted in the wizard, and visits to the demo store."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Numeric, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adunion.engines.postgres import metadata

plan_drafts = Table(
    "plan_drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("merchant_id", Text, ForeignKey("merchants.id"), nullable=False, index=True),
    Column("item_ids", ARRAY(Text), nullable=False, server_default="{}"),
    Column("goal", Text, nullable=False, server_default="target_roi"),
    Column("target_roi", Numeric(8, 3), comment="null until step 2"),
    Column("target_cost_minor", BigInteger),
    Column("new_customer_minor", BigInteger),
    Column("min_new_share", Numeric(4, 3)),
    Column("budget_minor", BigInteger),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

store_visits = Table(
    "store_visits",
    metadata,
    Column("id", Text, primary_key=True, comment="the visitor's click id, from the cookie"),
    Column("consent", Boolean, nullable=False, server_default=text("false")),
    Column("tokens", JSONB, nullable=False, server_default="{}", comment="item -> token clicked"),
    Column("cart", JSONB, nullable=False, server_default="{}", comment="item -> quantity"),
    Column("orders", JSONB, nullable=False, server_default="[]", comment="ids, newest first"),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)
