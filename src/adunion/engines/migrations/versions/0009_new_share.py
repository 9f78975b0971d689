"""A plan may ask for a least share of new customers."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No plan asks for one yet."""
    share = sa.Column(
        "min_new_share", sa.Numeric(4, 3), comment="least share of orders by new customers"
    )
    op.add_column("plans", share)
    op.add_column(
        "plans",
        sa.Column(
            "handicap", sa.Double(), server_default="0", nullable=False,
            comment="share taken off bids for people who bought before; min_new_share steers it",
        ),
    )  # fmt: skip
    op.add_column("plan_drafts", sa.Column("min_new_share", sa.Numeric(4, 3)))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("plan_drafts", "min_new_share")
    op.drop_column("plans", "handicap")
    op.drop_column("plans", "min_new_share")
