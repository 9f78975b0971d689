"""Every registered retrieval, and all of them together, go through the same seeded checks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest

from adunion.audience import CLICK, Facets, ProfileStore
from adunion.catalog.snapshot import build_snapshot
from adunion.decision.retrieval import (
    RETRIEVALS,
    Complements,
    RetrievalState,
    Understood,
    learn_carts,
    retrieve,
)
from adunion.decision.types import CandidateBatch, Placement, RequestBatch
from adunion.kernel.clock import generator
from adunion.kernel.ids import encode
from adunion.prediction import ItemStats
from adunion.understanding import LexicalIndex
from adunion.understanding.needs import Knowledge, Library
from adunion.understanding.needs.pools import NeedPools

pytestmark = pytest.mark.contract

TOP = 60
NAMES = [*RETRIEVALS.names(), "all"]
PLACEMENTS = [
    Placement("1", "search", "search", (0.9, 0.5)),
    Placement("2", "feed", "feed", (0.9, 0.5)),
    Placement("3", "cart", "cart", (0.9,)),
    Placement("4", "page:p1", "page", (0.9,), "pub_1"),
    Placement("5", "live:p2", "live", (0.9,), "pub_2"),
]
WORDS = [
    ("手机壳", "phone case"),
    ("手机挂绳", "phone lanyard"),
    ("奶粉", "formula"),
    ("猫粮", "cat food"),
]
QUERIES = [
    "手机壳",
    "cat food 2kg",
    "",
    "😀🎉",
    "zzyzx",
    "奶粉" * 200_000,
    "'; drop table items --",
]


class Near:
    """Stands for vectors: the items of a query's category in a fixed order."""

    def __init__(self, state: RetrievalState) -> None:
        self._state = state

    def found(self, query: str) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        rows, scores = self._state.index.search(query, 50)
        return rows[::-1].copy(), np.full(len(scores), 0.7, np.float32)


@dataclass(frozen=True)
class Shop:
    state: RetrievalState
    shoppers: npt.NDArray[np.void]


def build(items: int) -> Shop:
    rng = generator(7)
    rows = [
        (
            f"itm_{encode((n + 1).to_bytes(16, 'big'))}", f"牌{n % 7} {WORDS[n % 4][0]} {n}号",
            f"brand{n % 7} {WORDS[n % 4][1]}", f"brand{n % 7}", f"店 > {WORDS[n % 4][0]}", "m", "",
            1_000 + n, 4.0, 3,
        )
        for n in range(items)
    ]  # fmt: skip
    snapshot = build_snapshot("CNY", rows)
    shoppers = np.frombuffer(rng.bytes(16 * 20), "V16")
    profiles, planned = ProfileStore(snapshot), np.zeros(0, np.int32)
    complements, index = Complements.none(snapshot), LexicalIndex.build(snapshot)
    carts = None
    profiles.look_at(Facets.read(snapshot, index.words, *index.holders))
    if items:
        item = rng.integers(0, items, 200).astype(np.int32)
        at, kind = np.arange(1, 201, dtype=np.int64), np.full(200, CLICK, np.uint8)
        profiles.observe(shoppers[np.arange(200) % 15], item, at, kind, np.ones(200, bool))
        case = rng.integers(0, items // 4, 300).astype(np.int32) * 4
        pairs = np.stack([case, (case + 1) % items], 1).reshape(-1).astype(np.int32)
        groups = np.repeat(np.arange(300), 2).astype("u8")
        complements = Complements.learn(snapshot, groups, pairs)
        carts = learn_carts(snapshot, groups, pairs)
        planned = np.arange(0, items, 9, dtype=np.int32)
    state = RetrievalState.build(
        snapshot, index, PLACEMENTS, profiles,
        ItemStats(snapshot).columns(), complements, planned,
        {"pub_1": {"店 > 奶粉": 0.7, "店": 0.1}, "pub_2": {"没有": 1.0}},
        understood=Understood(NeedPools(Library(Knowledge.load()), index), carts),
    )  # fmt: skip
    return Shop(state, shoppers)


def ask(shop: Shop, count: int = 300, seed: int = 1) -> RequestBatch:
    rng = generator(seed)
    items = len(shop.state.snapshot)
    placement = rng.integers(0, len(PLACEMENTS), count).astype(np.int16)
    query = np.where(np.isin(placement, (0, 3)), rng.integers(0, len(QUERIES), count), -1)
    held = np.where((placement == 2) & (items > 0), rng.integers(0, 4, count), 0)
    offsets = np.concatenate(([0], np.cumsum(held)))
    shopper = shop.shoppers[rng.integers(0, len(shop.shoppers), count)]
    return RequestBatch(
        request=np.frombuffer(rng.bytes(16 * count), "V16"),
        at_us=np.full(count, 10**12),
        placement=placement,
        slots=np.full(count, 2, np.int16),
        shopper=shopper,
        profile=shop.state.profiles.rows(shopper),
        query=query.astype(np.int32),
        queries=QUERIES,
        context_offsets=offsets.astype(np.int64),
        context_items=rng.integers(0, max(items, 1), offsets[-1]).astype(np.int32),
        consent=rng.random(count) < 0.8,
    )


def one(requests: RequestBatch, row: int) -> RequestBatch:
    cut = slice(row, row + 1)
    first, last = requests.context_offsets[row : row + 2]
    text = [requests.queries[requests.query[row]]] if requests.query[row] >= 0 else []
    return RequestBatch(
        requests.request[cut], requests.at_us[cut], requests.placement[cut], requests.slots[cut],
        requests.shopper[cut], requests.profile[cut], np.minimum(requests.query[cut], 0), text,
        np.array([0, last - first]), requests.context_items[first:last], requests.consent[cut],
    )  # fmt: skip


def run(name: str, requests: RequestBatch, shop: Shop) -> CandidateBatch:
    chosen = None if name == "all" else {name: RETRIEVALS.get(name)}
    state = replace(shop.state, nearest=Near(shop.state)) if name == "dense" else shop.state
    return retrieve(requests, state, TOP, chosen)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return build(400)


@pytest.mark.parametrize("name", NAMES)
def test_candidates_are_rows_of_the_catalog_without_duplicates(name: str, shop: Shop) -> None:
    requests = ask(shop)
    found = run(name, requests, shop)
    assert len(found.offsets) == len(requests) + 1
    assert found.offsets[0] == 0
    assert found.offsets[-1] == len(found.item) == len(found.relevance) == len(found.source) > 0
    for first, last in zip(found.offsets[:-1], found.offsets[1:], strict=True):
        assert 0 <= last - first <= TOP
        assert len(set(found.item[first:last].tolist())) == last - first
    assert found.item.min() >= 0
    assert found.item.max() < 400
    assert (found.relevance > 0).all()
    assert (found.relevance <= 1).all()


@pytest.mark.parametrize("name", NAMES)
def test_same_requests_give_the_same_candidates(name: str, shop: Shop) -> None:
    left, right = run(name, ask(shop), shop), run(name, ask(shop), build(400))
    assert np.array_equal(left.item, right.item)
    assert np.array_equal(left.relevance, right.relevance)


@pytest.mark.parametrize("name", NAMES)
def test_a_request_alone_gets_what_it_gets_in_a_batch(name: str, shop: Shop) -> None:
    requests = ask(shop, 60)
    whole = run(name, requests, shop)
    for row in range(60):
        alone = run(name, one(requests, row), shop)
        own = slice(whole.offsets[row], whole.offsets[row + 1])
        assert np.array_equal(alone.item, whole.item[own])
        assert np.array_equal(alone.relevance, whole.relevance[own])


@pytest.mark.parametrize("name", NAMES)
def test_cart_gets_neither_what_is_in_it_nor_its_like(name: str, shop: Shop) -> None:
    requests, category = ask(shop, 400), shop.state.snapshot.category
    found = run(name, requests, shop)
    for row in np.flatnonzero(requests.placement == 2):
        cart = requests.context_items[
            requests.context_offsets[row] : requests.context_offsets[row + 1]
        ]
        got = found.item[found.offsets[row] : found.offsets[row + 1]]
        assert not np.isin(category[got], category[cart]).any()


@pytest.mark.parametrize("name", NAMES)
def test_profile_without_consent_changes_nothing(name: str, shop: Shop) -> None:
    requests = ask(shop)
    nobody = RequestBatch(**{**vars(requests), "consent": np.zeros(len(requests), bool)})
    unknown = RequestBatch(**{**vars(nobody), "profile": np.full(len(requests), -1, np.int32)})
    left, right = run(name, nobody, shop), run(name, unknown, shop)
    assert np.array_equal(left.item, right.item)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("items", [0, 1])
def test_tiny_catalogs_are_no_trouble(name: str, items: int) -> None:
    tiny = build(0) if items == 0 else build(4)
    found = run(name, ask(tiny), tiny)
    assert len(found.offsets) == 301
    assert items or not len(found.item)


@pytest.mark.parametrize("name", NAMES)
def test_no_requests_give_no_candidates(name: str, shop: Shop) -> None:
    found = run(name, ask(shop, 0), shop)
    assert found.offsets.tolist() == [0]


def test_every_request_of_a_full_catalog_gets_enough_to_rank(shop: Shop) -> None:
    requests = ask(shop)
    counts = np.diff(run("all", requests, shop).offsets)
    about = requests.query >= 0  # a search, or beside a page's words
    assert counts[(requests.placement != 2) & ~about].min() >= 40
    assert counts[about].min() >= 12  # a page; what matches far worse was dropped
    assert np.median(counts[requests.placement == 2]) >= 40


def test_words_drop_what_matches_far_worse_than_their_best(shop: Shop) -> None:
    requests = ask(shop)
    found = run("all", requests, shop)
    for row in np.flatnonzero((requests.placement == 0) & (requests.query >= 0)):
        relevance = found.relevance[found.offsets[row] : found.offsets[row + 1]]
        assert relevance.min() >= 0.5 * relevance.max()


def test_planned_items_reach_the_auction_of_a_matching_search(shop: Shop) -> None:
    planned = shop.state.with_planned(np.array([396], np.int32))  # 手机壳, the last of a hundred
    requests = ask(shop, 500)
    found = retrieve(requests, planned, 30)
    for row in np.flatnonzero((requests.placement == 0) & (requests.query == 0)):
        assert 396 in found.item[found.offsets[row] : found.offsets[row + 1]]


def test_planned_items_leave_most_places_to_the_others(shop: Shop) -> None:
    everything = shop.state.with_planned(np.arange(400, dtype=np.int32))
    found = retrieve(ask(shop), everything, TOP)
    by_plan = found.source == RETRIEVALS.names().index("planned")
    assert 0.1 < by_plan.mean() < 0.35


def test_publishers_audience_steers_its_page(shop: Shop) -> None:
    requests = ask(shop, 400)
    bare = RequestBatch(
        **{
            **vars(requests),
            "query": np.full(400, -1, np.int32),
            "consent": np.zeros(400, bool),
            "placement": np.full(400, 3, np.int16),
        }
    )
    found = retrieve(bare, shop.state, 20, {"popular": RETRIEVALS.get("popular")})
    names = np.array(shop.state.snapshot.categories)[shop.state.snapshot.category[found.item]]
    assert (names == "店 > 奶粉").mean() > 0.4


def test_complements_of_the_cart_come_with_the_greatest_relevance(shop: Shop) -> None:
    requests = ask(shop, 500)
    found = retrieve(requests, shop.state, TOP)
    category = shop.state.snapshot.categories
    one_case = [
        row
        for row in np.flatnonzero(requests.placement == 2)
        if requests.context_offsets[row + 1] - requests.context_offsets[row] == 1
        and requests.context_items[requests.context_offsets[row]] % 4 == 0
    ]
    assert one_case
    for row in one_case:
        own = slice(found.offsets[row], found.offsets[row + 1])
        best = found.item[own][np.argmax(found.relevance[own])]
        assert category[shop.state.snapshot.category[best]] == "店 > 手机挂绳"
