"""Baseline: every room's tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IMMUTABLE_TRANSFERS = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% rows are never changed: post a correcting transfer', tg_table_name
        using errcode = 'restrict_violation';
end $$;
create trigger transfers_immutable before update or delete or truncate on transfers
    for each statement execute function refuse_change();
"""


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "code", sa.Text(), nullable=False, comment="merchant:mer_...:wallet, platform:cash, ..."
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "bounded",
            sa.Boolean(),
            nullable=False,
            comment="what could leave it is never below zero",
        ),
        sa.Column("posted_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pending_in_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pending_out_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "not bounded or posted_minor >= pending_out_minor", name=op.f("ck_accounts_bound")
        ),
        sa.CheckConstraint(
            "pending_in_minor >= 0 and pending_out_minor >= 0", name=op.f("ck_accounts_pending")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("code", "currency", name=op.f("uq_accounts_code_currency")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_table(
        "commission_receipts",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_commission_receipts")),
    )
    op.create_index("ix_commission_receipts_at", "commission_receipts", ["at"], unique=False)
    op.create_table(
        "commission_refunds",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_commission_refunds_amount")),
        sa.PrimaryKeyConstraint("order_id", "line", "number", name=op.f("pk_commission_refunds")),
    )
    op.create_table(
        "commission_terms",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column(
            "category", sa.Text(), nullable=False, comment="path, covers those below it; empty: all"
        ),
        sa.Column("rate_bps", sa.Integer(), nullable=False, comment="of the line's amount"),
        sa.Column("fee_bps", sa.Integer(), nullable=False, comment="of the commission"),
        sa.Column("hold_days", sa.Integer(), nullable=False, comment="after the receipt"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_terms")),
    )
    op.create_index(
        "ix_commission_terms_merchant",
        "commission_terms",
        ["merchant_id", "category", "since"],
        unique=False,
    )
    op.create_table(
        "commissions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("publisher_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("base_minor", sa.BigInteger(), nullable=False, comment="the line's amount"),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rate_bps", sa.Integer(), nullable=False),
        sa.Column("fee_bps", sa.Integer(), nullable=False),
        sa.Column("hold_days", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="of the order"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commissions")),
        sa.UniqueConstraint("order_id", "line", name=op.f("uq_commissions_order_id_line")),
    )
    op.create_index("ix_commissions_merchant", "commissions", ["merchant_id", "id"], unique=False)
    op.create_index("ix_commissions_publisher", "commissions", ["publisher_id", "id"], unique=False)
    op.create_table(
        "consumed",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column(
            "position", sa.BigInteger(), nullable=False, comment="rows of the event log applied"
        ),
        sa.PrimaryKeyConstraint("consumer", name=op.f("pk_consumed")),
    )
    op.create_table(
        "credits",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=True, comment="null: no plan"),
        sa.Column("link_id", sa.Text(), nullable=True, comment="null: no publisher's link"),
        sa.Column("rule", sa.Text(), nullable=False, comment="last_click"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "click_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="last click on the item; null: none",
        ),
        sa.Column(
            "link_click_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="last click on a link; null: none",
        ),
        sa.Column("placement_id", sa.Text(), nullable=True, comment="where the item was clicked"),
        sa.Column("exposure", sa.Float(), nullable=False, comment="P(seen) of the slot it had"),
        sa.Column(
            "exposure_organic", sa.Float(), nullable=False, comment="P(seen) without its bid"
        ),
        sa.PrimaryKeyConstraint("order_id", "line", name=op.f("pk_credits")),
    )
    op.create_index("ix_credits_link", "credits", ["link_id", "ordered_at"], unique=False)
    op.create_index("ix_credits_plan", "credits", ["plan_id", "ordered_at"], unique=False)
    op.create_table(
        "forgotten_shoppers",
        sa.Column(
            "shopper", sa.LargeBinary(), nullable=False, comment="16 bytes, as in the event log"
        ),
        sa.Column(
            "until_us", sa.BigInteger(), nullable=False, comment="events up to here are not learned"
        ),
        sa.PrimaryKeyConstraint("shopper", name=op.f("pk_forgotten_shoppers")),
    )
    op.create_table(
        "idempotent_writes",
        sa.Column("scope", sa.Text(), nullable=False, comment="the key or user that wrote"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False, comment="HTTP status; 0 while it runs"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotent_writes")),
    )
    op.create_index(
        "ix_idempotent_writes_created_at", "idempotent_writes", ["created_at"], unique=False
    )
    op.create_table(
        "link_days",
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("orders", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("gmv_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "refunds_minor",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="at the day of the order",
        ),
        sa.PrimaryKeyConstraint("link_id", "day", name=op.f("pk_link_days")),
    )
    op.create_table(
        "market_hours",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "placement_kind", sa.Text(), nullable=False, comment="of the last click; else direct"
        ),
        sa.Column("requests", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("impressions", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sponsored_impressions", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("clicks", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("orders", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("gmv_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "gmv_organic_minor",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="order lines credited to no plan",
        ),
        sa.Column(
            "refunds_minor",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="at the hour of the order",
        ),
        sa.Column("spend_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "experience_sum",
            sa.Double(),
            server_default="0",
            nullable=False,
            comment="over impressions",
        ),
        sa.PrimaryKeyConstraint("hour", "placement_kind", name=op.f("pk_market_hours")),
    )
    op.create_table(
        "merchants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchants")),
        sa.UniqueConstraint("external_id", name=op.f("uq_merchants_external_id")),
    )
    op.create_table(
        "plan_hours",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "placement_kind",
            sa.Text(),
            nullable=False,
            comment="direct: items bought without a click",
        ),
        sa.Column(
            "impressions",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="seen, of the plan's items, moved or not",
        ),
        sa.Column(
            "moved_impressions",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="seen where the bid moved the item: what is paid for",
        ),
        sa.Column(
            "first_slot",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="moved impressions in the first slot",
        ),
        sa.Column("clicks", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("moved_clicks", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "orders",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="credited to moved clicks; an order of several lines counts once",
        ),
        sa.Column(
            "gmv_minor",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="moved basis, at the hour of the order",
        ),
        sa.Column(
            "gmv_added_minor",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="gmv_minor * (exposure - exposure_organic) / exposure",
        ),
        sa.Column(
            "gmv_item_minor",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="all sales of the plan's items, credited or not",
        ),
        sa.Column(
            "refunds_minor",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="of credited lines, at the hour of their order",
        ),
        sa.Column("spend_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "hour", "placement_kind", name=op.f("pk_plan_hours")),
    )
    op.create_table(
        "plan_item_days",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("impressions", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("clicks", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("orders", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("gmv_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("spend_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "item_id", "day", name=op.f("pk_plan_item_days")),
    )
    op.create_table(
        "publishers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="site, app, live, group or creator"),
        sa.Column(
            "audience",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="category -> share",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publishers")),
        sa.UniqueConstraint("external_id", name=op.f("uq_publishers_external_id")),
    )
    op.create_table(
        "rejected_events",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False, comment="order or refund"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="a stable code"),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "order_id", "line", "step", "number", name=op.f("pk_rejected_events")
        ),
    )
    op.create_table(
        "statements",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False, comment="merchant or publisher"),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "since", sa.DateTime(timezone=True), nullable=True, comment="null: from the beginning"
        ),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cut", sa.BigInteger(), nullable=False, comment="last transfers.seq it covers"),
        sa.Column("opening_minor", sa.BigInteger(), nullable=False),
        sa.Column("closing_minor", sa.BigInteger(), nullable=False),
        sa.Column("payable_minor", sa.BigInteger(), nullable=False),
        sa.Column("estimated_minor", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint(
            "role",
            "party_id",
            "currency",
            "until",
            name=op.f("uq_statements_role_party_id_currency_until"),
        ),
    )
    op.create_table(
        "store_visits",
        sa.Column(
            "id", sa.Text(), nullable=False, comment="the visitor's click id, from the cookie"
        ),
        sa.Column("consent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "tokens",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="item -> token clicked",
        ),
        sa.Column(
            "cart",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="item -> quantity",
        ),
        sa.Column(
            "orders",
            postgresql.JSONB(),
            server_default="[]",
            nullable=False,
            comment="ids, newest first",
        ),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_visits")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False, comment="merchant, publisher or operator"),
        sa.Column(
            "party_id",
            sa.Text(),
            nullable=True,
            comment="the merchant or publisher; null for an operator",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "waiting_steps",
        sa.Column("order_id", sa.Text(), nullable=False, comment="not here yet"),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "order_id", "line", "step", "number", name=op.f("pk_waiting_steps")
        ),
    )
    op.create_table(
        "commission_changes",
        sa.Column("commission_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="1, 2, ..."),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="estimated, received, refunded or released"
        ),
        sa.Column(
            "estimated_minor", sa.BigInteger(), nullable=False, comment="added; negative: taken"
        ),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column("payable_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["commission_id"],
            ["commissions.id"],
            name=op.f("fk_commission_changes_commission_id_commissions"),
        ),
        sa.PrimaryKeyConstraint("commission_id", "number", name=op.f("pk_commission_changes")),
    )
    op.create_index(
        "ix_commission_changes_released",
        "commission_changes",
        ["commission_id"],
        unique=False,
        postgresql_where=sa.text("kind = 'released'"),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "translations",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment='{"en": "title"}',
        ),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "category", sa.Text(), server_default="", nullable=False, comment="path, 'a > b > c'"
        ),
        sa.Column("brand", sa.Text(), server_default="", nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("availability", sa.Text(), server_default="in_stock", nullable=False),
        sa.Column("link", sa.Text(), server_default="", nullable=False),
        sa.Column("image_url", sa.Text(), server_default="", nullable=False),
        sa.Column("gtin", sa.Text(), server_default="", nullable=False),
        sa.Column("mpn", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "item_group",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="variants of one product",
        ),
        sa.Column("attributes", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column(
            "rating",
            sa.Float(),
            nullable=True,
            comment="mean review stars, 1..5; null where there are none",
        ),
        sa.Column("rating_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "content_hash", sa.LargeBinary(), nullable=False, comment="of all imported fields"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_items_merchant_id_merchants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
        sa.UniqueConstraint(
            "merchant_id", "external_id", name=op.f("uq_items_merchant_id_external_id")
        ),
    )
    op.create_index("ix_items_category", "items", ["category"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False, comment="the merchant's number"),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="live or import"),
        sa.Column("shopper", sa.Text(), nullable=False, comment="pseudonym; empty where unknown"),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.Text(), server_default="", nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_orders_merchant_id_merchants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint(
            "merchant_id", "external_id", name=op.f("uq_orders_merchant_id_external_id")
        ),
    )
    op.create_index("ix_orders_placed_at", "orders", ["placed_at"], unique=False)
    op.create_table(
        "payouts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("statement_id", sa.Text(), nullable=False),
        sa.Column("publisher_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payouts_amount")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_payouts_statement_id_statements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
        sa.UniqueConstraint("statement_id", name=op.f("uq_payouts_statement_id")),
    )
    op.create_index(op.f("ix_payouts_publisher_id"), "payouts", ["publisher_id"], unique=False)
    op.create_table(
        "placements",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="search, feed, cart, page:..."),
        sa.Column("kind", sa.Text(), nullable=False, comment="search, feed, cart, page or live"),
        sa.Column("publisher_id", sa.Text(), nullable=True, comment="null: on-site"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column(
            "exposures",
            postgresql.ARRAY(postgresql.DOUBLE_PRECISION()),
            nullable=False,
            comment="P(seen) by slot",
        ),
        sa.ForeignKeyConstraint(
            ["publisher_id"], ["publishers.id"], name=op.f("fk_placements_publisher_id_publishers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
        sa.UniqueConstraint("code", name=op.f("uq_placements_code")),
    )
    op.create_table(
        "plan_drafts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("item_ids", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "target_roi",
            sa.Numeric(precision=8, scale=3),
            nullable=True,
            comment="null until step 2",
        ),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_plan_drafts_merchant_id_merchants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_drafts")),
    )
    op.create_index(
        op.f("ix_plan_drafts_merchant_id"), "plan_drafts", ["merchant_id"], unique=False
    )
    op.create_table(
        "plans",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="whole_site", nullable=False),
        sa.Column(
            "target_roi",
            sa.Numeric(precision=8, scale=3),
            nullable=False,
            comment="counted GMV / spend",
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "budget_minor",
            sa.BigInteger(),
            nullable=True,
            comment="for the whole plan; null: unlimited",
        ),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "end_at", sa.DateTime(timezone=True), nullable=True, comment="null: until stopped"
        ),
        sa.Column(
            "dayparts",
            postgresql.JSONB(),
            nullable=True,
            comment="hours of the week 0..167, Monday 00 UTC first; null: all",
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="active, paused or ended"),
        sa.Column("stage", sa.Text(), nullable=False, comment="learning, stable or adjusting"),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_plans_merchant_id_merchants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    op.create_index(op.f("ix_plans_merchant_id"), "plans", ["merchant_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_table(
        "statement_lines",
        sa.Column("statement_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False, comment="money in is positive"),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statements.id"],
            name=op.f("fk_statement_lines_statement_id_statements"),
        ),
        sa.PrimaryKeyConstraint("statement_id", "day", "kind", name=op.f("pk_statement_lines")),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column(
            "seq",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="order of an account",
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("debit_id", sa.BigInteger(), nullable=False),
        sa.Column("credit_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="post, pending, post_pending or void_pending"
        ),
        sa.Column(
            "pending_key",
            sa.Text(),
            nullable=True,
            comment="the key of the pending transfer it settles",
        ),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column(
            "reference", sa.Text(), nullable=False, comment="the plan, order or payout it is for"
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind in ('post','pending')) = (pending_key is null)",
            name=op.f("ck_transfers_settles"),
        ),
        sa.CheckConstraint(
            "kind in ('post','pending','post_pending','void_pending')",
            name=op.f("ck_transfers_kind"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_transfers_amount")),
        sa.CheckConstraint("debit_id <> credit_id", name=op.f("ck_transfers_sides")),
        sa.ForeignKeyConstraint(
            ["credit_id"], ["accounts.id"], name=op.f("fk_transfers_credit_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["debit_id"], ["accounts.id"], name=op.f("fk_transfers_debit_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.UniqueConstraint("key", name=op.f("uq_transfers_key")),
    )
    op.create_index("ix_transfers_credit", "transfers", ["credit_id", "seq"], unique=False)
    op.create_index("ix_transfers_debit", "transfers", ["debit_id", "seq"], unique=False)
    op.create_index(
        "ix_transfers_pending",
        "transfers",
        ["pending_key"],
        unique=False,
        postgresql_where=sa.text("pending_key is not null"),
    )
    op.create_table(
        "links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("publisher_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("sub_id", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_links_item_id_items")),
        sa.ForeignKeyConstraint(
            ["publisher_id"], ["publishers.id"], name=op.f("fk_links_publisher_id_publishers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("code", name=op.f("uq_links_code")),
        sa.UniqueConstraint(
            "publisher_id", "item_id", "sub_id", name=op.f("uq_links_publisher_id_item_id_sub_id")
        ),
    )
    op.create_index(op.f("ix_links_publisher_id"), "links", ["publisher_id"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=True, comment="null: an order without lines"),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "amount_minor", sa.BigInteger(), nullable=False, comment="of the line, after discounts"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_order_lines_item_id_items")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("order_id", "line", name=op.f("pk_order_lines")),
    )
    op.create_table(
        "order_steps",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column(
            "line", sa.SmallInteger(), nullable=False, comment="0 for payment and receipt of all"
        ),
        sa.Column("step", sa.Text(), nullable=False, comment="payment, receipt or refund"),
        sa.Column("number", sa.Integer(), nullable=False, comment="0; refunds of a line count up"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_steps_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("order_id", "line", "step", "number", name=op.f("pk_order_steps")),
    )
    op.create_table(
        "plan_charges",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column(
            "key", sa.Text(), nullable=False, comment="which part of the event log it pays for"
        ),
        sa.Column("micros", sa.BigInteger(), nullable=False, comment="what was asked"),
        sa.Column(
            "amount_minor", sa.BigInteger(), nullable=False, comment="what was posted, whole units"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_charges_plan_id_plans")
        ),
        sa.PrimaryKeyConstraint("plan_id", "key", name=op.f("pk_plan_charges")),
    )
    op.create_table(
        "plan_edits",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column(
            "changes",
            postgresql.JSONB(),
            nullable=False,
            comment='{"target_roi": ["4.000", "3.500"]}',
        ),
        sa.Column("large", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_edits_plan_id_plans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_edits")),
    )
    op.create_index(op.f("ix_plan_edits_plan_id"), "plan_edits", ["plan_id"], unique=False)
    op.create_table(
        "plan_items",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_plan_items_item_id_items")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_items_plan_id_plans")
        ),
        sa.PrimaryKeyConstraint("plan_id", "item_id", name=op.f("pk_plan_items")),
    )
    op.create_index(
        "uq_plan_items_one_active_plan",
        "plan_items",
        ["item_id"],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "plan_spend",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column(
            "spend_micros",
            sa.BigInteger(),
            nullable=False,
            comment="billed, never above the budget",
        ),
        sa.Column(
            "over_micros",
            sa.BigInteger(),
            nullable=False,
            comment="shown beyond the budget, not billed",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_spend_plan_id_plans")
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plan_spend")),
    )

    op.execute(sa.text(IMMUTABLE_TRANSFERS))


def downgrade() -> None:
    """Drop all tables."""
    op.drop_table("plan_spend")
    op.drop_table("plan_items")
    op.drop_table("plan_edits")
    op.drop_table("plan_charges")
    op.drop_table("order_steps")
    op.drop_table("order_lines")
    op.drop_table("links")
    op.drop_table("transfers")
    op.drop_table("statement_lines")
    op.drop_table("sessions")
    op.drop_table("plans")
    op.drop_table("plan_drafts")
    op.drop_table("placements")
    op.drop_table("payouts")
    op.drop_table("orders")
    op.drop_table("items")
    op.drop_table("commission_changes")
    op.drop_table("waiting_steps")
    op.drop_table("users")
    op.drop_table("store_visits")
    op.drop_table("statements")
    op.drop_table("rejected_events")
    op.drop_table("publishers")
    op.drop_table("plan_item_days")
    op.drop_table("plan_hours")
    op.drop_table("merchants")
    op.drop_table("market_hours")
    op.drop_table("link_days")
    op.drop_table("idempotent_writes")
    op.drop_table("forgotten_shoppers")
    op.drop_table("credits")
    op.drop_table("consumed")
    op.drop_table("commissions")
    op.drop_table("commission_terms")
    op.drop_table("commission_refunds")
    op.drop_table("commission_receipts")
    op.drop_table("api_keys")
    op.drop_table("accounts")
    op.execute("drop function refuse_change()")
