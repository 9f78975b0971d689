from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.understanding.search import (
    SearchIndex,
    interval,
    ndcg,
    permutation_p,
    read_catalog,
    read_ratings,
    searcher,
)
from adunion.understanding.search.features import NAMES
from adunion.understanding.search.ranking import of_names
from adunion.understanding.search.training import PRIOR, Judged, fit


def test_ndcg_by_hand() -> None:
    rated = {"a": 3.0, "b": 1.0, "c": 0.0}
    assert ndcg(["a", "b", "c"], rated) == pytest.approx(1)
    best = 7 + 1 / np.log2(3)
    assert ndcg(["unrated", "a"], rated) == pytest.approx(7 / np.log2(3) / best)
    assert ndcg([], rated) == 0
    assert np.isnan(ndcg(["a"], {"a": 0.0}))


def test_a_difference_that_could_be_chance_is_called_so() -> None:
    assert permutation_p([1, 0, 1, 0], [0, 1, 0, 1]) == pytest.approx(1)
    better = [0.5 + n / 100 for n in range(20)]
    assert permutation_p(better, [0.4] * 20) < 0.001
    low, high = interval(better)
    assert low < float(np.mean(better)) < high


@pytest.mark.parametrize("text", ["query,docid\na,1\n", "query,docid,final_rating\na,1,good\n"])
def test_bad_ratings_are_refused_with_their_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(AdUnionError, match="line 2"):
        read_ratings(tmp_path / "r.csv")


def test_ratings_move_the_weights_and_the_prior_holds_them() -> None:
    rng = np.random.default_rng(1)
    judged = []
    for query in range(20):
        table = rng.random((12, len(NAMES))).astype(np.float32)
        ids = [f"{query}-{n}" for n in range(12)]
        grades = {
            i: 3.0 if row[NAMES.index("title")] > 0.6 else 0.0
            for i, row in zip(ids, table, strict=True)
        }
        judged.append(Judged(str(query), ids, table, np.zeros(12, np.float32), grades))
    loose, held = fit(judged, 0.001), fit(judged, 1_000.0)
    order = np.argsort(-loose.weight)
    assert NAMES[order[0]] == "title"
    prior = of_names(PRIOR).weight
    assert held.weight / np.linalg.norm(held.weight) == pytest.approx(
        prior / np.linalg.norm(prior), abs=0.01
    )
    assert np.mean([each.score(loose) for each in judged]) > 0.95


def test_human_raters_agree_with_the_shipped_ranking(data: Path) -> None:
    items = read_catalog(data / "catalog/icecat_products.jsonl", "icecat_products")
    found = searcher(SearchIndex.build(items))
    ratings = read_ratings(data / "search/icecat_ratings.csv")
    scores = [
        ndcg([hit.id for hit in found.search(query, 10)], rated)
        for query, rated in ratings.items()
        if max(rated.values()) > 0
    ]
    assert len(scores) == 77
    assert float(np.mean(scores)) >= 0.82
