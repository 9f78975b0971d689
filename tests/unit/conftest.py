"""A market small enough to know by heart, for the tests of serving and tracking."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from adunion.catalog.types import CatalogSnapshot
from adunion.decision.types import DecisionBatch, Placement, RequestBatch
from adunion.engines.eventlog import EventLog
from adunion.kernel.clock import ManualClock
from adunion.kernel.ids import IdFactory, decode, encode
from adunion.serving.answer import Card, Cards, Reasons, card
from adunion.serving.types import LinkTarget
from adunion.tracking import EVENT_SCHEMA, Tracker
from adunion.trust.token import TokenSigner

ITEMS = [f"itm_{encode(bytes([0] * 15 + [n + 1]))}" for n in range(4)]
MERCHANTS = [f"mer_{encode(bytes([9] * 15 + [n]))}" for n in range(2)]
PLAN = np.frombuffer(b"P" * 16, "V16")
LINK = b"L" * 16


def catalog() -> CatalogSnapshot:
    return CatalogSnapshot(
        currency="CNY",
        ids=ITEMS,
        raw=np.frombuffer(b"".join(decode(item[4:]) for item in ITEMS), "V16"),
        titles=["奶粉", "手机壳", "帐篷", "猫粮"],
        titles_en=["Milk powder", "", "Tent", "Cat food"],
        brands=[""] * 4,
        categories=["a"],
        category=np.zeros(4, np.int32),
        merchant_ids=MERCHANTS,
        merchant=np.array([0, 0, 0, 1], np.int32),
        item_group=np.arange(4, dtype=np.int32),
        price_minor=np.array([1_000, 2_000, 3_000, 4_000]),
        rating=np.full(4, 4, np.float32),
        rating_count=np.full(4, 9, np.int32),
    )


@dataclass
class FakeMarket:
    """Answers every request with items 0, 1, 2; the bid of plan 0 moved item 1."""

    clock: ManualClock
    ids: IdFactory
    signer: TokenSigner = field(default_factory=lambda: TokenSigner({1: b"secret"}))
    catalog: CatalogSnapshot = field(default_factory=catalog)
    storefront: bool = True
    asked: list[RequestBatch] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)  # type: ignore[valid-type]
    placements = (
        Placement("plc_" + encode(b"S" * 16), "search", "search", (0.9, 0.6, 0.3)),
        Placement("plc_" + encode(b"C" * 16), "cart", "cart", (0.9,)),
    )
    plan_ids = PLAN

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        self.asked.append(requests)
        shown = int(requests.slots[0])
        return DecisionBatch(
            item=np.where(np.arange(3) < shown, [[0, 1, 2]], -1).astype(np.int32),
            plan=np.array([[-1, 0, -1]], np.int32),
            moved=np.array([[False, True, False]]),
            price_micros=np.array([[0, 250_000, 0]]),
            exposure=np.array([[0.9, 0.6, 0.3]], np.float32),
            exposure_organic=np.array([[0.9, 0.3, 0.3]], np.float32),
            pctr=np.full((1, 3), 0.25, np.float32),
            pcvr=np.full((1, 3), 0.125, np.float32),
            organic=np.zeros((1, 3), np.float32),
            bid=np.zeros((1, 3), np.float32),
            relevance=np.zeros((1, 3), np.float32),
            propensity=np.ones((1, 3), np.float32),
            candidates=np.array([3], np.int32),
        )

    def profile_rows(
        self, shopper: npt.NDArray[np.void], consent: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int32]:
        return np.where(consent, 7, -1).astype(np.int32)

    def why(self, requests: RequestBatch, decisions: DecisionBatch, locale: str) -> Reasons:
        fits = np.array([False, False, True])
        return Reasons(f"it fits {locale}", f"because {locale}", fits, "paid ")

    def harmful(self, text: str) -> bool:
        return "casino" in text

    def placement_row(self, code: str) -> int | None:
        codes = [placement.code for placement in self.placements]
        return codes.index(code) if code in codes else None

    def cards(self, *, english: bool) -> Cards:
        return Cards(len(self.catalog), partial(self._card, english=english), english=english)

    def _card(self, row: int, *, english: bool) -> Card:
        shown = self.catalog
        return card(
            shown.ids[row],
            (shown.titles_en[row] if english else "") or shown.titles[row],
            {"amount_minor": int(shown.price_minor[row]), "currency": shown.currency},
            f"/image/{row}", ' "praised"', f"/store/item/{ITEMS[row]}",
        )  # fmt: skip

    def link(self, code: str) -> LinkTarget | None:
        item = decode(ITEMS[3][4:])
        return {
            "go": LinkTarget(LINK, item, ITEMS[3], "https://shop.example/p?id=4#top"),
            "home": LinkTarget(LINK, item, ITEMS[3], ""),
            "evil": LinkTarget(LINK, item, ITEMS[3], "javascript:alert(1)"),
            "split": LinkTarget(LINK, item, ITEMS[3], "https://shop.example/\r\nset-cookie:a=b"),
            "off": LinkTarget(LINK, item, ITEMS[3], "", disabled=True),
        }.get(code)

    def merchant_of_key(self, secret: str) -> str | None:
        return {"adu_one": MERCHANTS[0], "adu_two": MERCHANTS[1]}.get(secret)


@pytest.fixture
def market(clock: ManualClock, ids: IdFactory) -> FakeMarket:
    """A market of four items."""
    return FakeMarket(clock, ids)


@pytest.fixture
def tracker(tmp_path: Path, clock: ManualClock) -> Iterator[Tracker]:
    """A tracker on a log of its own."""
    log = EventLog(tmp_path / "events", EVENT_SCHEMA)
    yield Tracker(log, clock)
    log.close()
