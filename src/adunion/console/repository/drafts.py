"""Drafts of the wizard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from adunion.campaigns.types import Goal
from adunion.console.tables import plan_drafts


@dataclass(frozen=True)
class Draft:
    """A plan being drafted."""

    id: str
    merchant_id: str
    item_ids: tuple[str, ...]
    target_roi: Decimal | None
    budget_minor: int | None
    goal: Goal = "target_roi"
    target_cost_minor: int | None = None
    new_customer_minor: int | None = None
    min_new_share: Decimal | None = None

    @property
    def asked(self) -> bool:
        """Whether step 2 is done: the goal has what it needs."""
        needs = {"cost_per_order": self.target_cost_minor, "new_customers": self.new_customer_minor}
        return self.target_roi is not None and needs.get(self.goal, 0) is not None


def add_draft(conn: Connection, id_: str, merchant_id: str, at: datetime) -> None:
    """Start a draft without items."""
    conn.execute(plan_drafts.insert().values(id=id_, merchant_id=merchant_id, created_at=at))


def draft(conn: Connection, id_: str, merchant_id: str) -> Draft | None:
    """A merchant's own draft."""
    row = conn.execute(
        select(plan_drafts).where(plan_drafts.c.id == id_, plan_drafts.c.merchant_id == merchant_id)
    ).first()
    if row is None:
        return None
    return Draft(
        row.id, row.merchant_id, tuple(row.item_ids), row.target_roi, row.budget_minor, row.goal,
        row.target_cost_minor, row.new_customer_minor, row.min_new_share,
    )  # fmt: skip


def change_draft(conn: Connection, id_: str, **values: Any) -> None:
    """Set columns of a draft."""
    conn.execute(plan_drafts.update().where(plan_drafts.c.id == id_).values(**values))


def drop_draft(conn: Connection, id_: str) -> None:
    """Forget a draft, once its plan is made."""
    conn.execute(plan_drafts.delete().where(plan_drafts.c.id == id_))
