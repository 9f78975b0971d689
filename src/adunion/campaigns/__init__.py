"""Plans: whole-site promotion (全站推广), their items, edits, stages and what they owe."""

from .service import Advanced, Plans
from .types import Edit, LivePlan, Page, Plan, PlanDraft, Selector

__all__ = ["Advanced", "Edit", "LivePlan", "Page", "Plan", "PlanDraft", "Plans", "Selector"]
