"""Tables of the room: terms, commissions and their dated changes, and the facts they follow from.

Rows are only ever added; how a commission stands is the sum of its changes.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from adunion.engines.postgres import metadata

commission_terms = Table(
    "commission_terms",
    metadata,
    Column("id", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("category", Text, nullable=False, comment="path, covers those below it; empty: all"),
    Column("rate_bps", Integer, nullable=False, comment="of the line's amount"),
    Column("fee_bps", Integer, nullable=False, comment="of the commission"),
    Column("hold_days", Integer, nullable=False, comment="after the receipt"),
    Column("since", DateTime(timezone=True), nullable=False),
    Index("ix_commission_terms_merchant", "merchant_id", "category", "since"),
)

commissions = Table(
    "commissions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("line", SmallInteger, nullable=False),
    Column("link_id", Text, nullable=False),
    Column("publisher_id", Text, nullable=False),
    Column("merchant_id", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("base_minor", BigInteger, nullable=False, comment="the line's amount"),
    Column("currency", Text, nullable=False),
    Column("rate_bps", Integer, nullable=False),
    Column("fee_bps", Integer, nullable=False),
    Column("hold_days", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, comment="of the order"),
    UniqueConstraint("order_id", "line"),
    Index("ix_commissions_publisher", "publisher_id", "id"),
    Index("ix_commissions_merchant", "merchant_id", "id"),
)

commission_changes = Table(
    "commission_changes",
    metadata,
    Column("commission_id", Text, ForeignKey("commissions.id"), primary_key=True),
    Column("number", Integer, primary_key=True, comment="1, 2, ..."),
    Column("kind", Text, nullable=False, comment="estimated, received, refunded or released"),
    Column("estimated_minor", BigInteger, nullable=False, comment="added; negative: taken"),
    Column("held_minor", BigInteger, nullable=False),
    Column("payable_minor", BigInteger, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index(
        "ix_commission_changes_released",
        "commission_id",
        postgresql_where=text("kind = 'released'"),
    ),
)

commission_receipts = Table(
    "commission_receipts",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_commission_receipts_at", "at"),
)

commission_refunds = Table(
    "commission_refunds",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount_minor > 0", name="amount"),
)
