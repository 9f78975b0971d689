"""Steers a plan book: watches decided batches, and each tick sets the multipliers."""

from __future__ import annotations

import numpy as np

from adunion.kernel.clock import generator

from ..auction.batch import HOUR_US, MONDAY_HOURS, Candidates, Goods, Requests, Rules, Scores
from ..book import NEVER_US, PlanBook
from .memory import LandscapeMemory
from .new_share import handicaps
from .sample import Sample
from .shared import shared_alphas
from .traffic import TrafficForecast, hour_counts
from .types import ALPHA_MAX, Floats, Landscape, Outlook, Results, bidder

HORIZON_US = 72 * HOUR_US  # a return is to be back at its target by then
HORIZON_LEAST_US = 6 * HOUR_US  # near the end: do not throw money after chance


class Pilot:
    """Keeps what bidding remembers between ticks; plans may come and go with each new book."""

    def __init__(self, book: PlanBook, seed: int = 0) -> None:
        self.traffic = TrafficForecast()
        self.memory = LandscapeMemory()
        self._rng = generator(seed, 0xB1D)
        self.take(book)

    def take(self, book: PlanBook) -> None:
        """Steer another book from now on; fold what was observed of the last one first."""
        self._book = book
        self._sample = Sample(len(book), self._rng)
        self._requests = np.zeros(len(book))

    def observe(self, requests: Requests, candidates: Candidates, scores: Scores) -> None:
        """Look at a decided batch."""
        counts = hour_counts(requests.at_us)
        self.traffic.observe(counts)
        if not len(self._book):
            return
        self._sample.observe(requests, candidates, scores)
        book = self._book
        for hour, count in counts:
            running = (book.start_us < (hour + 1) * HOUR_US) & (book.end_us > hour * HOUR_US)
            self._requests += count * (running & book.dayparts[:, (hour + MONDAY_HOURS) % 168])

    def fold(self, now_us: int, goods: Goods, rules: Rules, pricing: str) -> Landscape:
        """Turn the sample into a landscape, which is returned, and remember it."""
        book = self._book
        seen = self._sample.landscape(goods, book.target_roi, self._requests, rules, pricing)
        self.memory.fold(book.ids, seen, now_us)
        self.take(book)
        return seen

    def steer(self, now_us: int, results: Results, name: str) -> None:
        """Set the book's multipliers by the bidder of that name."""
        book = self._book
        if not len(book):
            return
        landscape = self.memory.recall(book.ids)
        outlook = self.outlook(now_us)
        alpha = bidder.get(name)(landscape, results, outlook)
        if book.pool.any():
            alpha = self._within_pools(now_us, alpha, landscape)
        book.alpha[:] = np.clip(np.nan_to_num(alpha, nan=1.0), 0, ALPHA_MAX)
        if results.people is not None and book.min_new.any():
            book.handicap[:] = handicaps(book.min_new, book.handicap, results.people)

    def _within_pools(self, now_us: int, wanted: Floats, landscape: Landscape) -> Floats:
        """The multipliers within the budgets that plans share."""
        book = self._book
        end_us = np.minimum(book.end_us, book.pool_end_us[book.pool])
        to_come = np.where(
            end_us == NEVER_US, np.inf, self.traffic.to_come(now_us, end_us, book.dayparts)
        )
        return shared_alphas(
            wanted, book.target_roi, landscape, to_come, book.pool, book.pool_micros
        )

    def outlook(self, now_us: int) -> Outlook:
        """What each plan of the book still has before it."""
        book = self._book
        horizon = np.clip(book.end_us, now_us + HORIZON_LEAST_US, now_us + HORIZON_US)
        to_end: Floats = np.where(
            book.end_us == NEVER_US,
            np.inf,
            self.traffic.to_come(now_us, book.end_us, book.dayparts),
        )
        return Outlook(
            target_roi=book.target_roi,
            alpha=book.alpha,
            budget_left_micros=book.remaining_micros,
            traffic_to_end=to_end,
            traffic_to_horizon=self.traffic.to_come(now_us, horizon, book.dayparts),
        )
