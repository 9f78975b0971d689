"""Budgets leased to deciding nodes, and what they promised."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is leased yet."""
    op.create_table(
        "budget_leases",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("left_micros", sa.BigInteger(), nullable=False, comment="held, not promised"),
        sa.Column("granted_micros", sa.BigInteger(), nullable=False, comment="in all"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("left_micros >= 0", name=op.f("ck_budget_leases_left")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_budget_leases_plan_id_plans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_leases")),
        sa.UniqueConstraint("plan_id", "node", name=op.f("uq_budget_leases_plan_id_node")),
    )
    op.create_table(
        "promises",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column(
            "minute", sa.BigInteger(), nullable=False, comment="of the decisions, since the epoch"
        ),
        sa.Column("promised_micros", sa.BigInteger(), nullable=False),
        sa.Column(
            "charged_micros", sa.BigInteger(), nullable=False, comment="of these, seen and charged"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_promises_plan_id_plans")),
        sa.PrimaryKeyConstraint("plan_id", "minute", name=op.f("pk_promises")),
    )


def downgrade() -> None:
    """Nothing is leased any more."""
    op.drop_table("promises")
    op.drop_table("budget_leases")
