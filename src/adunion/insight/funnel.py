"""Why a plan is not delivering: its requests step by step, and what stands in the way most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adunion.decision.waterfall import GAPS

from .steps import Step
from .types import Result

LOSSES = ("organic", "plan", "own", "cap", "load")
"""To an organic result, another merchant, its own item, too many of its own, or the ad load."""
QUANTILES = {"p25": 0.25, "p50": 0.5, "p75": 0.75}
_GAP_NAMES = (*(f"gap_{round(end * 100)}" for end in GAPS), "gap_more")
_GAP_EDGES = (1.0, *GAPS, 20.0)  # the last bin has no end: it is read as twice its beginning


@dataclass(frozen=True)
class Funnel:
    """A plan's requests in one kind of place, or in all of them."""

    kind: str
    requests: int
    in_time: int
    funded: int
    retrieved: int
    bidding: int
    shown: int
    moved: int
    lost: Mapping[str, int]  # by `LOSSES`
    gap: Mapping[str, float] | None  # quantile -> times the bid that would have been needed
    gap_micros: int | None  # mean score that was missing, per seen impression

    @property
    def lost_all(self) -> int:
        """Requests bid for and not shown at."""
        return self.bidding - self.shown


@dataclass(frozen=True)
class PlanFunnel:
    """A plan's funnel over a span: on to what was seen, clicked and ordered, and the next step."""

    plan_id: str
    since: datetime
    until: datetime
    target_roi: float
    whole: Funnel
    kinds: list[Funnel]
    result: Result
    obstacle: str  # see `obstacle`
    steps: list[Step]


def funnel_of(kind: str, sums: Mapping[str, int]) -> Funnel:
    """A funnel from the sums of `decision.waterfall.SUMS`."""
    bins = [sums[name] for name in _GAP_NAMES]
    compared = sum(bins)
    return Funnel(
        kind=kind,
        **{
            name: sums[name]
            for name in (
                "requests", "in_time", "funded", "retrieved", "bidding", "shown", "moved"
            )
        },
        lost={loss: sums[f"lost_{loss}"] for loss in LOSSES},
        gap=_quantiles(bins) if compared else None,
        gap_micros=sums["gap_micros"] // compared if compared else None,
    )  # fmt: skip


def whole_of(kinds: Sequence[tuple[str, Mapping[str, int]]]) -> dict[str, int]:
    """The sums over all kinds of place."""
    names = kinds[0][1] if kinds else {}
    return {name: sum(sums[name] for _, sums in kinds) for name in names}


_AFTER_RETRIEVAL = 3


REQUESTS_MIN = 100
"""Fewer tell nothing of a plan, where the market had more in the span."""


def obstacle(
    whole: Funnel, clicks: int, orders: int, *, out_of_reach: bool = False,
    market_requests: int = 0, active: bool = True,
) -> str:  # fmt: skip
    """The first step that loses most of what came to it, in a word.

    no_traffic, too_new, not_running, hours, budget, not_retrieved, target, no_bid, own_items,
    load, outbid, no_clicks, no_orders, none. `target` is one out of reach: nothing after
    retrieval is worth a look then. `load` is a page's limit of places that bids may take.
    `market_requests` came in the span, in the plan's time or not.
    """
    if whole.requests < min(market_requests, REQUESTS_MIN):
        return "too_new" if active else "not_running"
    if not whole.requests:
        return "no_traffic"
    steps = (
        ("hours", whole.requests, whole.in_time, 0.5),
        ("budget", whole.in_time, whole.funded, 0.9),
        ("not_retrieved", whole.funded, whole.retrieved, 0.002),
        ("no_bid", whole.retrieved, whole.bidding, 0.5),
        ("own_items", whole.bidding, whole.bidding - whole.lost["own"] - whole.lost["cap"], 0.5),
        ("load", whole.bidding, whole.bidding - whole.lost["load"], 0.7),
        ("outbid", whole.bidding, whole.shown, 0.3),
    )
    for at, (name, came, went_on, enough) in enumerate(steps):
        if out_of_reach and at == _AFTER_RETRIEVAL:
            return "target"
        if went_on < enough * came:
            return name
    if not clicks:
        return "no_clicks"
    return "none" if orders else "no_orders"


def _quantiles(bins: Sequence[int]) -> dict[str, float]:
    return {name: _quantile(bins, share) for name, share in QUANTILES.items()}


def _quantile(bins: Sequence[int], share: float) -> float:
    """Within the bin it falls in, straight from edge to edge."""
    wanted, before = share * sum(bins), 0
    for place, count in enumerate(bins):
        if count and before + count >= wanted:
            low, high = _GAP_EDGES[place], _GAP_EDGES[place + 1]
            return low + (high - low) * (wanted - before) / count
        before += count
    return _GAP_EDGES[-1]
