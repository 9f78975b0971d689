"""The batch kernel: CTR and CVR computed, ranked and priced, against a bare numba sketch.

    python bench/kernel.py [--requests 1000000]

200 candidates and 8 slots a request, a tenth of the items in plans. The kernel scores each
candidate by two logistic models of 16 features with calibration, ranks under caps and budgets, and
works out the uplift price. The sketch is the least that could be called an auction: one logistic
prediction of 16 features, a full sort, and the next score as the price. CPU seconds for a million
requests, the quickest of some rounds of a part of them, and the ratio.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
from numba import njit

from adunion.decision.auction.batch import Candidates, Rules, new_scores, new_slots, run
from adunion.decision.auction.pricing import Facts, price
from adunion.decision.auction.rank import scratch
from adunion.decision.engine import CHUNK
from adunion.decision.page import moved_slots, pay
from adunion.prediction.calibration import GRID, GRID_MAX, GRID_MIN, GRID_SIZE
from auction import CANDIDATES, ITEMS, SLOTS, market

FEATURES, PART, ROUNDS = 16, 2_000, 7


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def predict(taste, features, item, offsets, weights, curves, out):
    """CTR and CVR of every candidate: features are the item's times the request's taste.

    What a request has in common is worked out once; its chances are made of its levels in a second
    loop, which holds nothing but arithmetic.
    """
    steps = np.float32((GRID_SIZE - 1) / (GRID_MAX - GRID_MIN))
    own = np.empty((2, FEATURES), np.float32)
    for request in range(len(taste)):
        for model in range(2):
            for f in range(FEATURES):
                own[model, f] = taste[request, f] * weights[model, f]
        begin, end = offsets[request], offsets[request + 1]
        for row in range(begin, end):
            click, order = np.float32(-3), np.float32(-2)
            for f in range(FEATURES):
                click += features[item[row], f] * own[0, f]
                order += features[item[row], f] * own[1, f]
            for model in range(2):
                place = ((click if model == 0 else order) - np.float32(GRID_MIN)) * steps
                left = min(max(int(place), 0), GRID_SIZE - 2)
                low, high = curves[model, left], curves[model, left + 1]
                out[model, row] = low + (place - left) * (high - low)
        for model in range(2):
            level = out[model, begin:end]
            for k in range(len(level)):
                level[k] = np.float32(1) / (np.float32(1) + np.exp(-level[k]))


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def sketch(taste, features, item, offsets, weights, value, bids, slots, winners, prices):
    """One prediction, one sort, the next score."""
    score = np.empty(CANDIDATES)
    for request in range(len(taste)):
        begin = offsets[request]
        for c in range(CANDIDATES):
            chosen = item[begin + c]
            logit = np.float32(-3)
            for f in range(FEATURES):
                logit += features[chosen, f] * taste[request, f] * weights[0, f]
            score[c] = value[chosen] * bids[chosen] / (1 + np.exp(-logit))
        order = np.argsort(-score)
        for slot in range(slots):
            winners[request, slot] = order[slot]
            prices[request, slot] = score[order[slot + 1]]


def seconds(work: Callable[[], object]) -> float:
    work()
    spans = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        spans.append(time.process_time() - start)
    return min(spans)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    count = parser.parse_args().requests
    requests, rows, goods, book = market(1)
    rng = np.random.default_rng(2)
    taste = rng.normal(size=(PART, FEATURES)).astype(np.float32)
    features = rng.normal(size=(ITEMS, FEATURES)).astype(np.float32)
    weights = (rng.normal(size=(2, FEATURES)) / 4).astype(np.float32)
    curves = np.tile(GRID.astype(np.float32), (2, 1))
    chances = np.empty((2, len(rows.item)), np.float32)
    candidates = Candidates(rows.item, chances[0], chances[1], rows.weight)
    scores, slots = new_scores(len(rows.item)), new_slots(PART, SLOTS)
    rules, work = Rules(0.1, 4, 1), scratch(CANDIDATES)
    charged = np.zeros(slots.candidate.shape, np.int64)

    def ours() -> None:
        predict(taste, features, rows.item, requests.offsets, weights, curves, chances)
        for first in range(0, PART, CHUNK):
            last = min(first + CHUNK, PART)
            run(first, last, requests, candidates, goods, book, rules, work, scores, slots)
            moved = moved_slots(slots, scores, first, last)
            prices = price("uplift", Facts(*moved.facts))
            pay(moved.where, moved.facts[0], prices, 0, charged, book)

    value = goods.value_micros.astype(np.float64)
    bids = np.where(book.item_plan >= 0, 3.0, 1.0)
    winners, peer_prices = np.zeros((PART, SLOTS), np.int64), np.zeros((PART, SLOTS))
    mine = seconds(ours) / PART * count
    bare = seconds(
        lambda: sketch(
            taste, features, rows.item, requests.offsets, weights, value, bids, SLOTS, winners,
            peer_prices,
        )
    ) / PART * count  # fmt: skip
    predicting = seconds(
        lambda: predict(taste, features, rows.item, requests.offsets, weights, curves, chances)
    )
    print(
        json.dumps(
            {
                "bench": "kernel", "requests": count, "candidates": CANDIDATES, "slots": SLOTS,
                "moved_share": round(float((charged > 0).mean()), 3),
                "kernel_cpu_s": round(mine, 2),
                "of_this_prediction_s": round(predicting / PART * count, 2),
                "sketch_cpu_s": round(bare, 2),
                "kernel_over_sketch": round(mine / bare, 2),
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
