"""English names of merchants and publishers; refused events get an id and an owner."""

import sqlalchemy as sa
from alembic import op

from adunion.tracking.refusals import refusal_id

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PARTIES = ("merchants", "publishers")
OWNER = """
update rejected_events r set merchant_id = coalesce(
  (select o.merchant_id from orders o where o.id = r.order_id),
  (select i.merchant_id from items i where r.detail = 'item ' || i.id))
"""


def upgrade() -> None:
    """Add the columns and fill them for what is there."""
    for table in PARTIES:
        op.add_column(
            table,
            sa.Column(
                "name_en", sa.Text(), nullable=False, server_default="", comment="empty: as `name`"
            ),
        )
    op.add_column("rejected_events", sa.Column("id", sa.Text()))
    op.add_column(
        "rejected_events",
        sa.Column("merchant_id", sa.Text(), comment="whose; null where the item is unknown"),
    )
    _fill(op.get_bind())
    op.alter_column("rejected_events", "id", nullable=False)
    op.create_unique_constraint(op.f("uq_rejected_events_id"), "rejected_events", ["id"])
    op.create_foreign_key(
        op.f("fk_rejected_events_merchant_id_merchants"),
        "rejected_events",
        "merchants",
        ["merchant_id"],
        ["id"],
    )
    op.create_index(
        op.f("ix_rejected_events_merchant_id"), "rejected_events", ["merchant_id"], unique=False
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_column("rejected_events", "merchant_id")
    op.drop_column("rejected_events", "id")
    for table in PARTIES:
        op.drop_column(table, "name_en")


def _fill(conn: sa.Connection) -> None:
    conn.execute(sa.text(OWNER))
    rows = conn.execute(sa.text("select order_id, line, step, number, at from rejected_events"))
    ids = [row._asdict() | {"id": refusal_id(*row)} for row in rows]
    if ids:
        conn.execute(
            sa.text(
                "update rejected_events set id = :id where order_id = :order_id and line = :line "
                "and step = :step and number = :number"
            ),
            ids,
        )
