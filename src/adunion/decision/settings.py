"""What the operator sets of deciding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .auction.batch import Rules


@dataclass(frozen=True)
class DecisionSettings:
    """The platform's own part in the ranking, and the rules of a page."""

    take_bps: int = 1_000  # of a sale, what organic ranking counts as the platform's
    experience_bps: int = 50  # worth of a click on a perfect item, of the catalog's median price
    merchant_cap: int = 4  # items of one merchant on a page
    group_cap: int = 1  # variants of one product on a page
    pricing: str = "uplift"
    reserve_micros: int = 0  # of each seen impression that a bid adds
    bidder: str = "return_target"
    explore_bps: int = 100  # requests with a slot given to another item by chance
    ad_load_bps: int = 5_000  # of a page's slots beyond the first, what bids may move
    ad_loads: Mapping[str, int] = field(default_factory=dict)  # the same by placement code
    ad_load_day_bps: int = 10_000  # of a day's slots, what bids may move
    retrievals_off: tuple[str, ...] = ()  # by name: they give no candidates
    features_off: tuple[str, ...] = ()  # by name: predictions do without
    reads_pages: bool = True  # what stands on a page or is said in a room counts
    log_one_in: int = 20  # requests to one whose candidates are kept in the log of decisions

    @property
    def rules(self) -> Rules:
        """What the kernel needs of it."""
        return Rules(self.take_bps / 10_000, self.merchant_cap, self.group_cap, self.reserve_micros)
