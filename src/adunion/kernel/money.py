"""Money: integers of ISO 4217 minor units, and micros (1e-6 of a major unit) inside the auction.

An auction price is often a fraction of a minor unit, so the hot path counts integer micros and
the ledger receives whole minor units; the remainder is carried, never rounded away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from .errors import invalid

MICROS_PER_MAJOR = 1_000_000

# ISO 4217 currencies whose minor unit is not 2 digits.
_EXPONENTS = {
    **dict.fromkeys(
        ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF").split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_CODES = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR "
    "KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR "
    "SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS "
    "UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG".split()
)
_PRICE = re.compile(
    r"^\s*(?P<sign>-?)(?:(?P<pre>[A-Z]{3})\s*)?(?P<num>[0-9][0-9,.]*)\s*(?P<post>[A-Z]{3})?\s*$"
)
MINOR_MAX = 10**15  # far above any price, far below what int64 micros overflow at


def exponent(currency: str) -> int:
    """Digits of the minor unit: 2 for CNY, 0 for JPY and VND, 3 for KWD."""
    if currency not in _CODES:
        raise invalid(
            "currency", f"{currency!r} is not an ISO 4217 code.", "Use a code such as CNY or USD."
        )
    return _EXPONENTS.get(currency, 2)


def micros_per_minor(currency: str) -> int:
    """How many micros one minor unit holds: 10,000 for CNY, 1,000,000 for JPY."""
    return MICROS_PER_MAJOR // int(10 ** exponent(currency))


def to_minor(amount: Decimal | str | int, currency: str, *, exact: bool = True) -> int:
    """Major-unit amount to integer minor units.

    With `exact`, an amount finer than the minor unit is refused; otherwise it is rounded half even.
    """
    digits = exponent(currency)
    try:
        value = Decimal(str(amount).strip())
    except InvalidOperation:
        raise invalid(
            "price", f"{str(amount)[:40]!r} is not a number.", "Write it like 15.00."
        ) from None
    if not value.is_finite():
        raise invalid("price", f"{str(amount)[:40]!r} is not a finite number.")
    if value.adjusted() > len(str(MINOR_MAX)):  # before an exponent that no Decimal holds
        raise invalid("price", f"{str(amount)[:40]} is too large.")
    minor = value.scaleb(digits)
    whole = minor.to_integral_value(ROUND_HALF_EVEN)
    if exact and whole != minor:
        raise invalid(
            "price",
            f"{str(amount)[:40]} is finer than the minor unit of {currency} ({digits} digits).",
        )
    if abs(whole) > MINOR_MAX:
        raise invalid("price", f"{str(amount)[:40]} is too large.")
    return int(whole)


def parse_price(text: str, default_currency: str | None = None) -> tuple[int, str]:
    """Read `15.00 USD`, `USD 15.00` or, with a default currency, `15.00` -> (minor, currency)."""
    match = _PRICE.match(text)
    if not match:
        raise invalid("price", f"{text[:40]!r} is not a price.", "Write it like 15.00 USD.")
    currency = match["pre"] or match["post"] or default_currency
    if currency is None:
        raise invalid("price", f"{text[:40]!r} has no currency.", "Write it like 15.00 USD.")
    number = match["num"].replace(",", "")
    return to_minor(match["sign"] + number, currency), currency


def to_major(minor: int, currency: str) -> Decimal:
    """Minor units to an exact decimal of major units."""
    return Decimal(minor).scaleb(-exponent(currency))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency in integer minor units."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise invalid("currency", f"Cannot add {other.currency} to {self.currency}.")
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def __str__(self) -> str:
        return f"{to_major(self.minor, self.currency):,} {self.currency}"


def share_bps(amount_minor: int, rate_bps: int) -> int:
    """`rate_bps` ten-thousandths of an amount, rounded half even, sign kept."""
    exact = (Decimal(amount_minor) * rate_bps).scaleb(-4)
    return int(exact.to_integral_value(ROUND_HALF_EVEN))


def split_proportionally(total_minor: int, weights: list[int]) -> list[int]:
    """Split an integer by weights with the largest-remainder rule; the parts sum to the total."""
    weight_total = sum(weights)
    if not weights or weight_total <= 0:
        raise invalid("weights", "Weights must be positive.")
    floors = [total_minor * w // weight_total for w in weights]
    rest = total_minor - sum(floors)
    order = sorted(range(len(weights)), key=lambda i: -(total_minor * weights[i] % weight_total))
    for i in order[:rest]:
        floors[i] += 1
    return floors
