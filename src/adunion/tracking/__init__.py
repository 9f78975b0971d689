"""What happened: events in once and durably, orders and what became of them."""

from adunion.trust.pseudonym import shopper_key

from .arrow import EVENT_SCHEMA
from .intake import Intake
from .keys import beacon_keys, order_key, order_step_keys
from .repository import Recorded, contradictions, position, record, set_position
from .service import Tracker
from .types import FLAG_CONSENT, FLAG_MOVED, NO_ID, Accepted, EventBatch, EventType, concat, events

__all__ = [
    "EVENT_SCHEMA",
    "FLAG_CONSENT",
    "FLAG_MOVED",
    "NO_ID",
    "Accepted",
    "EventBatch",
    "EventType",
    "Intake",
    "Recorded",
    "Tracker",
    "beacon_keys",
    "concat",
    "contradictions",
    "events",
    "order_key",
    "order_step_keys",
    "position",
    "record",
    "set_position",
    "shopper_key",
]
