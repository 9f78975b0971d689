"""Decide from a million items: CPU against the bare reply, and recall@100 of the search.

    python bench/million.py [--items 1000000] [--requests 20000]

A made catalog in memory, 500 plans of 200 items, untrained models, no PostgreSQL: what is measured
is the deciding node, over HTTP with tokens, JSON and a durable log, as `bench/serving.py` does it
for a market with records. Every search has another wording, so no answer is remembered. Recall is
against scoring every item exactly.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from adunion.bootstrap.brain import Brain
from adunion.bootstrap.live import LiveMarket
from adunion.bootstrap.notes import TrainingNotes
from adunion.campaigns.types import LivePlan
from adunion.catalog.snapshot import build_snapshot
from adunion.decision.book import PlanBook
from adunion.decision.types import Placement
from adunion.kernel.clock import SystemClock, micros
from adunion.kernel.ids import IdFactory
from adunion.simulation.world import World, generate
from adunion.trust.token import TokenSigner
from adunion.understanding.context.safety import Safety
from serving import asks, report

PLANS, ITEMS_EACH = 500, 200


class MemoryMarket(LiveMarket):
    """A live market without records: a brain and what the hot path needs of it."""

    def __init__(self, world: World, home: Path) -> None:
        self.clock, self.lock, self._asked = SystemClock(), RLock(), 0
        self.ids = ids = IdFactory()
        view, storefront = world.view, True
        items = view.items
        catalog = build_snapshot(
            view.currency,
            [
                (
                    id_, items.title[row], items.title_en[row],
                    items.brands[items.brand[row]] if items.brand[row] >= 0 else "",
                    view.leaves.path[items.leaf[row]], f"m{items.merchant[row]}",
                    f"g{items.group[row]}", int(items.price_minor[row]),
                    float(items.rating[row]), int(items.rating_count[row]),
                )
                for row, id_ in enumerate(sorted(ids("itm") for _ in range(len(items))))
            ],
        )  # fmt: skip
        places = view.placements
        placements = [
            Placement(
                ids("plc"), places.code[row], places.kind[row],
                tuple(places.exposures[row][: places.slots[row]].round(4).tolist()),
            )
            for row in range(len(places.code))
        ]  # fmt: skip
        self.brain = Brain(catalog, placements, {}, TrainingNotes(home))
        rng, now = np.random.default_rng(3), self.clock.now() - timedelta(hours=1)
        plans = [
            LivePlan(
                ids("cmp"), f"m{nth}", Decimal(4), 10**12, now, None, None, "stable",
                tuple(catalog.ids[row] for row in rng.integers(0, len(catalog), ITEMS_EACH)),
            )
            for nth in range(PLANS)
        ]  # fmt: skip
        self.brain.set_plans(micros(now), PlanBook.of(plans, catalog))
        self._pages, self._cards, self.storefront = {}, {}, storefront
        self._placement_rows = {place.code: row for row, place in enumerate(placements)}
        self.signer = TokenSigner({1: b"bench"})
        safety = Safety(home)
        self._harmful = lru_cache(4096)(lambda text: safety.level(text) == "unsafe")


def recall(market: Any, queries: list[str], top: int = 100) -> float:
    """Of the best `top` items by exact score, how many the search finds; ties count as found."""
    index, shares = market.brain.index, []
    for query in queries:
        exact = index.relevance(query, np.arange(len(index), dtype=np.int32))
        best = np.sort(exact[exact > 0])[::-1][:top]
        if not len(best):
            continue
        found, _ = index.search(query, top)
        shares.append(np.count_nonzero(exact[found] >= best[-1]) / len(best))
    return float(np.mean(shares))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=20_000)
    args = parser.parse_args()
    world = generate(1, args.items, max(args.items // 100, PLANS), 20_000)
    with tempfile.TemporaryDirectory() as folder:
        market = MemoryMarket(world, Path(folder))
        bodies = asks(world, market, 400, seed=9)
        queries = [ask["context"]["query"] for ask in bodies if "query" in ask["context"]]
        found = report(market, world, args.requests, Path(folder))
        print(json.dumps(found | {"bench": "million", "recall_at_100": recall(market, queries)}))


if __name__ == "__main__":
    main()
