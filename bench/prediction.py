"""Prediction and retrieval: rows per CPU second beside plain numpy, and how good they are.

Speed is of a made shop of [items]; quality of a simulated market (a world of our own making, the
production code) on days its models have not seen. Prints one JSON object.
`python bench/prediction.py [items] [days of history] [requests a day]`
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import numpy.typing as npt

from adunion.audience import ProfileStore
from adunion.bootstrap.market import Market
from adunion.bootstrap.records import open_records
from adunion.bootstrap.simulator import open_run
from adunion.catalog.snapshot import build_snapshot
from adunion.decision.retrieval import Complements, RetrievalState, retrieve
from adunion.decision.types import CandidateBatch, Placement, RequestBatch
from adunion.engines.postgres import migrate
from adunion.kernel.clock import generator, micros
from adunion.kernel.config import Settings
from adunion.kernel.ids import encode
from adunion.prediction import (
    FEATURES,
    KINDS,
    ItemStats,
    Models,
    Predictor,
    TrainingLog,
    kind_codes,
    shown_keys,
)
from adunion.prediction.metrics import auc, calibration_error, log_loss
from adunion.prediction.models import BAND_EDGES, BANDS, Model, probability
from adunion.simulation.scenario import parse
from adunion.simulation.world import generate
from adunion.tracking import EventType, concat
from adunion.understanding import LexicalIndex

REQUESTS = 2_000
HITS_MIN = 100  # of a placement and price band, to be judged
NOUNS = (
    "手机壳 挂绳 奶粉 奶瓶 猫粮 帐篷 睡袋 跑鞋 背包 面霜 口红 耳机 键盘 显示器 台灯 水杯".split()
)
WORDS = "新款 轻便 儿童 进口 大容量 防水 家用 旅行 复古 透明 加厚 静音 便携 专业 有机 柔软".split()
PLACEMENTS = [Placement("1", "search", "search", (0.9,)), Placement("2", "feed", "feed", (0.9,))]


def market(items: int) -> RetrievalState:
    """A shop of `items`, with profiles and a tenth of the items promoted."""
    rng = generator(1)
    rows = []
    for n in range(items):
        noun, brand = int(rng.integers(len(NOUNS))), int(rng.integers(300))
        words = "".join(WORDS[w] for w in rng.integers(0, len(WORDS), 3))
        title = f"牌{brand} {words}{NOUNS[noun]} {int(rng.integers(1, 40)) * 50}g"
        id_ = f"itm_{encode((n + 1).to_bytes(16, 'big'))}"
        path = f"店{noun % 4} > {NOUNS[noun]}"
        rows.append((id_, title, "", f"牌{brand}", path, "m", "", 999 + n, 4.2, n % 90))
    snapshot = build_snapshot("CNY", rows)
    profiles = ProfileStore(snapshot)
    size = 100_000
    profiles.observe(
        shoppers()[rng.integers(0, 5_000, size)], rng.integers(0, items, size).astype(np.int32),
        np.arange(1, size + 1), np.zeros(size, np.uint8), np.ones(size, bool),
    )  # fmt: skip
    return RetrievalState.build(
        snapshot, LexicalIndex.build(snapshot), PLACEMENTS, profiles,
        ItemStats(snapshot).columns(), Complements.none(snapshot),
        np.arange(0, items, 10, dtype=np.int32),
    )  # fmt: skip


def shoppers() -> npt.NDArray[np.void]:
    return np.frombuffer(generator(2).bytes(16 * 5_000), "V16")


def ask(state: RetrievalState, count: int, seed: int) -> RequestBatch:
    """Search and feed requests in halves; searches share some 400 distinct queries."""
    rng = generator(3, seed)
    placement = rng.integers(0, 2, count).astype(np.int16)
    queries = [
        f"{WORDS[a]}{NOUNS[b]} 牌{c}"
        for a, b, c in zip(*(rng.integers(0, m, 400) for m in (16, 16, 300)), strict=True)
    ][: max(1, count // 5)]
    query = np.where(placement == 0, rng.integers(0, len(queries), count), -1).astype(np.int32)
    who = shoppers()[rng.integers(0, 5_000, count)]
    return RequestBatch(
        np.frombuffer(rng.bytes(16 * count), "V16"), np.full(count, 10**12), placement,
        np.ones(count, np.int16), who, state.profiles.rows(who), query, queries,
        np.zeros(count + 1, np.int64), np.zeros(0, np.int32), np.ones(count, bool),
    )  # fmt: skip


def numpy_retrieve(requests: RequestBatch, state: RetrievalState, top: int = 120) -> int:
    """The same for searches as one would write it: add up the lists, sort, for each request."""
    index, found = state.index, 0
    for query in requests.query[requests.query >= 0]:
        ids, weights, ideal = index._read(requests.queries[query])
        scores = np.zeros(len(index), np.float32)
        for token, weight in zip(ids, weights, strict=True):
            own = slice(index._offsets[token], index._offsets[token + 1])
            scores[index._rows[own]] += weight * index._impacts[own]
        found += len(np.argsort(-scores / ideal)[:top])
    return found


def numpy_predict(
    predictor: Predictor, requests: RequestBatch, candidates: CandidateBatch
) -> npt.NDArray[np.floating]:
    """The same numbers as whole-column numpy expressions."""
    owner = np.repeat(np.arange(len(requests)), np.diff(candidates.offsets))
    item, profile = candidates.item, requests.profile[owner]
    kind, store, items = (
        predictor.kinds[requests.placement][owner],
        predictor.profiles,
        predictor.items,
    )
    x = np.zeros((len(item), len(FEATURES)), np.float32)
    x[np.arange(len(item)), kind] = 1
    x[np.arange(len(item)), 5 + kind] = candidates.relevance
    known = FEATURES.index("known")
    x[:, 10:known] = items.numbers[item]
    taste = store.taste[profile] / np.maximum(store.taste[profile].sum(1, keepdims=True), 1e-6)
    own = store.category[profile]
    x[:, known] = profile >= 0
    x[:, known + 1] = (taste * (own == items.category[item][:, None])).sum(1)
    parent = items.parent[items.category[item]][:, None]
    x[:, known + 2] = (taste * (items.parent[own] == parent)).sum(1)
    x[:, known + 3] = -np.abs(items.numbers[item, 4] - store.price_level[profile])
    recent = store.recent[profile]
    x[:, known + 5] = (recent == item[:, None]).any(1)
    x[:, known + 6] = (items.brand[recent] == items.brand[item][:, None]).mean(1)
    turn = 2 * np.pi * (requests.at_us[owner] % 86_400_000_000) / 86_400_000_000
    x[:, -2], x[:, -1] = np.sin(turn), np.cos(turn)
    return np.stack(
        [1 / (1 + np.exp(-x @ m.weights)) for m in (predictor.models.click, predictor.models.order)]
    )


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """CPU seconds of the fastest of a few rounds."""
    times = []
    for _ in range(rounds):
        started = process_time()
        work()
        times.append(process_time() - started)
    return min(times)


def quality(history_days: int, requests_per_day: int) -> dict[str, object]:
    """Calibration on two unseen days, by placement and price band, and of items never seen."""
    scenario = parse(
        {
            "history_days": history_days, "days": 2, "requests_per_day": requests_per_day,
            "control": False, "drain_hours": 72, "plans": [],
        }
    )  # fmt: skip
    with (
        tempfile.TemporaryDirectory(prefix="adunion-bench-") as folder,
        open_records(Settings(home=Path(folder), database_url=None)) as server,
    ):
        engine = server.database("prediction")
        migrate(engine)
        world = generate(9, items=3_000, merchants=40, shoppers=6_000)
        run = open_run(engine, Path(folder) / "m", scenario, 1, world, lambda *_: None)
        run.history()
        until = micros(run.market.clock.now())
        run.live()
        run.drain(72)
        brain = run.market.brain
        log = brain.training_log()
        unseen = log.take(log.at_us >= until)
        found = {
            "trained_rows": int((log.at_us < until).sum()),
            "unseen_rows": len(unseen),
            "click": calibrated(brain.models.click, unseen, unseen.clicked),
            "order": calibrated(
                brain.models.order, unseen.take(unseen.clicked),
                unseen.order_at_us[unseen.clicked] > 0,
            ),
            "click_online": online(run.market, until),
            "cold_start": cold_start(brain.models.click, unseen),
        }  # fmt: skip
        run.market.close()
        engine.dispose()
    return found


def calibrated(model: Model, log: TrainingLog, outcome: npt.NDArray[np.bool_]) -> dict[str, object]:
    """Expected calibration error in all and by placement and price band, beside its noise.

    The noise is the same error of outcomes drawn from the predictions themselves.
    """
    chance, hit = probability(model, log.x, log.kind), outcome.astype(np.float32)
    drawn = (generator(3).random(len(chance)) < chance).astype(np.float32)
    level = log.x[:, FEATURES.index("price_market")].astype(np.float32)
    band = np.searchsorted(BAND_EDGES, level, "right")
    cells = {}
    for kind, name in enumerate(KINDS):
        for each in range(BANDS):
            own = (log.kind == kind) & (band == each)
            if hit[own].sum() >= HITS_MIN:
                told, came = float(chance[own].mean()), float(hit[own].mean())
                cells[f"{name}/{each}"] = {
                    "rows": int(own.sum()), "told": round(told, 5), "came": round(came, 5),
                    "error": round(abs(told - came), 5),
                    "noise": round(float(np.sqrt(came * (1 - came) / own.sum())), 5),
                }  # fmt: skip
    return {
        "auc": round(auc(chance, hit), 4),
        "ece": round(calibration_error(chance, hit), 5),
        "ece_noise": round(calibration_error(chance, drawn), 5),
        "cells_error_max": max((c["error"] for c in cells.values()), default=None),
        "cells": cells,
    }


def online(market: Market, since_us: int) -> dict[str, object]:
    """Clicks as they were predicted when decided, with the hourly correction between trainings."""
    events = concat([batch for _, batch in market.tracker.read(0)])
    seen = events.take((events.type == EventType.IMPRESSION) & (events.at_us >= since_us))
    clicks = events.take(events.type == EventType.CLICK)
    key = shown_keys(clicks.request, clicks.slot)
    hit = np.isin(shown_keys(seen.request, seen.slot), key).astype(np.float32)
    row = market.brain.placement_rows(seen.placement)
    kind = kind_codes(market.placements)[row]
    return {
        "ece": round(calibration_error(seen.pctr, hit), 5),
        "told_and_came": {
            name: [round(float(x[kind == code].mean()), 5) for x in (seen.pctr, hit)]
            for code, name in enumerate(KINDS)
            if hit[kind == code].sum() >= HITS_MIN
        },
        "shifts": market.brain.drift.shifts.round(3).tolist(),
    }


def cold_start(model: Model, log: TrainingLog) -> dict[str, object]:
    """Clicks told as if every item were new (no record of its own), against the placement's mean.

    Left are its category, brand, words, stars and price, and what is known of request and shopper.
    """
    hit = log.clicked.astype(np.float32)
    seen = np.bincount(log.kind, minlength=len(KINDS))
    rate = np.bincount(log.kind, hit, len(KINDS)) / np.maximum(seen, 1)
    new = log.x.astype(np.float32)
    for name in ("click_lift", "order_lift", "seen", "rating_count"):
        new[:, FEATURES.index(name)] = 0
    mean = rate[log.kind].astype(np.float32)
    told = {
        "mean": mean,
        "new_item": probability(model, new, log.kind),
        "known_item": probability(model, log.x, log.kind),
    }
    losses = {name: round(log_loss(chance, hit), 5) for name, chance in told.items()}
    gained = (losses["mean"] - losses["new_item"]) / max(
        losses["mean"] - losses["known_item"], 1e-9
    )
    return {
        "log_loss": losses,
        "auc": {name: round(auc(chance, hit), 4) for name, chance in told.items()},
        "share_of_what_a_record_gives": round(gained, 3),
    }


def main() -> None:
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    days = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    requests_per_day = int(sys.argv[3]) if len(sys.argv) > 3 else 12_000
    state = market(items)
    predictor = Predictor(
        Models.prior(), state.profiles, ItemStats(state.snapshot).columns(), state.kinds
    )
    batch = ask(state, REQUESTS, 0)
    retrieve(ask(state, 50, 9), state)  # compiles
    started = process_time()
    candidates = retrieve(batch, state)
    cold = process_time() - started
    warm = seconds(lambda: retrieve(batch, state))
    singles = [ask(state, 1, seed) for seed in range(1, 101)]
    started = process_time()
    for single in singles:
        retrieve(single, state)
    alone = (process_time() - started) / len(singles)
    predictor(batch, candidates)
    ours = seconds(lambda: predictor(batch, candidates))
    plain = seconds(lambda: numpy_predict(predictor, batch, candidates))
    searches = int((batch.query >= 0).sum())
    naive = seconds(lambda: numpy_retrieve(batch, state), 1) / searches
    rows = len(candidates.item)
    print(
        json.dumps(
            {
                "items": items,
                "requests": REQUESTS,
                "candidates_per_request": round(rows / REQUESTS, 1),
                "retrieval_us_per_request_new_queries": round(cold / REQUESTS * 1e6, 1),
                "retrieval_us_per_request_known_queries": round(warm / REQUESTS * 1e6, 1),
                "retrieval_us_single_request": round(alone * 1e6, 1),
                "numpy_us_per_search": round(naive * 1e6, 1),
                "retrieval_against_numpy": round(naive * REQUESTS / cold, 1),
                "prediction_rows_per_cpu_second": round(rows / ours),
                "numpy_rows_per_cpu_second": round(rows / plain),
                "prediction_against_numpy": round(plain / ours, 1),
                "quality": quality(days, requests_per_day),
            }
        )
    )


if __name__ == "__main__":
    main()
