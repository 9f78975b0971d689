"""The market's one currency, and the items that are priced in another."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from adunion.catalog.repository import currencies
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import exponent

_UNLESS_KNOWN = "CNY"


@dataclass(frozen=True)
class Outside:
    """What of the catalog takes no part in the market, because it is priced in other money."""

    market_currency: str
    settled: bool  # by setting, or by a market that ran before; else most items say it
    outside_market: dict[str, int]  # currency -> live items

    def __str__(self) -> str:
        """For people; empty where every item takes part."""
        if not self.outside_market:
            return ""
        several = ", ".join(f"{n:,} in {code}" for code, n in self.outside_market.items())
        why = "" if self.settled else " (what most items are priced in)"
        return (
            f"items priced {several} are kept but take no part: this market counts in "
            f"{self.market_currency}{why}. Import them with {self.market_currency} prices, or run "
            "another market for them, with its own ADUNION_HOME and ADUNION_CURRENCY."
        )


def market_currency(settings: Settings, engine: Engine) -> str:
    """The market's one currency: as set, as it was before, or what most items have.

    Kept in the home from then on. Raises AdUnionError: 422 where it is no ISO 4217 code, 409
    `no_items` where nothing says it.
    """
    known = settled(settings)
    if known is not None:
        return known
    found = currencies_of(engine)
    if not found:
        raise AdUnionError(
            "no_items", "There are no items yet.", 409,
            hint="Import a catalog (adunion import catalog FILE) or run adunion demo.",
        )  # fmt: skip
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "currency").write_text(_most(found))
    return _most(found)


def outside(settings: Settings, engine: Engine) -> Outside:
    """The live items that are not of the market's currency; settles nothing."""
    known, found = settled(settings), currencies_of(engine)
    currency = known or _most(found)
    others = {code: count for code, count in found.items() if code != currency}
    return Outside(currency, known is not None, others)


def currencies_of(engine: Engine) -> dict[str, int]:
    """Live items by currency, most first."""
    with engine.connect() as conn:
        return currencies(conn)


def settled(settings: Settings) -> str | None:
    """The market's currency as set, or as it was before; None where nothing says it yet."""
    path = settings.home / "currency"
    found = settings.currency or (path.read_text().strip() if path.exists() else None)
    if found:
        exponent(found)
    return found or None


def _most(found: dict[str, int]) -> str:
    return next(iter(found), _UNLESS_KNOWN)
