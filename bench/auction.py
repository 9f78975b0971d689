"""The auction kernel against a plain numba sort + GSP, and numpy, on the same candidates.

Prints JSON: requests per CPU second of each, and the ratios. 200 candidates, 8 slots, 10 % of the
items in plans. The peers rank and price only: no scores, caps, budgets, or price without a bid.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import numpy as np
from numba import njit

from adunion.decision.auction.batch import (
    Candidates,
    Goods,
    Requests,
    Rules,
    new_scores,
    new_slots,
    run,
    unlimited_book,
)
from adunion.decision.auction.rank import scratch

REQUESTS, CANDIDATES, SLOTS, ITEMS, PLANS = 2_000, 200, 8, 20_000, 20
ROUNDS = 7


@njit(cache=True)
def sort_gsp(organic, bid, slots, winners, prices):
    """A full sort of each row, and the next score as the price."""
    for request in range(organic.shape[0]):
        score = organic[request] + bid[request]
        order = np.argsort(-score)
        for slot in range(slots):
            winner = order[slot]
            winners[request, slot] = winner
            least = score[order[slot + 1]] - organic[request, winner]
            prices[request, slot] = min(max(least, 0), bid[request, winner])


def numpy_gsp(organic, bid, slots):
    """The same, vectorised over all rows, by partial selection."""
    score = organic + bid
    top = np.argpartition(-score, slots + 1, axis=1)[:, : slots + 1]
    best = np.take_along_axis(score, top, axis=1)
    top = np.take_along_axis(top, np.argsort(-best, axis=1), axis=1)
    ranked = np.take_along_axis(score, top, axis=1)
    least = ranked[:, 1:] - np.take_along_axis(organic, top[:, :-1], axis=1)
    return top[:, :-1], np.clip(least, 0, np.take_along_axis(bid, top[:, :-1], axis=1))


def market(seed: int):
    rng = np.random.default_rng(seed)
    item = np.concatenate(
        [rng.choice(ITEMS, CANDIDATES, replace=False) for _ in range(REQUESTS)]
    ).astype(np.int32)
    rows = Candidates(
        item,
        rng.beta(2, 30, len(item)).astype(np.float32),
        rng.beta(2, 20, len(item)).astype(np.float32),
        np.zeros(0, np.float32),
    )
    requests = Requests(
        np.zeros(REQUESTS, np.int64),
        np.zeros(REQUESTS, np.int16),
        np.full(REQUESTS, SLOTS, np.int16),
        np.full(REQUESTS, SLOTS, np.int16),
        np.zeros(REQUESTS, np.int16),
        np.arange(REQUESTS + 1, dtype=np.int64) * CANDIDATES,
    )
    merchant = rng.integers(0, 200, ITEMS).astype(np.int32)
    exposures = (10_000 / (1 + 0.12 * np.arange(SLOTS)))[None].astype(np.int64)
    value = rng.integers(10**7, 2 * 10**8, ITEMS)
    goods = Goods(
        merchant, np.arange(ITEMS, dtype=np.int32), value, value,
        rng.integers(0, 10**6, ITEMS), exposures,
    )  # fmt: skip
    plan = np.where(merchant < PLANS, merchant, -1).astype(np.int32)
    book = unlimited_book(plan, np.full(PLANS, 4.0), np.full(PLANS, 2.0))
    return requests, rows, goods, book


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the quickest of some rounds."""
    work()
    spans = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        spans.append(time.process_time() - start)
    return min(spans)


def main() -> None:
    requests, rows, goods, book = market(1)
    rules, work = Rules(0.1, 4, 1), scratch(CANDIDATES)
    scores, slots = new_scores(len(rows.item)), new_slots(REQUESTS, SLOTS)
    shape = (REQUESTS, CANDIDATES)
    ours = seconds(
        lambda: run(0, REQUESTS, requests, rows, goods, book, rules, work, scores, slots)
    )
    organic, bid = scores.organic.reshape(shape), scores.bid.reshape(shape)
    winners, prices = (np.zeros((REQUESTS, SLOTS), np.int64) for _ in range(2))
    plain = seconds(lambda: sort_gsp(organic, bid, SLOTS, winners, prices))
    vector = seconds(lambda: numpy_gsp(organic, bid, SLOTS))
    result = {
        "candidates": CANDIDATES,
        "slots": SLOTS,
        "kernel_us_per_request": round(ours / REQUESTS * 1e6, 2),
        "kernel_requests_per_cpu_s": round(REQUESTS / ours),
        "numba_sort_gsp_requests_per_cpu_s": round(REQUESTS / plain),
        "numpy_gsp_requests_per_cpu_s": round(REQUESTS / vector),
        "kernel_to_numba_sort_gsp": round(plain / ours, 2),
        "kernel_to_numpy_gsp": round(vector / ours, 2),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
