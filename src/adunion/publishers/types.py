"""Types of the room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

PUBLISHER_KINDS = ("site", "app", "live", "group", "creator")
PLACEMENT_KINDS = ("search", "feed", "cart", "page", "live")
SLOTS_MAX = 50


@dataclass(frozen=True, slots=True)
class Publisher:
    """Someone with an audience; `audience` is category -> share of interest, at most 1 in sum."""

    id: str
    external_id: str
    name: str
    kind: str
    created_at: datetime
    audience: dict[str, float] = field(default_factory=dict)
    name_en: str = ""  # empty: as `name`


@dataclass(frozen=True, slots=True)
class PlacementRecord:
    """Where items are shown, on-site without a publisher; `exposures[k]` is P(slot k is seen)."""

    id: str
    code: str
    kind: str
    publisher_id: str | None
    name: str
    slots: int
    exposures: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A publisher's link to an item; `code` is what stands in `/l/{code}`."""

    id: str
    code: str
    publisher_id: str
    item_id: str
    sub_id: str
    created_at: datetime
    disabled_at: datetime | None
