"""Goals of plans other than a target ROI."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every plan so far has a target ROI."""
    op.add_column(
        "plans",
        sa.Column(
            "goal",
            sa.Text(),
            server_default="target_roi",
            nullable=False,
            comment="see types.Goal",
        ),
    )
    op.add_column(
        "plans",
        sa.Column(
            "target_cost_minor",
            sa.BigInteger(),
            comment="spend an order; of cost_per_order only",
        ),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_column("plans", "target_cost_minor")
    op.drop_column("plans", "goal")
