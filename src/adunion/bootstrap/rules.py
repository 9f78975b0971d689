"""The operator's settings of the auction, as the engine takes them."""

from __future__ import annotations

from dataclasses import replace

from adunion.decision.auction.pricing import pricing
from adunion.decision.retrieval import RETRIEVALS
from adunion.decision.settings import DecisionSettings
from adunion.kernel.config import RankingRules
from adunion.kernel.money import exponent, micros_per_minor


def decision_rules(
    chosen: RankingRules, currency: str, bidder: str | None = None
) -> DecisionSettings:
    """The rules of a market; raises where no such pricing is registered."""
    pricing.get(chosen.pricing)
    for name in chosen.retrievals_off:
        RETRIEVALS.get(name)
    per_thousand = chosen.reserve_per_thousand.scaleb(exponent(currency))
    rules = DecisionSettings(
        take_bps=chosen.take_bps,
        experience_bps=chosen.experience_bps,
        ad_load_bps=chosen.ad_load_bps,
        ad_load_day_bps=chosen.ad_load_day_bps,
        ad_loads=chosen.ad_loads,
        explore_bps=chosen.explore_bps,
        log_one_in=chosen.log_one_in,
        retrievals_off=tuple(chosen.retrievals_off),
        pricing=chosen.pricing,
        reserve_micros=int(per_thousand * micros_per_minor(currency) / 1_000),
    )
    return rules if bidder is None else replace(rules, bidder=bidder)
