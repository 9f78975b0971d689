"""New customers, boosts, and budgets that several plans share."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No plan has any of it yet; orders of new customers count from now on."""
    op.create_table(
        "shared_budgets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False, comment="day (UTC) or total"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_shared_budgets_merchant_id_merchants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_budgets")),
    )
    op.create_index("ix_shared_budgets_merchant_id", "shared_budgets", ["merchant_id"])
    op.create_table(
        "shared_spend",
        sa.Column("budget_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="1970-01-01 for a total"),
        sa.Column(
            "spend_micros", sa.BigInteger(), nullable=False,
            comment="billed, never above the amount",
        ),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["shared_budgets.id"],
            name=op.f("fk_shared_spend_budget_id_shared_budgets"),
        ),
        sa.PrimaryKeyConstraint("budget_id", "day", name=op.f("pk_shared_spend")),
    )  # fmt: skip
    for column in (
        sa.Column(
            "new_customer_minor",
            sa.BigInteger(),
            comment="worth of a first order besides its sales",
        ),
        sa.Column("shared_budget_id", sa.Text()),
        sa.Column("parent_id", sa.Text(), comment="of a boost: its plan"),
        sa.Column(
            "factor", sa.Numeric(4, 2), server_default="1", nullable=False, comment="of a boost"
        ),
        sa.Column(
            "regions", postgresql.JSONB(), comment="of a boost, where it bids; null: everywhere"
        ),
    ):
        op.add_column("plans", column)
    op.alter_column("plans", "kind", comment="or boost", existing_server_default="whole_site")
    for name, table in (("shared_budget_id", "shared_budgets"), ("parent_id", "plans")):
        op.create_foreign_key(op.f(f"fk_plans_{name}_{table}"), "plans", table, [name], ["id"])
        op.create_index(f"ix_plans_{name}", "plans", [name])
    op.add_column(
        "plan_hours",
        sa.Column(
            "new_orders", sa.BigInteger(), server_default="0", nullable=False,
            comment="of orders, by people who bought nothing of the merchant before",
        ),
    )  # fmt: skip
    op.create_index("ix_orders_shopper", "orders", ["merchant_id", "shopper"])


def downgrade() -> None:
    """Forget them."""
    op.drop_index("ix_orders_shopper", "orders")
    op.drop_column("plan_hours", "new_orders")
    for name in ("regions", "factor", "parent_id", "shared_budget_id", "new_customer_minor"):
        op.drop_column("plans", name)
    op.drop_table("shared_spend")
    op.drop_table("shared_budgets")
