"""A drafted plan has a goal, and what it needs."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drafts of before ask for a return."""
    goal = sa.Column("goal", sa.Text(), server_default="target_roi", nullable=False)
    op.add_column("plan_drafts", goal)
    for name in ("target_cost_minor", "new_customer_minor"):
        op.add_column("plan_drafts", sa.Column(name, sa.BigInteger()))


def downgrade() -> None:
    """Forget them."""
    for name in ("new_customer_minor", "target_cost_minor", "goal"):
        op.drop_column("plan_drafts", name)
