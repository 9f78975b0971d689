"""Which terms an order line falls under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adunion.kernel.errors import invalid

from .types import Terms

HOLD_DAYS_MAX = 365


@dataclass(frozen=True, slots=True)
class Agreed:
    """Terms of a merchant for a category path and all below it, from a time on."""

    merchant_id: str
    category: str
    since: datetime
    terms: Terms


def terms_for(agreed: Sequence[Agreed], merchant_id: str, category: str, at: datetime) -> Terms:
    """The merchant's terms of the nearest category above, the latest before the order."""
    fitting = [
        a
        for a in agreed
        if a.merchant_id == merchant_id and a.since <= at and _covers(a.category, category)
    ]
    best = max(fitting, key=lambda a: (len(a.category), a.since), default=None)
    return best.terms if best else Terms()


def check(terms: Terms) -> None:
    """Refuse terms that cannot be."""
    for name, value in (("rate_bps", terms.rate_bps), ("fee_bps", terms.fee_bps)):
        if not 0 <= value <= 10_000:
            raise invalid(name, f"{value} is not between 0 and 10000 ten-thousandths.")
    if not 0 <= terms.hold_days <= HOLD_DAYS_MAX:
        raise invalid("hold_days", f"{terms.hold_days} is not between 0 and {HOLD_DAYS_MAX} days.")


def _covers(above: str, category: str) -> bool:
    return above in ("", category) or category.startswith(above + " > ")
