from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest

from adunion.audience import Scenes
from adunion.audience.facets import SIZE
from adunion.kernel.errors import AdUnionError
from adunion.prediction import (
    FEATURES,
    KINDS,
    FeatureLog,
    ItemColumns,
    Models,
    Predictor,
    features,
    kind_codes,
    predict,
    shown_keys,
)

DAY_US = 86_400_000_000
NOW = 20_000 * DAY_US + DAY_US // 4


@dataclass
class People:
    """Two shoppers: the first knows category 1, bought there three days ago, saw item 2."""

    category: npt.NDArray[np.int32] = field(
        default_factory=lambda: np.array([[1, 0] + [-1] * 6, [-1] * 8], np.int32)
    )
    taste: npt.NDArray[np.float32] = field(
        default_factory=lambda: np.array([[3, 1] + [0] * 6, [0] * 8], np.float32)
    )
    ordered_us: npt.NDArray[np.int64] = field(
        default_factory=lambda: np.array([[NOW - 3 * DAY_US] + [0] * 7, [0] * 8], np.int64)
    )
    recent: npt.NDArray[np.int32] = field(
        default_factory=lambda: np.array([[2, 0] + [-1] * 6, [-1] * 8], np.int32)
    )
    price_level: npt.NDArray[np.float32] = field(
        default_factory=lambda: np.array([0.5, 0.0], np.float32)
    )
    sketch: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((2, SIZE), np.float32))
    evidence: npt.NDArray[np.float32] = field(
        default_factory=lambda: np.array([4.0, 0.0], np.float32)
    )
    vectors: npt.NDArray[np.float32] = field(
        default_factory=lambda: np.zeros((4, SIZE), np.float32)
    )
    scenes: Scenes = field(default_factory=lambda: Scenes(3))


ITEMS = ItemColumns(
    category=np.array([0, 1, 1, 2], np.int32),
    parent=np.array([0, 0, 1], np.int32),
    brand=np.array([0, 0, 1, -1], np.int32),
    numbers=np.arange(44, dtype=np.float32).reshape(4, 11) / 44,
)
SEARCH_AND_FEED = np.array([0, 1], np.uint8)


def ask(profiles: list[int], placement: list[int]) -> SimpleNamespace:
    return SimpleNamespace(
        at_us=np.full(len(profiles), NOW), placement=np.array(placement, np.int16),
        profile=np.array(profiles, np.int32),
    )  # fmt: skip


def offer(items: list[list[int]]) -> SimpleNamespace:
    flat = np.array([row for rows in items for row in rows], np.int32)
    offsets = np.cumsum([0, *(len(rows) for rows in items)])
    return SimpleNamespace(
        offsets=offsets, item=flat, relevance=np.full(len(flat), 0.5, np.float32)
    )


def value(row: npt.NDArray[np.float32], name: str) -> float:
    return float(row[FEATURES.index(name)])


def test_features_say_what_is_known_of_shopper_and_item() -> None:
    x = features(ask([0], [0]), offer([[1, 2, 3]]), People(), ITEMS, SEARCH_AND_FEED)
    mine, seen, other = x
    assert value(mine, "kind_search") == 1
    assert value(mine, "relevance_search") == 0.5
    assert value(mine, "relevance_feed") == 0
    assert value(mine, "taste_category") == pytest.approx(0.75)
    assert value(mine, "taste_parent") == pytest.approx(1.0)
    assert value(mine, "ordered_last_days") == pytest.approx(np.exp(-1), rel=1e-3)
    assert value(mine, "price_gap") == pytest.approx(-abs(15 / 44 - 0.5))
    assert value(mine, "recent_brand") == pytest.approx(1 / 8)
    assert value(seen, "recent_item") == 1
    assert value(other, "taste_parent") == 0
    assert value(other, "rating") == pytest.approx(38 / 44)
    assert value(mine, "hour_sin") == pytest.approx(1)


def test_unknown_shopper_has_no_personal_features() -> None:
    row = features(ask([-1], [1]), offer([[1]]), People(), ITEMS, SEARCH_AND_FEED)[0]
    first, last = FEATURES.index("known"), FEATURES.index("hour_sin")
    assert not row[first:last].any()


def test_shown_items_have_the_features_they_had_as_candidates() -> None:
    rng = np.random.default_rng(1)
    requests = ask([0, -1, 1, 0], [0, 1, 0, 1])
    candidates = offer([[0, 1, 2, 3], [3], [], [2, 0]])
    candidates.relevance = rng.random(7).astype(np.float32)
    predictor = Predictor(Models.prior(), People(), ITEMS, SEARCH_AND_FEED)
    item = np.array([[2, 0], [3, -1], [-1, -1], [0, 2]], np.int32)
    places = np.array([[2, 0], [4, 0], [0, 0], [6, 5]])
    shown = predictor.shown(requests, item, candidates.relevance[places])
    x = features(requests, candidates, People(), ITEMS, SEARCH_AND_FEED)
    filled = item >= 0
    assert np.array_equal(shown, x[places[filled]].astype(np.float16))


def test_many_requests_are_predicted_as_each_alone() -> None:
    predictor = Predictor(Models.prior(), People(), ITEMS, SEARCH_AND_FEED)
    size = 150
    requests = ask([i % 3 - 1 for i in range(size)], [i % 2 for i in range(size)])
    offers = [[(i + k) % 4 for k in range(i % 4)] for i in range(size)]
    pctr, pcvr = predictor(requests, offer(offers))
    alone = [predictor(ask([i % 3 - 1], [i % 2]), offer([rows])) for i, rows in enumerate(offers)]
    assert pctr == pytest.approx(np.concatenate([a for a, _ in alone]))
    assert pcvr == pytest.approx(np.concatenate([b for _, b in alone]))
    assert ((pctr > 0) & (pctr < 1)).all()


def test_prior_prefers_what_is_relevant_and_liked() -> None:
    x = np.zeros((3, len(FEATURES)), np.float32)
    x[:, 0] = 1
    x[1, FEATURES.index("relevance_search")] = 1
    x[2, FEATURES.index("click_lift")] = 1
    plain, relevant, liked = predict(Models.prior(), x, np.zeros(3, np.uint8))[0]
    assert 0.02 < plain < 0.06
    assert relevant > 2 * plain
    assert liked > 1.5 * plain


def test_extreme_features_stay_probabilities() -> None:
    x = np.full((2, len(FEATURES)), 1e4, np.float32)
    x[1] *= -1
    for told in predict(Models.prior(), x, np.zeros(2, np.uint8)):
        assert ((told > 0) & (told < 1)).all()


def test_unknown_kind_of_placement_is_refused() -> None:
    with pytest.raises(AdUnionError, match="billboard"):
        kind_codes([SimpleNamespace(kind="billboard")])
    assert kind_codes([SimpleNamespace(kind=k) for k in KINDS]).tolist() == [0, 1, 2, 3, 4]


def _decisions(count: int) -> tuple[npt.NDArray[np.void], npt.NDArray[np.float16]]:
    rng = np.random.default_rng(2)
    request = np.frombuffer(rng.bytes(16 * count), "V16")
    return request, rng.random((count, 3, len(FEATURES))).astype(np.float16)


def test_feature_log_joins_what_was_shown_with_what_came_of_it(tmp_path: Path) -> None:
    request, x = _decisions(4)
    log = FeatureLog(tmp_path)
    filled = np.array([[1, 1, 1], [1, 0, 0], [1, 1, 0], [0, 0, 0]], bool)
    log.append(request, np.arange(4, dtype=np.uint8), x[filled], filled)
    seen = shown_keys(request[[0, 0, 1, 2, 2, 3]], np.array([0, 1, 0, 1, 1, 0]))
    at = np.array([10, 11, 12, 13, 14, 15])
    bought = seen[[1, 1]]
    joined = FeatureLog(tmp_path).join(seen, at, seen[[1, 3]], bought, np.array([99, 55]))
    by_time = joined.take(np.argsort(joined.at_us))
    assert by_time.at_us.tolist() == [10, 11, 12, 13]
    assert by_time.clicked.tolist() == [False, True, False, True]
    assert by_time.order_at_us.tolist() == [0, 55, 0, 0]
    assert by_time.kind.tolist() == [0, 0, 1, 2]
    assert np.array_equal(by_time.x, x[[0, 0, 1, 2], [0, 1, 0, 1]])


def test_feature_log_cuts_a_torn_tail_and_goes_on(tmp_path: Path) -> None:
    request, x = _decisions(2)
    everything = np.ones((1, 3), bool)
    log = FeatureLog(tmp_path)
    log.append(request[:1], np.zeros(1, np.uint8), x[0], everything)
    path = next(tmp_path.iterdir())
    with path.open("ab") as file:
        file.write(b"torn")
    log.append(request[1:], np.ones(1, np.uint8), x[1], everything)
    seen = shown_keys(request, np.array([2, 2]))
    none = np.zeros(0, np.int64)
    joined = log.join(seen, np.array([1, 2]), none.astype("u8"), none.astype("u8"), none)
    assert sorted(joined.kind.tolist()) == [0, 1]


def test_feature_log_keeps_a_bounded_number_of_rows(tmp_path: Path) -> None:
    request, x = _decisions(9)
    log = FeatureLog(tmp_path, rows_max=6)
    for i in range(9):
        log.append(request[i : i + 1], np.zeros(1, np.uint8), x[i], np.ones((1, 3), bool))
    seen = shown_keys(request, np.zeros(9, np.int64))
    none = np.zeros(0, np.int64)
    joined = log.join(seen, np.arange(9), none.astype("u8"), none.astype("u8"), none)
    assert sorted(joined.at_us.tolist()) == [6, 7, 8] or sorted(joined.at_us.tolist())[-1] == 8
    assert len(joined) <= 4


def liking(scenes: Scenes | None = None) -> People:
    """The first shopper has clicked what item 1 is made of; 20 clicks of anything were due."""
    people = People()
    people.vectors[1, 0] = people.vectors[2, 1] = 1
    people.sketch[0, 0] = 4
    people.evidence[0] = 20
    people.scenes = scenes or people.scenes
    return people


def test_what_is_like_what_was_clicked_is_liked_as_far_as_evidence_goes() -> None:
    x = features(ask([0], [0]), offer([[1, 2, 3]]), liking(), ITEMS, SEARCH_AND_FEED)
    assert [value(row, "like") for row in x] == pytest.approx([4 / (0.1 * 20 + 6), 0, 0])


def test_somebody_unknown_likes_what_people_of_the_scene_like() -> None:
    scenes = Scenes(3)
    scenes.prior[:, 1], scenes.lift[:, 2] = 0.5, 0.25
    people = liking(scenes)
    unknown = features(ask([-1], [0]), offer([[1, 2, 3]]), people, ITEMS, SEARCH_AND_FEED)
    assert [value(row, "like") for row in unknown] == pytest.approx([0, 0.5, 0])
    assert [value(row, "scene_category") for row in unknown] == pytest.approx([0, 0, 0.25])
    known = features(ask([0], [0]), offer([[2]]), people, ITEMS, SEARCH_AND_FEED)
    assert value(known[0], "like") == pytest.approx(6 * 0.5 / (0.1 * 20 + 6))  # believed less


def test_models_and_logs_do_without_features() -> None:
    models = Models.prior()
    bare = models.without(("relevance_search",))
    assert models.click.weights[FEATURES.index("relevance_search")] != 0
    assert bare.click.weights[FEATURES.index("relevance_search")] == 0
    assert (
        bare.click.weights[FEATURES.index("rating")]
        == models.click.weights[FEATURES.index("rating")]
    )
    assert models.without(()) is models
