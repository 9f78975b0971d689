"""What events tell of tastes: kinds, consent, and what anybody would have clicked."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.audience import Facets, ProfileStore
from adunion.bootstrap.tastes import learn_tastes
from adunion.catalog.snapshot import build_snapshot
from adunion.kernel.ids import encode
from adunion.tracking import FLAG_CONSENT, EventType, events
from adunion.understanding import LexicalIndex

HOUR_US = 3_600_000_000
NOW = 1_793_577_600_000_000
SHOP = build_snapshot(
    "CNY",
    [
        (f"itm_{encode((n + 1).to_bytes(16, 'big'))}", f"cup {n}", "", "ab"[n % 2], "home", "m",
         "", 1_000, 4.0, 1)
        for n in range(12)
    ],
)  # fmt: skip
ME = np.frombuffer(b"me" + bytes(14), "V16")[0]


def learned(
    kinds: list[EventType], rate: float, consent: bool = True, hours: int = 0
) -> ProfileStore:
    """After events of one shopper and the first item, `hours` apart."""
    profiles = ProfileStore(SHOP)
    index = LexicalIndex.build(SHOP)
    profiles.look_at(Facets.read(SHOP, index.words, *index.holders))
    count = len(kinds)
    batch = events(
        count, type=np.array(kinds, np.uint8), at_us=NOW + np.arange(count) * (hours * HOUR_US + 1),
        item=SHOP.raw[np.zeros(count, int)], shopper=np.repeat(ME, count),
        flags=np.full(count, FLAG_CONSENT if consent else 0, np.uint8),
    )  # fmt: skip
    learn_tastes(
        profiles, batch, SHOP.rows(batch.item), np.zeros(count, np.int16),
        np.full((len(SHOP), 5), rate, np.float32),
    )  # fmt: skip
    return profiles


def test_clicks_carts_favourites_and_orders_are_learned_views_are_expected_away() -> None:
    told = [EventType.CLICK, EventType.CART, EventType.FAVOURITE, EventType.ORDER]
    known = learned([*told, EventType.PAYMENT, EventType.REQUEST], 0.1)
    assert known.sketch[0] == pytest.approx(5 * known.vectors[0], abs=1e-5)
    seen = learned([*told, *[EventType.IMPRESSION] * 10], 0.1)
    assert seen.sketch[0] == pytest.approx(4 * known.vectors[0], abs=1e-4)
    assert seen.evidence[0] == pytest.approx(1.0, abs=1e-4)


def test_without_consent_only_the_scene_learns() -> None:
    told = [EventType.CLICK, EventType.IMPRESSION] * 200  # clicks at 8 o'clock, views at 20
    alone = learned(told, 0.5, consent=False, hours=12)
    assert len(alone) == 0
    alone.scenes.settle()
    clicked, seen = (alone.scenes.prior[alone.scenes.codes(np.array([NOW + after * HOUR_US]))[0]]
                     @ alone.vectors[0] for after in (0, 12))  # fmt: skip
    assert clicked > 0 > seen


def test_an_item_that_is_gone_tells_nothing() -> None:
    profiles = ProfileStore(SHOP)
    batch = events(
        1, type=np.array([EventType.CLICK], np.uint8), at_us=np.array([NOW]),
        shopper=np.repeat(ME, 1), flags=np.array([FLAG_CONSENT], np.uint8),
    )  # fmt: skip
    learn_tastes(
        profiles, batch, np.array([-1], np.int32), np.zeros(1, np.int16),
        np.zeros((len(SHOP), 5), np.float32),
    )  # fmt: skip
    assert len(profiles) == 0
