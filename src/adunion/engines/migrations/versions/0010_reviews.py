"""Reviews are kept, by item."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None are known yet."""
    op.create_table(
        "reviews",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column(
            "external_id", sa.Text(), nullable=False, comment="the sender's number, or # and a hash"
        ),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column(
            "shopper", sa.Text(), nullable=False,
            comment="pseudonym; empty where unknown or erased",
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("stars", sa.Double(), comment="1..5; null where none are given"),
        sa.Column(
            "polarity", sa.Double(),
            comment="log-odds that it praises, by its words; null: no words",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when it was written"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_reviews_item_id_items")),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.id"], name=op.f("fk_reviews_merchant_id_merchants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint(
            "merchant_id", "external_id", name=op.f("uq_reviews_merchant_id_external_id")
        ),
    )  # fmt: skip
    op.create_index("ix_reviews_item_id", "reviews", ["item_id"])
    op.create_index(
        "ix_reviews_shopper", "reviews", ["shopper"], postgresql_where=sa.text("shopper <> ''")
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("reviews")
