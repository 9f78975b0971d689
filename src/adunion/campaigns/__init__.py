"""Plans: whole-site promotion (全站推广), their items, edits, stages and what they owe."""

from .boosts import Boosts
from .service import Advanced, Plans
from .shared_budgets import SharedBudgets
from .types import (
    BoostDraft,
    Edit,
    LivePlan,
    Page,
    Plan,
    PlanDraft,
    Pool,
    Selector,
    SharedBudget,
)

__all__ = [
    "Advanced",
    "BoostDraft",
    "Boosts",
    "Edit",
    "LivePlan",
    "Page",
    "Plan",
    "PlanDraft",
    "Plans",
    "Pool",
    "Selector",
    "SharedBudget",
    "SharedBudgets",
]
