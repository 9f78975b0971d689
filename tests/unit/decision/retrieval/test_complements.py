from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from adunion.catalog.snapshot import build_snapshot
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.retrieval import Complements
from adunion.kernel.clock import generator
from adunion.kernel.ids import encode


def shop(categories: list[str]) -> CatalogSnapshot:
    return build_snapshot(
        "CNY",
        [
            (f"itm_{encode(n.to_bytes(16, 'big'))}", "t", "", "", c, "m", "", 100, 4.0, 1)
            for n, c in enumerate(categories)
        ],
    )


def carts(*carts_: list[int]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
    group = np.repeat(np.arange(len(carts_)), [len(c) for c in carts_]).astype(np.uint64)
    return group, np.array([item for cart in carts_ for item in cart], np.int32)


def goes_with(found: Complements, item: int) -> list[int]:
    lists = found.items
    return lists.item[lists.offsets[item] : lists.offsets[item + 1]].tolist()


SHOP = shop(["case", "case", "lanyard", "stand", "milk", "bottle"])


def test_what_is_bought_together_goes_together_both_ways() -> None:
    found = Complements.learn(SHOP, *carts(*[[0, 2]] * 9, *[[0, 3]] * 3, *[[4, 5]] * 9))
    assert goes_with(found, 0) == [2, 3]
    assert goes_with(found, 2) == [0]
    assert goes_with(found, 1) == []
    names = SHOP.categories
    case = found.category[names.index("case")]
    assert [names[c] for c in case if c >= 0] == ["lanyard", "stand"]


def test_strength_is_between_0_and_1_and_falls() -> None:
    rng = generator(1)
    group, item = rng.integers(0, 400, 2_000).astype("u8"), rng.integers(0, 6, 2_000)
    found = Complements.learn(SHOP, group, item.astype(np.int32))
    assert ((found.items.score > 0) & (found.items.score <= 1)).all()
    for row in range(6):
        own = found.items.score[found.items.offsets[row] : found.items.offsets[row + 1]]
        assert (np.diff(own) <= 0).all()


def test_one_cart_is_weak_evidence() -> None:
    once, often = (Complements.learn(SHOP, *carts(*[[4, 5]] * n)) for n in (1, 50))
    assert once.items.score.max() < 0.3
    assert often.items.score.max() > 0.9


def test_items_of_one_category_are_no_complements() -> None:
    assert len(Complements.learn(SHOP, *carts([0, 1], [0, 1])).items.item) == 0


def test_same_item_twice_and_unknown_items_count_once_or_not() -> None:
    found = Complements.learn(SHOP, *carts(*[[4, 4, 5, -1]] * 20))
    assert goes_with(found, 4) == [5]


@pytest.mark.parametrize("categories", [[], ["a"]])
def test_nothing_bought_gives_empty_lists(categories: list[str]) -> None:
    none = Complements.none(shop(categories))
    assert len(none.items) == len(categories)
    assert (none.category == -1).all()
