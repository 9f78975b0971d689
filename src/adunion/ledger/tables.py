"""Tables of the room: accounts with their cached balances, and transfers, which never change."""

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from adunion.engines.postgres import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False, comment="merchant:mer_...:wallet, platform:cash, ..."),
    Column("currency", Text, nullable=False),
    Column("bounded", Boolean, nullable=False, comment="what could leave it is never below zero"),
    Column("posted_minor", BigInteger, nullable=False, server_default="0"),
    Column("pending_in_minor", BigInteger, nullable=False, server_default="0"),
    Column("pending_out_minor", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("code", "currency"),
    CheckConstraint("pending_in_minor >= 0 and pending_out_minor >= 0", name="pending"),
    CheckConstraint("not bounded or posted_minor >= pending_out_minor", name="bound"),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seq", BigInteger, Identity(always=True), nullable=False, comment="order of an account"),
    Column("key", Text, nullable=False, unique=True),
    Column("debit_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("credit_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="post, pending, post_pending or void_pending"),
    Column("pending_key", Text, comment="the key of the pending transfer it settles"),
    Column("memo", Text, nullable=False),
    Column("reference", Text, nullable=False, comment="the plan, order or payout it is for"),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint("debit_id <> credit_id", name="sides"),
    CheckConstraint("kind in ('post','pending','post_pending','void_pending')", name="kind"),
    CheckConstraint("(kind in ('post','pending')) = (pending_key is null)", name="settles"),
    Index("ix_transfers_debit", "debit_id", "seq"),
    Index("ix_transfers_credit", "credit_id", "seq"),
    Index("ix_transfers_pending", "pending_key", postgresql_where=text("pending_key is not null")),
)

event.listen(
    transfers,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        """
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception '%% rows are never changed: post a correcting transfer', tg_table_name
                using errcode = 'restrict_violation';
        end $$;
        create trigger transfers_immutable before update or delete or truncate on transfers
            for each statement execute function refuse_change();
        """
    ),
)
