"""Tables of the room: plans, the items they hold, and every edit."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from adunion.engines.postgres import metadata

plans = Table(
    "plans",
    metadata,
    Column("id", Text, primary_key=True),
    Column("merchant_id", Text, ForeignKey("merchants.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default="whole_site", comment="or boost"),
    Column("goal", Text, nullable=False, server_default="target_roi", comment="see types.Goal"),
    Column("target_roi", Numeric(8, 3), nullable=False, comment="counted GMV / spend"),
    Column("target_cost_minor", BigInteger, comment="spend an order; of cost_per_order only"),
    Column("new_customer_minor", BigInteger, comment="worth of a first order besides its sales"),
    Column("min_new_share", Numeric(4, 3), comment="least share of orders by new customers"),
    Column(
        "handicap",
        Double,
        nullable=False,
        server_default="0",
        comment="share taken off bids for people who bought before; min_new_share steers it",
    ),
    Column("shared_budget_id", Text, ForeignKey("shared_budgets.id"), index=True),
    Column("parent_id", Text, ForeignKey("plans.id"), index=True, comment="of a boost: its plan"),
    Column("factor", Numeric(4, 2), nullable=False, server_default="1", comment="of a boost"),
    Column("regions", JSONB, comment="of a boost, where it bids; null: everywhere"),
    Column("currency", Text, nullable=False),
    Column("budget_minor", BigInteger, comment="for the whole plan; null: unlimited"),
    Column("start_at", DateTime(timezone=True), nullable=False),
    Column("end_at", DateTime(timezone=True), comment="null: until stopped"),
    Column("dayparts", JSONB, comment="hours of the week 0..167, Monday 00 UTC first; null: all"),
    Column("status", Text, nullable=False, comment="active, paused or ended"),
    Column("stage", Text, nullable=False, comment="learning, stable or adjusting"),
    Column("stage_since", DateTime(timezone=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

shared_budgets = Table(
    "shared_budgets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("merchant_id", Text, ForeignKey("merchants.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("period", Text, nullable=False, comment="day (UTC) or total"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

shared_spend = Table(
    "shared_spend",
    metadata,
    Column("budget_id", Text, ForeignKey("shared_budgets.id"), primary_key=True),
    Column("day", Date, primary_key=True, comment="1970-01-01 for a total"),
    Column("spend_micros", BigInteger, nullable=False, comment="billed, never above the amount"),
)

plan_items = Table(
    "plan_items",
    metadata,
    Column("plan_id", Text, ForeignKey("plans.id"), primary_key=True),
    Column("item_id", Text, ForeignKey("items.id"), primary_key=True),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Index("uq_plan_items_one_active_plan", "item_id", unique=True, postgresql_where=text("active")),
)

plan_edits = Table(
    "plan_edits",
    metadata,
    Column("id", Text, primary_key=True),
    Column("plan_id", Text, ForeignKey("plans.id"), nullable=False, index=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("changes", JSONB, nullable=False, comment='{"target_roi": ["4.000", "3.500"]}'),
    Column("large", Boolean, nullable=False),
)

plan_spend = Table(
    "plan_spend",
    metadata,
    Column("plan_id", Text, ForeignKey("plans.id"), primary_key=True),
    Column("spend_micros", BigInteger, nullable=False, comment="billed, never above the budget"),
    Column(
        "over_micros", BigInteger, nullable=False, comment="shown beyond the budget, not billed"
    ),
)

plan_charges = Table(
    "plan_charges",
    metadata,
    Column("plan_id", Text, ForeignKey("plans.id"), primary_key=True),
    Column("key", Text, primary_key=True, comment="which part of the event log it pays for"),
    Column("micros", BigInteger, nullable=False, comment="what was asked"),
    Column("amount_minor", BigInteger, nullable=False, comment="what was posted, whole units"),
)

budget_leases = Table(
    "budget_leases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("plan_id", Text, ForeignKey("plans.id"), nullable=False),
    Column("node", Text, nullable=False),
    Column("left_micros", BigInteger, nullable=False, comment="held, not promised"),
    Column("granted_micros", BigInteger, nullable=False, comment="in all"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("left_micros >= 0", name="left"),
    UniqueConstraint("plan_id", "node"),
)

promises = Table(
    "promises",
    metadata,
    Column("plan_id", Text, ForeignKey("plans.id"), primary_key=True),
    Column("minute", BigInteger, primary_key=True, comment="of the decisions, since the epoch"),
    Column("promised_micros", BigInteger, nullable=False),
    Column("charged_micros", BigInteger, nullable=False, comment="of these, seen and charged"),
)
