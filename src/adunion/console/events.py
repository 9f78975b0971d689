"""The operator's page of events: the log's tail, what was refused of it, and what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request

from adunion.engines.paging import LIMIT_MAX
from adunion.kernel.clock import from_micros
from adunion.tracking.refusals import Refusal, Waiting, list_refusals, list_waiting

from . import repository
from .components import Column, Empty, Table
from .context import Context
from .i18n import N_
from .messages import REFUSALS, STATES
from .security import Operator

router = APIRouter()
EVENTS = 100
_STEP_COLUMNS = (
    Column("at", N_("Time"), "second"),
    Column("step", N_("Event")),
    Column("order", N_("Order"), "code"),
    Column("line", N_("Line"), "number"),
    Column("amount_minor", N_("Amount"), "money"),
)


@router.get("/operator/events")
def events(request: Request, _who: Operator) -> Any:
    """The tail of the event log, what was refused of it, and what waits."""
    it = Context(request)
    with it.services.engine.connect() as conn:
        refused, _ = list_refusals(conn, limit=LIMIT_MAX)
        waiting = list_waiting(conn, LIMIT_MAX)
        ids = [row.merchant_id for row in refused if row.merchant_id]
        names = repository.merchant_names(conn, ids, it.lang)
    return it.page(
        "events.html",
        events=_events(it),
        refused=_refused(it, refused, names),
        waiting=_waiting(it, waiting),
    )


def _events(it: Context) -> Table:
    rows = [
        {
            "position": row.position,
            "at": from_micros(row.at_us),
            "type": it.say(STATES.get(row.type, row.type)),
            "sponsored": "sponsored" if row.sponsored else "",
            "item": row.item,
            "plan": row.plan,
            "order": row.order,
            "amount_minor": row.amount_minor or None,
            "price": row.price_micros / 1_000_000 if row.price_micros else None,
        }
        for row in it.services.log_tail(EVENTS)
    ]
    return Table(
        "events",
        (
            Column("position", N_("Position"), "number"),
            Column("at", N_("Time"), "second"),
            Column("type", N_("Event")),
            Column("sponsored", N_("Sponsored"), "state"),
            Column("item", N_("Item"), "code", "/store/item/{item}"),
            Column("plan", N_("Plan"), "code", "/operator/plans/{plan}"),
            Column("order", N_("Order"), "code"),
            Column("amount_minor", N_("Amount"), "money"),
        ),
        rows,
        it.services.currency,
        Empty(N_("The log is empty"), N_("Open the store and search for something.")),
    )


def _refused(it: Context, rows: Sequence[Refusal], names: Mapping[str, str]) -> Table:
    return Table(
        "refused",
        (
            *_STEP_COLUMNS,
            Column("reason", N_("Why"), "long"),
            Column("detail", N_("Detail"), "long", sortable=False),
            Column("merchant", N_("Merchant")),
        ),
        [
            _step(it, row, row.external_id or row.order_id)
            | {
                "reason": it.say(REFUSALS.get(row.reason, row.reason)),
                "detail": row.detail,
                "merchant": names.get(row.merchant_id or "", ""),
            }
            for row in rows
        ],
        it.services.currency,
        Empty(
            N_("Nothing was refused"),
            N_("Refunds and order lines that contradict their order will be listed here."),
        ),
    )


def _waiting(it: Context, rows: Sequence[Waiting]) -> Table:
    return Table(
        "waiting",
        _STEP_COLUMNS,
        [_step(it, row, row.order_id) for row in rows],
        it.services.currency,
        Empty(
            N_("Nothing waits"),
            N_("A payment, receipt or refund that comes before its order waits here for it."),
        ),
    )


def _step(it: Context, row: Refusal | Waiting, order: str) -> dict[str, Any]:
    return {
        "at": row.at,
        "step": it.say(STATES.get(row.step, row.step)),
        "order": order,
        "line": row.line or None,
        "amount_minor": row.amount_minor or None,
    }
