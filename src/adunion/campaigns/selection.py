"""Which items a plan takes: all of one merchant, live, and of one currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from adunion.kernel.errors import AdUnionError, invalid

from . import checks, repository
from .types import Selector


@dataclass(frozen=True)
class Goods:
    """What the checks of money need of the items that a plan takes."""

    cheapest_minor: int
    dearest_minor: int
    currency: str
    title: str  # of the first


def selected(
    conn: Connection, merchant_id: str, selector: Selector, market: str | None = None
) -> tuple[str, ...]:
    """The merchant's live items that a selector matches; raises 422 where there is none.

    `market` is the market's currency: items of another are left out.
    """
    for field in ("category", "brand", "text"):
        checks.text(field, getattr(selector, field))
    chosen = repository.select_items(conn, merchant_id, selector, market)
    if not chosen:
        raise invalid("selector", "No live item of the merchant matches.", "Widen the selection.")
    return checks.item_ids(chosen)


def check_goods(
    conn: Connection, merchant_id: str, chosen: Sequence[str], market: str | None = None
) -> Goods:
    """What they cost; all must be the merchant's own live items.

    `market` is the market's currency: items of another take no part in it.
    """
    found = {row.id: row for row in repository.goods(conn, chosen)}
    foreign = [id_ for id_ in chosen if id_ not in found or found[id_].merchant_id != merchant_id]
    if foreign:
        raise AdUnionError(
            "item_not_found", f"{len(foreign)} of the items are not this merchant's: {foreign[0]}.",
            422, "item_ids", "Choose the merchant's own items.", {"items": foreign[:100]},
        )  # fmt: skip
    gone = [id_ for id_ in chosen if found[id_].withdrawn_at is not None]
    if gone:
        raise AdUnionError(
            "item_withdrawn", f"{len(gone)} of the items are withdrawn: {found[gone[0]].title!r}.",
            422, "item_ids", "Leave them out, or list them again.", {"items": gone[:100]},
        )  # fmt: skip
    currencies = sorted({found[id_].currency for id_ in chosen})
    if len(currencies) > 1:
        raise invalid("item_ids", f"The items have several currencies: {', '.join(currencies)}.",
                      "Make one plan for each.")  # fmt: skip
    if market not in (None, currencies[0]):
        raise AdUnionError(
            "item_outside_market",
            f"The items are priced in {currencies[0]}; this market counts in {market}.",
            422, "item_ids", f"Choose items priced in {market}, or import them with such prices.",
        )  # fmt: skip
    prices = [int(found[id_].price_minor) for id_ in chosen]
    return Goods(min(prices), max(prices), currencies[0], str(found[chosen[0]].title))
