"""Tables of the room: orders and what became of them, and how far the event log was applied."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql

from adunion.engines.postgres import metadata

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("external_id", Text, nullable=False, comment="the merchant's number"),
    Column("merchant_id", Text, ForeignKey("merchants.id"), nullable=False),
    Column("source", Text, nullable=False, comment="live or import"),
    Column("shopper", Text, nullable=False, comment="pseudonym; empty where unknown"),
    Column("currency", Text, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("region", Text, nullable=False, server_default=""),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("merchant_id", "external_id"),
    Index("ix_orders_placed_at", "placed_at"),
    Index("ix_orders_shopper", "merchant_id", "shopper"),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", Text, ForeignKey("orders.id"), primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("item_id", Text, ForeignKey("items.id"), comment="null: an order without lines"),
    Column("quantity", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False, comment="of the line, after discounts"),
)

order_steps = Table(
    "order_steps",
    metadata,
    Column("order_id", Text, ForeignKey("orders.id"), primary_key=True),
    Column("line", SmallInteger, primary_key=True, comment="0 for payment and receipt of all"),
    Column("step", Text, primary_key=True, comment="payment, receipt or refund"),
    Column("number", Integer, primary_key=True, comment="0; refunds of a line count up"),
    Column("amount_minor", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

waiting_steps = Table(
    "waiting_steps",
    metadata,
    Column("order_id", Text, primary_key=True, comment="not here yet"),
    Column("line", SmallInteger, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

rejected_events = Table(
    "rejected_events",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("step", Text, primary_key=True, comment="order or refund"),
    Column("number", Integer, primary_key=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False, comment="a stable code"),
    Column("detail", Text, nullable=False),
    Column("id", Text, nullable=False, unique=True),
    Column(
        "merchant_id",
        Text,
        ForeignKey("merchants.id"),
        index=True,
        comment="whose; null where the item is unknown",
    ),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Text, primary_key=True),
    Column("merchant_id", Text, ForeignKey("merchants.id"), nullable=False),
    Column("external_id", Text, nullable=False, comment="the sender's number, or # and a hash"),
    Column("item_id", Text, ForeignKey("items.id"), nullable=False, index=True),
    Column("shopper", Text, nullable=False, comment="pseudonym; empty where unknown or erased"),
    Column("text", Text, nullable=False),
    Column("stars", Double, comment="1..5; null where none are given"),
    Column("polarity", Double, comment="log-odds that it praises, by its words; null: no words"),
    Column("at", DateTime(timezone=True), nullable=False, comment="when it was written"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("merchant_id", "external_id"),
    Index("ix_reviews_shopper", "shopper", postgresql_where=sql("shopper <> ''")),
)

consumed = Table(
    "consumed",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("position", BigInteger, nullable=False, comment="rows of the event log applied"),
)
