"""A kept decision as a party may see it: the operator all of it, a merchant its own items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from adunion.catalog.tables import items
from adunion.decision.log import LoggedDecisions
from adunion.decision.parts import Part, parts
from adunion.kernel.clock import from_micros
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import decode, encode


@dataclass(frozen=True)
class Told:
    """A candidate; of a rival's item a merchant is told the slot and whether it was paid for."""

    slot: int | None  # shown in; none: not shown
    reason: str  # moved, organic, outranked, merchant_cap, group_cap, ad_load
    item_id: str | None
    title: str | None
    merchant_id: str | None
    plan_id: str | None
    part: Part | None


@dataclass(frozen=True)
class KeptDecision:
    """A decision that was kept, with `ranked` candidates of which the best are here."""

    request_id: str
    at: datetime
    placement_id: str
    ranked: int
    candidates: list[Told]


def not_kept(request_id: str) -> AdUnionError:
    """The 404 of a decision that was not kept, or holds nothing of the caller's."""
    return AdUnionError(
        "not_found",
        f"The decision of request {request_id[:40]} was not kept, or has no item of yours.",
        404,
        hint="A sample of requests is kept, the newest of them; send explain: true with a"
        " decide call to have its decision kept.",
    )


def told(
    conn: Connection, kept: LoggedDecisions | None, request_id: str, merchant_id: str | None
) -> KeptDecision:
    """What a merchant, or with None the operator, may see of a kept decision; raises 404."""
    if kept is None:
        raise not_kept(request_id)
    found = parts(kept)
    known = _goods(conn, [f"itm_{encode(part.item)}" for part in found])
    candidates = [_told(part, known, merchant_id) for part in found]
    if merchant_id is not None:
        candidates = [one for one in candidates if one.part is not None or one.slot is not None]
        if not any(one.part for one in candidates):
            raise not_kept(request_id)
    return KeptDecision(
        request_id,
        from_micros(int(kept.at_us[0])),
        str(kept.placement[0]),
        int(kept.ranked[0]),
        candidates,
    )


def request_bytes(request_id: str) -> bytes:
    """The 16 bytes of a `req_` id; 404 for what is none, as nothing is kept of it."""
    try:
        return decode(request_id.removeprefix("req_"))
    except AdUnionError:
        raise not_kept(request_id) from None


def _told(part: Part, known: Mapping[str, tuple[str, str]], merchant_id: str | None) -> Told:
    item_id = f"itm_{encode(part.item)}"
    owner, title = known.get(item_id, ("", ""))
    slot = part.slot if part.slot >= 0 else None
    if merchant_id not in (None, owner):
        return Told(slot, part.reason, None, None, None, None, None)
    plan_id = None if part.plan is None else f"cmp_{encode(part.plan)}"
    return Told(slot, part.reason, item_id, title, owner or None, plan_id, part)


def _goods(conn: Connection, item_ids: list[str]) -> dict[str, tuple[str, str]]:
    rows = conn.execute(
        select(items.c.id, items.c.merchant_id, items.c.title).where(items.c.id.in_(item_ids))
    )
    return {row.id: (row.merchant_id, row.title) for row in rows}
