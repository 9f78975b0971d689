"""Tables of the room: publishers, the placements that show items, and links."""

from sqlalchemy import Column, DateTime, ForeignKey, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION, JSONB

from adunion.engines.postgres import metadata

publishers = Table(
    "publishers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("external_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False, server_default="", comment="empty: as `name`"),
    Column("kind", Text, nullable=False, comment="site, app, live, group or creator"),
    Column("audience", JSONB, nullable=False, server_default="{}", comment="category -> share"),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

placements = Table(
    "placements",
    metadata,
    Column("id", Text, primary_key=True),
    Column("code", Text, nullable=False, unique=True, comment="search, feed, cart, page:..."),
    Column("kind", Text, nullable=False, comment="search, feed, cart, page or live"),
    Column("publisher_id", Text, ForeignKey("publishers.id"), comment="null: on-site"),
    Column("name", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("exposures", ARRAY(DOUBLE_PRECISION), nullable=False, comment="P(seen) by slot"),
)

links = Table(
    "links",
    metadata,
    Column("id", Text, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("publisher_id", Text, ForeignKey("publishers.id"), nullable=False, index=True),
    Column("item_id", Text, ForeignKey("items.id"), nullable=False),
    Column("sub_id", Text, nullable=False, server_default=""),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("disabled_at", DateTime(timezone=True)),
    UniqueConstraint("publisher_id", "item_id", "sub_id"),
)
