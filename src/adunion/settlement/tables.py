"""Tables of the room: statements with their lines, payouts, and what the guarantee judged."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
)

from adunion.engines.postgres import metadata

statements = Table(
    "statements",
    metadata,
    Column("id", Text, primary_key=True),
    Column("role", Text, nullable=False, comment="merchant or publisher"),
    Column("party_id", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("since", DateTime(timezone=True), comment="null: from the beginning"),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("cut", BigInteger, nullable=False, comment="last transfers.seq it covers"),
    Column("opening_minor", BigInteger, nullable=False),
    Column("closing_minor", BigInteger, nullable=False),
    Column("payable_minor", BigInteger, nullable=False),
    Column("estimated_minor", BigInteger, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("role", "party_id", "currency", "until"),
)

statement_lines = Table(
    "statement_lines",
    metadata,
    Column("statement_id", Text, ForeignKey("statements.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("transfers", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False, comment="money in is positive"),
)

payouts = Table(
    "payouts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("statement_id", Text, ForeignKey("statements.id"), nullable=False, unique=True),
    Column("publisher_id", Text, nullable=False, index=True),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount_minor > 0", name="amount"),
)

plan_guarantees = Table(
    "plan_guarantees",
    metadata,
    Column("plan_id", Text, ForeignKey("plans.id"), primary_key=True),
    Column("day", Date, primary_key=True, comment="UTC; of impressions and clicks"),
    Column("target_roi", Numeric(8, 3), nullable=False, comment="in force on that day"),
    Column("spend_minor", BigInteger, nullable=False),
    Column("gmv_minor", BigInteger, nullable=False, comment="of the day's clicks"),
    Column("orders", Integer, nullable=False, comment="of the day's clicks"),
    Column("outcome", Text, nullable=False),
    Column("credit_minor", BigInteger, nullable=False),
    Column("judged_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("credit_minor >= 0", name="credit"),
)
