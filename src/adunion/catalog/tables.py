"""Tables of the room: merchants and their items."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from adunion.engines.postgres import metadata

merchants = Table(
    "merchants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("external_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False, server_default="", comment="empty: as `name`"),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", Text, primary_key=True),
    Column("merchant_id", Text, ForeignKey("merchants.id"), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("translations", JSONB, nullable=False, server_default="{}", comment='{"en": "title"}'),
    Column("description", Text, nullable=False, server_default=""),
    Column("category", Text, nullable=False, server_default="", comment="path, 'a > b > c'"),
    Column("brand", Text, nullable=False, server_default=""),
    Column("price_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("availability", Text, nullable=False, server_default="in_stock"),
    Column("link", Text, nullable=False, server_default=""),
    Column("image_url", Text, nullable=False, server_default=""),
    Column("gtin", Text, nullable=False, server_default=""),
    Column("mpn", Text, nullable=False, server_default=""),
    Column(
        "item_group", Text, nullable=False, server_default="", comment="variants of one product"
    ),
    Column("attributes", JSONB, nullable=False, server_default="{}"),
    Column("rating", Float, comment="mean review stars, 1..5; null where there are none"),
    Column("rating_count", Integer, nullable=False, server_default="0"),
    Column("content_hash", LargeBinary, nullable=False, comment="of all imported fields"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    UniqueConstraint("merchant_id", "external_id"),
    Index("ix_items_category", "category"),
)
