"""Tables of the console: plans being drafted in the wizard."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from adunion.engines.postgres import metadata

plan_drafts = Table(
    "plan_drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("merchant_id", Text, ForeignKey("merchants.id"), nullable=False, index=True),
    Column("item_ids", ARRAY(Text), nullable=False, server_default="{}"),
    Column("target_roi", Numeric(8, 3), comment="null until step 2"),
    Column("budget_minor", BigInteger),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
