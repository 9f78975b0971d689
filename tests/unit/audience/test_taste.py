"""What a shopper likes of brand, look and words: learned, decayed, erased, with consent alone."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adunion.audience import CART, CLICK, FAVOURITE, ORDER, SEEN, Facets, ProfileStore
from adunion.audience.facets import BRAND, LOOK, SIZE
from adunion.audience.looks import looks
from adunion.audience.scenes import SCENES, WEATHERS, Scenes, hours_table
from adunion.catalog.snapshot import build_snapshot
from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.ids import encode
from adunion.understanding import LexicalIndex
from adunion.understanding.tokens import tokens

DAY_US = 86_400_000_000
NOW = 20_000 * DAY_US
BRANDS = ("acme", "bolt", "cato", "dune")
COLOURS = ("red", "blue", "green")


def shop(items: int = 48, first: int = 0) -> CatalogSnapshot:
    rows = [
        (
            f"itm_{encode((n + 1).to_bytes(16, 'big'))}", f"{COLOURS[n % 3]} cup no {n}", "",
            BRANDS[n % 4], f"home > {'cups' if n % 2 else 'pots'}", "m", "", 1_000, 4.0, 1,
        )
        for n in range(first, first + items)
    ]  # fmt: skip
    return build_snapshot("CNY", rows)


def read(snapshot: CatalogSnapshot) -> Facets:
    index = LexicalIndex.build(snapshot)
    return Facets.read(snapshot, index.words, *index.holders)


SHOP = shop()
FACETS = read(SHOP)


def store(snapshot: CatalogSnapshot = SHOP) -> ProfileStore:
    made = ProfileStore(snapshot)
    made.look_at(FACETS if snapshot is SHOP else read(snapshot))
    return made


def who(*names: int) -> npt.NDArray[np.void]:
    return np.array([np.void(name.to_bytes(16, "big")) for name in names], "V16")


Event = tuple[int, int, int, float, float]
"""Shopper, item, kind, days, expected clicks."""


def observe(into: ProfileStore, events: list[Event], consent: bool = True) -> None:
    columns = list(zip(*events, strict=True))
    shoppers, items, kinds, days, expected = columns
    into.observe(
        who(*shoppers), np.array(items, np.int32),
        NOW + (np.array(days) * DAY_US).astype(np.int64), np.array(kinds, np.uint8),
        np.full(len(events), consent), np.array(expected, np.float32),
    )  # fmt: skip


def liked(of: ProfileStore, shopper: int) -> npt.NDArray[np.float32]:
    """The match of every item with a shopper's sketch, by brand, look and words."""
    row = of.rows(who(shopper))[0]
    product = of.vectors * of.sketch[row]
    ends = (0, BRAND, BRAND + LOOK, SIZE)
    return np.stack([product[:, a:b].sum(1) for a, b in itertools.pairwise(ends)], 1)


def test_a_brand_and_a_colour_that_are_clicked_are_liked_in_other_items_and_categories() -> None:
    known = store()
    red_acme = [n for n in range(24) if n % 3 == 0 and n % 4 == 0 and n % 2 == 0]
    observe(known, [(1, n, CLICK, 0, 0.0) for n in red_acme])
    brand, look, _ = liked(known, 1)[24:].T
    number = np.arange(24, 48)
    pots = number % 2 == 0  # of the same category, and cups that were never looked at
    assert brand[(number % 4 == 0) & pots].min() > brand[(number % 4 != 0) & pots].max()
    assert look[(number % 3 == 0) & pots].min() > look[(number % 3 != 0) & pots].max()
    assert look[(number % 3 == 0) & ~pots].min() > look[(number % 3 != 0) & ~pots].max()


def test_what_is_clicked_as_often_as_anybody_would_is_no_taste() -> None:
    known = store()
    seen = [(1, 5, SEEN, 0.0, 0.25)] * 4
    observe(known, [(1, 5, CLICK, 0.0, 0.0), *seen])
    row = known.rows(who(1))[0]
    assert known.sketch[row] == pytest.approx(np.zeros(SIZE), abs=1e-6)
    assert known.evidence[row] == pytest.approx(1.0)
    assert known.recent[row].tolist() == [5] + [-1] * 7


def test_having_seen_something_makes_no_profile_and_changes_no_other_taste() -> None:
    known = store()
    observe(known, [(1, 5, SEEN, 0.0, 0.1)])
    assert len(known) == 0
    observe(known, [(1, 5, SEEN, 0.0, 0.1), (1, 6, CLICK, 0.0, 0.0)])
    alone = store()
    observe(alone, [(1, 6, CLICK, 0.0, 0.0)])
    assert np.array_equal(known.sketch[0], alone.sketch[0])
    assert np.array_equal(known.taste[0], alone.taste[0])


def test_orders_tell_more_than_clicks_carts_and_favourites() -> None:
    sizes = []
    for kind in (CLICK, CART, FAVOURITE, ORDER):
        known = store()
        observe(known, [(1, 5, kind, 0.0, 0.0)])
        sizes.append(np.linalg.norm(known.sketch[known.rows(who(1))[0]]))
    assert sizes[0] == sizes[1] == sizes[2]
    assert sizes[3] == pytest.approx(2 * sizes[0])


EVENTS = st.lists(
    st.tuples(
        st.integers(1, 4), st.integers(0, 47), st.sampled_from([CLICK, ORDER, CART, SEEN]),
        st.floats(0, 90), st.just(0.0),
    ).map(lambda e: (*e[:4], 0.07 if e[2] == SEEN else 0.0)),
    min_size=1, max_size=60,
).map(lambda events: sorted(events, key=lambda event: event[3]))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.floats(1, 120))
def test_a_taste_halves_in_thirty_days(events: list[Event], after: float) -> None:
    known, later = store(), store()
    last = max(events, key=lambda event: event[3])[3]
    observe(known, events)
    observe(later, events)
    kept = {who_: known.sketch[known.rows(who(who_))[0]].copy() for who_ in range(1, 5)
            if known.rows(who(who_))[0] >= 0}  # fmt: skip
    for shopper, before in kept.items():
        own = max(day for name, _, kind, day, _ in events if name == shopper)
        zero = (shopper, 0, SEEN, last + after, 0.0)  # an event that says nothing but the time
        observe(later, [zero])
        faded = 0.5 ** ((last + after - own) / 30)
        now = later.sketch[later.rows(who(shopper))[0]]
        assert now == pytest.approx(before * faded, abs=1e-4, rel=1e-2)


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.integers(1, 59))
def test_batches_in_other_pieces_give_the_same_tastes(events: list[Event], cut: int) -> None:
    whole, parts = store(), store()
    observe(whole, events)
    for piece in (events[:cut], events[cut:]):
        if piece:
            observe(parts, piece)
    names = who(1, 2, 3, 4)
    left, right = whole.rows(names), parts.rows(names)
    assert np.array_equal(left >= 0, right >= 0)
    for a, b in zip(left[left >= 0], right[right >= 0], strict=True):
        assert np.array_equal(whole.sketch[a], parts.sketch[b])
        assert whole.evidence[a] == parts.evidence[b]


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_nothing_is_left_of_who_asked_to_be_forgotten(events: list[Event]) -> None:
    erased, never = store(), store()
    observe(erased, events)
    erased.forget(who(2)[0].tobytes(), NOW + 100 * DAY_US)
    others = [event for event in events if event[0] != 2]
    if others:
        observe(never, others)
    observe(erased, events[:1] if events[0][0] == 2 else [(2, 0, CLICK, 1.0, 0.0)])  # a replay
    assert erased.rows(who(2)).tolist() == [-1]
    assert len(erased) == len(never)
    assert erased.sketch.sum() == pytest.approx(never.sketch.sum(), abs=1e-3)
    assert np.count_nonzero(erased.sketch.any(1)) == np.count_nonzero(never.sketch.any(1))


@settings(max_examples=30, deadline=None)
@given(EVENTS)
def test_without_consent_nothing_is_kept(events: list[Event]) -> None:
    known = store()
    observe(known, events, consent=False)
    assert len(known) == 0
    assert not known.sketch.any()


def test_tastes_mean_the_same_when_the_catalog_changes() -> None:
    known = store()
    observe(known, [(1, n, CLICK, 0, 0.0) for n in (0, 12, 24)])  # acme
    moved = shop(48, first=100)
    known.rebase(moved)
    assert not known.vectors.any()  # until its items were read
    known.look_at(read(moved))
    brand = liked(known, 1)[:, 0]
    number = np.arange(100, 148)
    pots = number % 2 == 0
    assert brand[(number % 4 == 0) & pots].min() > brand[(number % 4 != 0) & pots].max()


def test_looks_are_read_of_titles_and_of_pictures_where_there_are_some() -> None:
    names = [look.key for look in looks()]
    assert FACETS.looks[0, names.index("red")]
    assert FACETS.looks[1, names.index("blue")]
    index = LexicalIndex.build(SHOP)
    pictured = np.zeros_like(FACETS.looks)
    pictured[0, names.index("minimal")] = True
    found = Facets.read(SHOP, index.words, *index.holders, pictured)
    assert found.looks[0].nonzero()[0].tolist() == [names.index("minimal")]
    assert found.looks[1, names.index("blue")]


@pytest.mark.parametrize(
    ("title", "brand", "said"),
    [
        ("Keyboard with red switches, black", "", "black"),
        ("Red Bull energy drink", "Red Bull", ""),
        ("Headlamp Black Diamond, red", "Black Diamond", "red"),
        ("WD Black SN850X", "", ""),
        ("Phone black 128GB", "", "black"),
        ("Dress red XL", "", "red"),
        ("black tea 200g", "", ""),
        ("武夷山大红袍茶叶", "", ""),
        ("红色连衣裙", "", "red"),
        ("ignore previous instructions: red switch", "", ""),
    ],
)
def test_a_colour_in_a_name_alone_is_no_look(title: str, brand: str, said: str) -> None:
    row = (f"itm_{encode(bytes(16))}", title, "", brand, "home", "m", "", 1_000, 4.0, 1)
    found = read(build_snapshot("CNY", [row])).looks[0]
    assert [look.key for look, has in zip(looks(), found, strict=True) if has] == said.split()


def test_words_that_name_looks_are_tokens_of_titles() -> None:
    for look in looks():
        for word in look.words:
            assert tokens(word) == [word], (look.key, word)


def test_empty_and_tiny_catalogs_have_facets() -> None:
    empty = build_snapshot("CNY", [])
    assert read(empty).vectors.shape == (0, SIZE)
    assert read(shop(1)).vectors.shape == (1, SIZE)


def hour(day: int, at: int) -> npt.NDArray[np.int64]:
    """Of November 2026, UTC."""
    return np.array([int(datetime(2026, 11, day, at, tzinfo=UTC).timestamp()) * 1_000_000])


def test_scenes_follow_the_local_clock_holidays_and_weather() -> None:
    table = hours_table(8, [date(2026, 11, 4)], {date(2026, 11, 5): "rain"})
    scenes = Scenes(2, table)

    def name(day: int, at: int) -> str:
        return SCENES[int(scenes.codes(hour(day, at))[0]) % len(SCENES)]

    assert name(2, 0) == "commute"  # Monday, 8 in the morning in China
    assert name(2, 3) == "work"
    assert name(2, 12) == "evening"
    assert name(2, 18) == "night"
    assert name(7, 3) == "weekend"
    assert name(4, 3) == "holiday"
    assert WEATHERS[int(scenes.codes(hour(5, 3))[0]) // len(SCENES)] == "rain"
    assert scenes.codes(np.array([0, 2**61])).tolist() == [table[0], table[-1]]


def test_what_is_taken_more_in_a_scene_is_lifted_there_and_little_is_shrunk() -> None:
    scenes = Scenes(2, hours_table(8))
    for taken, category, at in ((300, 0, 12), (100, 1, 12), (100, 0, 3), (300, 1, 3)):
        vectors = np.zeros((2, SIZE), np.float32)
        scenes.observe(
            np.repeat(hour(2, at), 2), np.full(2, category, np.int32), vectors,
            np.array([taken, 0.0], np.float32), np.array([0.0, 200.0], np.float32),
        )  # fmt: skip
    scenes.settle()
    evening, work = scenes.codes(hour(2, 12))[0], scenes.codes(hour(2, 3))[0]
    assert scenes.lift[evening, 0] > 0.2 > -0.2 > scenes.lift[evening, 1]
    assert scenes.lift[work, 1] > 0.2 > -0.2 > scenes.lift[work, 0]
    assert 0 < scenes.lift[evening, 0] < np.log(1.5)  # shrunk
    assert scenes.lift[SCENES.index("weekend")] == pytest.approx([0, 0], abs=0.05)
    scenes.settle(silent=True)
    assert not scenes.lift.any()


def test_what_a_scene_likes_is_believed_of_somebody_unknown() -> None:
    scenes = Scenes(1, hours_table(8))
    red = np.zeros((1, SIZE), np.float32)
    red[0, BRAND] = 1
    for at, taken in ((12, 90.0), (3, 10.0)):
        at_us, category = np.repeat(hour(2, at), 2), np.zeros(2, np.int32)
        scenes.observe(
            at_us, category, np.repeat(red, 2, 0), np.array([taken, 0], np.float32),
            np.array([0, 50], np.float32),
        )  # fmt: skip
    scenes.settle()
    assert scenes.prior[scenes.codes(hour(2, 12))[0], BRAND] > 0
    assert scenes.prior[scenes.codes(hour(2, 3))[0], BRAND] < 0


def test_scenes_keep_what_they_know_when_categories_move() -> None:
    scenes = Scenes(2, hours_table(8))
    scenes.observe(
        hour(2, 12), np.array([1], np.int32), np.zeros((1, SIZE), np.float32),
        np.array([500.0], np.float32), np.array([100.0], np.float32),
    )  # fmt: skip
    scenes.observe(
        hour(2, 3), np.array([1], np.int32), np.zeros((1, SIZE), np.float32),
        np.array([100.0], np.float32), np.array([500.0], np.float32),
    )  # fmt: skip
    scenes.settle()
    code = scenes.codes(hour(2, 12))[0]
    before = scenes.lift[code, 1]
    scenes.rebase(np.array([-1, 0], np.int32), 3)
    assert scenes.lift.shape[1] == 3
    assert scenes.lift[code, 0] == pytest.approx(before)
    assert scenes.lift[code, 2] == pytest.approx(0, abs=1e-6)
