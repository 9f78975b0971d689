"""Hot topics on months not seen: ours beside rank, last value and untuned trees, by day.

`python bench/trends.py --data FILE`. Intervals are of a bootstrap over days (95 %).
The last days are forecast by a model that learnt only from what came before them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score

from adunion.understanding.trends import read, show
from adunion.understanding.trends.features import features
from adunion.understanding.trends.forecast import band, outlook
from adunion.understanding.trends.labels import listed, topped
from adunion.understanding.trends.model import fit

DATA = Path("../shared/data/trends/weibo_hourly.parquet")
PLAIN = ("pos", "heat", "age", "heat_1", "pos_1", "best", "hour", "weekday", "paid")
"""What the untuned trees are given: scikit-learn's defaults on all rows."""
DRAWS = 200


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=DATA)
    asked.add_argument("--unseen-days", type=int, default=123)
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    if not given.data.exists():
        print(f"{given.data} is not there: nothing to measure.", file=sys.stderr)
        return
    topics = read(given.data)
    started = time.process_time()
    found = features(topics)
    featured = time.process_time() - started
    until = (int(topics.hour[-1]) // 24 + 1 - given.unseen_days) * 24
    model = fit(found, until, given.seed, told=lambda *step: print(*step, file=sys.stderr))
    trained = time.process_time() - started - featured
    test = topics.hour >= until
    outlook(found, model, np.arange(len(topics)) < 1)
    started = time.process_time()
    said = outlook(found, model, test).answers
    walked = time.process_time() - started
    ours = {name: spread(values, test) for name, values in said.items()}
    result = {
        "unseen": [show(until), show(int(topics.hour[-1]))], "rows": int(test.sum()),
        "listed_6h_auc": auc(found, listed(found.index, 6), test, until, ours["p_listed_6h"]),
        "listed_24h_auc": auc(found, listed(found.index, 24), test, until, ours["p_listed_24h"]),
        "enters_top10_6h_auc": auc(
            found, topped(found.index), test, until, ours["p_top10_6h"], below=True
        ),
        "heat_6h": heat(found, model, 6, test, until, ours["heat_6h"]),
        "heat_24h": heat(found, model, 24, test, until, ours["heat_24h"]),
        "topics_per_cpu_second": round(1 / (featured / len(topics) + walked / test.sum())),
        "training_cpu_s": round(trained, 1),
    }  # fmt: skip
    print(json.dumps(result, indent=2))


def auc(
    found: Any, labels: Any, test: Any, until: int, ours: Any, below: bool = False
) -> dict[str, Any]:
    """Of what is listed later; `below`: only topics never yet in the top ten."""
    topics = found.index.topics
    fresh = column(found, "topped") == 0 if below else np.ones(len(topics), bool)
    ahead = 6 if below else 24
    learn = labels.known & fresh & (topics.hour + ahead < until)
    used = [found.names.index(name) for name in PLAIN]
    plain = HistGradientBoostingClassifier().fit(found.rows[learn][:, used], labels.listed[learn])
    seen = test & labels.known & fresh
    truth = labels.listed[seen]
    day = topics.hour[seen] // 24
    untuned = plain.predict_proba(found.rows[seen][:, used])[:, 1]
    scores = {"ours": ours[seen], "rank": -topics.pos[seen], "untuned_trees": untuned}
    return {"rows": int(seen.sum()), "base_rate": round(float(truth.mean()), 4)} | {
        name: by_day(day, lambda rows, s=score: roc_auc_score(truth[rows], s[rows]))
        for name, score in scores.items()
    }


def heat(found: Any, model: Any, ahead: int, test: Any, until: int, ours: Any) -> dict[str, Any]:
    """Mean |log(actual / forecast)| of those still listed, none of them without heat."""
    topics = found.index.topics
    labels = listed(found.index, ahead)
    real = labels.known & labels.listed & (topics.heat > 0) & (np.nan_to_num(labels.heat) > 0)
    learn = real & (topics.hour + ahead < until)
    used = [found.names.index(name) for name in PLAIN]
    truth = np.log1p(labels.heat) - np.log1p(topics.heat)
    plain = HistGradientBoostingRegressor().fit(found.rows[learn][:, used], truth[learn])
    seen = test & real
    day, actual = topics.hour[seen] // 24, labels.heat[seen]
    untuned = topics.heat[seen] * np.exp(plain.predict(found.rows[seen][:, used]))
    said = {"ours": ours[seen], "last_value": topics.heat[seen], "untuned_trees": untuned}
    low, high = band(model, f"heat_{ahead}h", ours[seen], topics.hour[seen])
    inside = float(((actual >= low) & (actual <= high)).mean())
    return {"rows": int(seen.sum()), "in_80_band": round(inside, 3)} | {
        name: by_day(day, lambda rows, v=v: np.abs(np.log(actual[rows] / v[rows])).mean())
        for name, v in said.items()
    }


def by_day(day: Any, of: Any) -> dict[str, float]:
    """The value over all rows, and its interval when days are drawn with replacement."""
    rng = np.random.default_rng(0)
    starts = np.searchsorted(day, np.unique(day))
    groups = np.split(np.arange(len(day)), starts[1:])
    draws = [
        of(np.concatenate([groups[k] for k in rng.integers(0, len(groups), len(groups))]))
        for _ in range(DRAWS)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    value = of(np.arange(len(day)))
    return {"value": round(float(value), 4), "low": round(float(low), 4),
            "high": round(float(high), 4)}  # fmt: skip


def spread(values: Any, test: Any) -> Any:
    whole = np.full(len(test), np.nan)
    whole[test] = values
    return whole


def column(found: Any, name: str) -> Any:
    return found.rows[:, found.names.index(name)]


if __name__ == "__main__":
    main()
