"""All SQL of the console: what pages show across rooms, and the drafts of the wizard."""

from .drafts import Draft, add_draft, change_draft, draft, drop_draft
from .earnings import (
    commission_rows,
    earnings,
    links_of,
    statement,
    statement_rows,
    statements_of,
)
from .items import (
    DRAFT_ITEMS_MAX,
    ItemFilter,
    categories,
    count_items,
    items_by_id,
    items_page,
    matching_item_ids,
)
from .parties import merchant_names, party_names, plan_names, publisher_rows
from .visits import Visit, order, save_visit, visit

__all__ = [
    "DRAFT_ITEMS_MAX",
    "Draft",
    "ItemFilter",
    "Visit",
    "add_draft",
    "categories",
    "change_draft",
    "commission_rows",
    "count_items",
    "draft",
    "drop_draft",
    "earnings",
    "items_by_id",
    "items_page",
    "links_of",
    "matching_item_ids",
    "merchant_names",
    "order",
    "party_names",
    "plan_names",
    "publisher_rows",
    "save_visit",
    "statement",
    "statement_rows",
    "statements_of",
    "visit",
]
