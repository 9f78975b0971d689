"""Prediction and retrieval: rows per CPU second beside plain numpy, and how good they are.

Speed is of a made shop of [items]; quality of a simulated market (a world of our own making, the
production code) on days its models have not seen. Prints one JSON object.
`python bench/prediction.py [items] [days of history] [requests a day] [seeds of markets]`; without
items (0) quality alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine

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
    NUMBERS,
    ItemStats,
    Models,
    Predictor,
    TrainingLog,
    cells,
    kind_codes,
)
from adunion.prediction.metrics import auc, calibration_error, log_loss
from adunion.prediction.models import BANDS, Model, probability
from adunion.simulation.scenario import Scenario, parse
from adunion.simulation.world import World, generate
from adunion.understanding import LexicalIndex

Floats = npt.NDArray[np.floating]

REQUESTS = 2_000
ROWS_MIN = 300  # of a placement and price band, to be judged
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
        for token, weight in zip(ids, weights, strict=False):  # ones, as many and more
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


def quality(seed: int, history_days: int, requests_per_day: int) -> dict[str, object]:
    """Calibration on three unseen days, by placement and price band, and of items never seen.

    What is judged are the predictions that decided: the models of the last training, corrected hour
    by hour. Against outcomes, whose chance is a noise of its own, and against the simulator's truth
    of the same impressions, which has none.
    """
    scenario = parse(
        {
            "history_days": history_days, "days": 3, "requests_per_day": requests_per_day,
            "control": False, "drain_hours": 72, "plans": [],
        }
    )  # fmt: skip
    with (
        tempfile.TemporaryDirectory(prefix="adunion-bench-") as folder,
        open_records(Settings(home=Path(folder), database_url=None)) as server,
    ):
        engine = server.database("prediction")
        migrate(engine)
        world = generate(seed, items=3_000, merchants=40, shoppers=6_000)
        run = Watched(engine, Path(folder) / "m", scenario, seed, world)
        run.history()
        until = micros(run.market.clock.now())
        run.live()
        run.drain(72)
        brain = run.market.brain
        log = brain.training_log()
        unseen = log.take(log.at_us >= until)
        seen = [np.concatenate(column) for column in zip(*run.seen, strict=True)]
        cell, pctr, pcvr, true_ctr, true_cvr, clicked, bought = seen
        found = {
            "seed": seed,
            "history_days": history_days,
            "requests_per_day": requests_per_day,
            "trained_rows": int((log.at_us < until).sum()),
            "click": calibrated(cell, pctr, true_ctr, clicked),
            "order": calibrated(
                cell[clicked], pcvr[clicked], true_cvr[clicked], bought[clicked]
            ),
            "cold_start": cold_start(brain.models.click, unseen),
        }  # fmt: skip
        run.market.close()
        engine.dispose()
    return found


class Watched:
    """A run that keeps what was predicted of each impression seen with plans, and its truth."""

    def __init__(
        self, engine: Engine, home: Path, scenario: Scenario, seed: int, world: World
    ) -> None:
        run: Any = open_run(engine, home, scenario, seed, world, lambda *_: None)
        self.market = cast(Market, run.market)
        self.seen: list[tuple[Any, ...]] = []
        self.history, self.live, self.drain = run.history, run.live, run.drain
        asked: dict[str, Any] = {}
        make, count = run._requests, run._count

        def requests(side: Any, traffic: Any, request: Any, rows: Any) -> RequestBatch:
            asked.update(rows=rows, batch=make(side, traffic, request, rows))
            return cast(RequestBatch, asked["batch"])

        def counted(
            side: Any, at: Any, decided: Any, answers: Any, response: Any, item: Any
        ) -> None:
            self._keep(asked["rows"], asked["batch"], decided, answers)
            count(side, at, decided, answers, response, item)

        run._requests, run._count = requests, counted

    def _keep(self, rows: Any, batch: RequestBatch, decided: Any, answers: Any) -> None:
        """(cell, pctr, pcvr, true pctr, true pcvr, clicked, bought) of what was seen."""
        brain = self.market.brain
        at = answers.seen & (decided.item >= 0)
        kind = np.broadcast_to(
            kind_codes(self.market.placements)[batch.placement][:, None], at.shape
        )
        level = brain._predictor.items.numbers[decided.item, NUMBERS.index("price_market")]
        orders = answers.orders
        key = np.unique(orders.row * at.shape[1] + orders.slot)
        bought = np.isin(rows[:, None] * at.shape[1] + np.arange(at.shape[1]), key)
        self.seen.append(
            (
                cells(kind[at], level[at]), decided.pctr[at], decided.pcvr[at], answers.pctr[at],
                answers.pcvr[at], answers.clicked[at], bought[at],
            )
        )  # fmt: skip


def calibrated(
    cell: npt.NDArray[np.int64], told: Floats, true: Floats, came: npt.NDArray[np.bool_]
) -> dict[str, object]:
    """Expected calibration error in all (15 bins of equal count) and by cell, beside its noise.

    `ece` is against outcomes and `ece_noise` what right predictions would show by chance;
    `ece_truth` and the cells' errors are against true rates, without chance; `cells_mean_noise` is
    how far outcomes lie from them by chance alone.
    """
    told, hit = told.astype(np.float32), came.astype(np.float32)
    rng = generator(3)
    noise = [
        calibration_error(told, (rng.random(len(told)) < told).astype(np.float32)) for _ in range(5)
    ]
    found = {}
    for kind, name in enumerate(KINDS):
        for band in range(BANDS):
            own = cell == kind * BANDS + band
            if own.sum() >= ROWS_MIN:
                rate = float(true[own].mean())
                found[f"{name}/{band}"] = {
                    "rows": int(own.sum()), "told": round(float(told[own].mean()), 5),
                    "true": round(rate, 5), "came": round(float(hit[own].mean()), 5),
                    "error": round(abs(float(told[own].mean()) - rate), 5),
                    "noise_of_outcomes": round(float(np.sqrt(rate * (1 - rate) / own.sum())), 5),
                }  # fmt: skip
    errors = np.array([each["error"] for each in found.values()])
    noises = np.array([each["noise_of_outcomes"] for each in found.values()])
    sizes = np.array([each["rows"] for each in found.values()])
    return {
        "rows": len(told),
        "auc": round(auc(told, hit), 4),
        "ece": round(calibration_error(told, hit), 5),
        "ece_noise": round(float(np.mean(noise)), 5),
        "ece_truth": round(calibration_error(told, true.astype(np.float32)), 5),
        "cells_within_.01": f"{int((errors <= 0.01).sum())} of {len(errors)}",
        "rows_in_them": round(float(sizes[errors <= 0.01].sum() / sizes.sum()), 3),
        "cells_mean_error": round(float(errors @ sizes / sizes.sum()), 5),
        "cells_mean_noise": round(float(noises @ sizes / sizes.sum()), 5),
        "cells": found,
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
    seeds = [int(seed) for seed in sys.argv[4:]] or [9]
    if not items:
        print(json.dumps([quality(seed, days, requests_per_day) for seed in seeds]))
        return
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
                "quality": [quality(seed, days, requests_per_day) for seed in seeds],
            }
        )
    )


if __name__ == "__main__":
    main()
