"""Requests that a plan lost because the page had all the slots that bids may move."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None was lost so before."""
    column = sa.Column("lost_load", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("plan_funnels", column)


def downgrade() -> None:
    """Forget them."""
    op.drop_column("plan_funnels", "lost_load")
