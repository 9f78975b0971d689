"""The return guarantee by plan and day, plans' funnels and landscapes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FUNNEL_SUMS = (
    "requests", "in_time", "funded", "retrieved", "bidding", "lost_organic", "lost_plan",
    "lost_own", "lost_cap", "shown", "moved", "gap_micros", "gap_110", "gap_125", "gap_150",
    "gap_200", "gap_300", "gap_500", "gap_1000", "gap_more",
)  # fmt: skip


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "plan_guarantees",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="UTC; of impressions and clicks"),
        sa.Column("target_roi", sa.Numeric(8, 3), nullable=False, comment="in force on that day"),
        sa.Column("spend_minor", sa.BigInteger(), nullable=False),
        sa.Column("gmv_minor", sa.BigInteger(), nullable=False, comment="of the day's clicks"),
        sa.Column("orders", sa.Integer(), nullable=False, comment="of the day's clicks"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("credit_minor >= 0", name=op.f("ck_plan_guarantees_credit")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_guarantees_plan_id_plans")
        ),
        sa.PrimaryKeyConstraint("plan_id", "day", name=op.f("pk_plan_guarantees")),
    )
    op.create_table(
        "plan_funnels",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placement_kind", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
            for name in FUNNEL_SUMS
        ),
        sa.PrimaryKeyConstraint("plan_id", "hour", "placement_kind", name=op.f("pk_plan_funnels")),
    )
    op.create_table(
        "plan_landscapes",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("traffic", sa.Double(), nullable=False),
        sa.Column("alpha", sa.Double(), nullable=False),
        sa.Column("ratio", sa.Double(), nullable=False),
        *(
            sa.Column(name, postgresql.ARRAY(sa.Double()), nullable=False)
            for name in ("spend", "moved", "orders")
        ),
        sa.PrimaryKeyConstraint("plan_id", "at", name=op.f("pk_plan_landscapes")),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("plan_landscapes", "plan_funnels", "plan_guarantees"):
        op.drop_table(table)
