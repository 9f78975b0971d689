"""The family of markets: what each asks of a bidder. All numbers of a market are here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adunion.decision.settings import DecisionSettings


@dataclass(frozen=True)
class Shock:
    """Factors on the market from one day to another, counted from the launch of the plans."""

    from_day: float
    to_day: float
    traffic: float = 1.0
    conversion: float = 1.0  # the platform's model does not know of it
    returns: float = 1.0


@dataclass(frozen=True)
class Market:
    """One market of the family."""

    name: str
    asks: str  # what it asks of a bidder
    calm: bool = False
    capped: bool = False  # its best is not one bid's to have: see `docs/roi.md`
    days: int = 10
    plans: int = 16
    requests_per_hour: int = 1_250  # the mean of the weekly rhythm
    items: int = 1_000
    topics: int = 33
    shocks: tuple[Shock, ...] = ()
    delay: float = 1.0  # on the time from click to order
    entrants: int = 0  # plans that start on the middle day
    unreachable: int = 0  # plans whose target nothing in the market can bring
    reserve_micros: int = 0  # the least price of a seen impression that a bid adds
    ad_load_bps: int = 10_000  # of a page's slots beyond the first, what bids may move
    measured: int = 1_000_000  # plans that are measured, the first ones of a random order


_CALM = Market("calm", "no shock: hold the target, leave nothing on the table", calm=True)
_LIVE_LOAD_BPS = DecisionSettings().ad_load_bps

_FAMILY = (
    _CALM,
    replace(
        _CALM, name="ad_load", calm=False, ad_load_bps=_LIVE_LOAD_BPS, capped=True,
        asks="no shock, but bids may move no more of a page than live ones do by default",
    ),
    replace(
        _CALM, name="promotion_day", calm=False,
        asks="three times the traffic and better conversion for a day, after a slack day before",
        shocks=(Shock(4, 5, conversion=0.8), Shock(5, 6, traffic=3.0, conversion=1.4)),
    ),
    replace(
        _CALM, name="rival_enters", calm=False, entrants=5,
        asks="five more plans start in the middle: prices rise",
    ),
    replace(
        _CALM, name="traffic_halved", calm=False, shocks=(Shock(5, 99, traffic=0.5),),
        asks="half the traffic from the middle on: budgets must not be waited for",
    ),
    replace(
        _CALM, name="conversion_drop", calm=False, shocks=(Shock(5, 99, conversion=0.75),),
        asks="a quarter fewer orders from the middle on, which the predictions do not know",
    ),
    replace(
        _CALM, name="returns_doubled", calm=False, shocks=(Shock(5, 99, returns=2.0),),
        asks="twice the returns from the middle on: net and gross part",
    ),
    replace(
        _CALM, name="delayed_conversions", calm=False, delay=4.0,
        asks="half of the orders come days after the click",
    ),
    replace(
        _CALM, name="few_orders", calm=False, requests_per_hour=100,
        asks="a twelfth of the traffic: chance hides the return",
    ),
    replace(
        _CALM, name="unreachable_target", calm=False, unreachable=4,
        reserve_micros=100_000,
        asks="four plans want a return that no impression brings at its least price",
    ),
    replace(
        _CALM, name="plans_500", calm=False, plans=500, items=12_000, topics=400,
        days=2, requests_per_hour=5_000, measured=24,
        asks="500 plans at once, most of them small",
    ),
)  # fmt: skip

MARKETS = {market.name: market for market in _FAMILY}

QUICK = {
    name: replace(MARKETS[name], requests_per_hour=250)
    for name in (
        "calm", "ad_load", "promotion_day", "rival_enters", "conversion_drop",
        "delayed_conversions", "unreachable_target",
    )
}  # fmt: skip
"""For a reader: the same with a fifth of the traffic."""
