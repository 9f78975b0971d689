from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from adunion.catalog.snapshot import build_snapshot
from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.ids import encode
from adunion.understanding import LexicalIndex


def shop(goods: list[tuple[str, str, str, str]]) -> CatalogSnapshot:
    """A snapshot of (title, English title, brand, category)."""
    ids = [f"itm_{encode(row.to_bytes(16, 'big'))}" for row in range(len(goods))]
    return build_snapshot(
        "CNY",
        [
            (id_, title, en, brand, category, "m1", "", 1000, 4.5, 10)
            for id_, (title, en, brand, category) in zip(ids, goods, strict=True)
        ],
    )


GOODS = [
    ("星岚 儿童手机壳 防摔", "Starlan kids phone case", "星岚", "手机配件 > 手机壳"),
    ("星岚 手机挂绳", "Starlan phone lanyard", "星岚", "手机配件 > 挂绳"),
    ("婴儿奶粉 3段 900g", "Infant formula stage 3 900g", "牧禾", "母婴 > 奶粉"),
    ("婴儿奶瓶 240ml", "Baby bottle 240ml", "牧禾", "母婴 > 奶瓶"),
]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("手机壳", 0),
        ("phone cases", 0),
        ("挂绳", 1),
        ("奶粉 900克", 2),
        ("壳", 0),
        ("0.24L bottle", 3),
    ],
)
def test_query_finds_its_item_first(query: str, best: int) -> None:
    rows, scores = LexicalIndex.build(shop(GOODS)).search(query)
    assert rows[0] == best
    assert 0.3 < scores[0] <= 1


def test_scores_fall_and_agree_with_relevance() -> None:
    index = LexicalIndex.build(shop(GOODS))
    rows, scores = index.search("星岚 手机")
    assert set(rows.tolist()) == {0, 1}
    assert (np.diff(scores) <= 0).all()
    assert index.relevance("星岚 手机", rows) == pytest.approx(scores)
    assert index.relevance("星岚 手机", np.array([2], np.int32))[0] == 0


def test_unknown_words_make_a_match_weaker() -> None:
    index = LexicalIndex.build(shop(GOODS))
    assert index.search("zzyzx lanyard")[1][0] < index.search("lanyard")[1][0]


def test_an_item_says_a_word_of_the_query_or_does_not() -> None:
    index, rows = LexicalIndex.build(shop(GOODS)), np.array([3, 1, 2, 0], np.int32)
    assert index.says("phone 奶粉", rows).tolist() == [False, True, True, True]
    assert index.says("帐篷", rows).tolist() == [False] * 4
    assert index.says("bottle", np.array([-1], np.int32)).tolist() == [False]


@pytest.mark.parametrize("query", ["", "😀", "zzyzx", "的"])
def test_query_without_a_match_finds_nothing(query: str) -> None:
    rows, scores = LexicalIndex.build(shop(GOODS)).search(query)
    assert len(rows) == len(scores) == 0


def test_rebuild_equals_a_build_from_nothing() -> None:
    first = LexicalIndex.build(shop(GOODS))
    changed = shop([*GOODS[1:], ("猫粮 鸡肉味 2kg", "Cat food 2kg", "喵屋", "宠物 > 猫粮")])
    again, fresh = LexicalIndex.build(changed, first), LexicalIndex.build(changed)
    for query in ("猫粮", "手机壳", "牧禾", "bottle"):
        for left, right in zip(again.search(query), fresh.search(query), strict=True):
            assert np.array_equal(left, right)


def test_empty_catalog_finds_nothing() -> None:
    index = LexicalIndex.build(shop([]))
    assert len(index) == 0
    assert len(index.search("手机壳")[0]) == 0


def _icecat(data: Path) -> tuple[CatalogSnapshot, dict[str, dict[int, float]]]:
    with (data / "catalog/icecat_products.jsonl").open() as file:
        products = [json.loads(line) for line in file]
    rows = {product["id"]: row for row, product in enumerate(products)}
    ratings: dict[str, dict[int, float]] = defaultdict(dict)
    with (data / "search/icecat_ratings.csv").open() as file:
        for rating in csv.DictReader(file):
            if rating["docid"] in rows:
                ratings[rating["query"]][rows[rating["docid"]]] = float(rating["final_rating"])
    goods = [
        (p["title"] or p["name"], "", p["supplier"] or "", p.get("attr_t_product_type") or "")
        for p in products
    ]
    return shop(goods), ratings


def _ndcg(found: list[float], ideal: list[float]) -> float:
    discount = 1 / np.log2(np.arange(2, 12))
    gains = [np.exp2(np.array(grades[:10])) - 1 for grades in (found, sorted(ideal)[::-1])]
    got, best = (float(gain @ discount[: len(gain)]) for gain in gains)
    return got / best


def test_search_agrees_with_human_raters_and_is_quick(data: Path) -> None:
    snapshot, ratings = _icecat(data)
    index = LexicalIndex.build(snapshot)
    index.search("warm up")
    scores, seconds = [], []
    for query, grades in ratings.items():
        started = perf_counter()
        rows, _ = index.search(query, 10)
        seconds.append(perf_counter() - started)
        if max(grades.values()) > 0:
            found = [grades.get(int(row), 0.0) for row in rows]
            scores.append(_ndcg(found, list(grades.values())))
    assert len(scores) > 70
    assert float(np.mean(scores)) >= 0.62
    assert float(np.median(seconds)) < 0.015
