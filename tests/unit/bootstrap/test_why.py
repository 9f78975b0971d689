"""Why an item is where it is: what is said of it is true of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from adunion.bootstrap.why import why
from adunion.catalog.snapshot import build_snapshot
from adunion.decision.retrieval import Lists
from adunion.kernel.ids import encode
from adunion.understanding import LexicalIndex

SHOP = build_snapshot(
    "CNY",
    [
        (f"itm_{encode(bytes([0] * 15 + [n + 1]))}", zh, en, "", "c", "m", "", 100, 4.0, 1)
        for n, (zh, en) in enumerate(
            [("电烤箱", "Oven"), ("羊绒围巾", "Scarf"), ("奶粉", "Formula")]
        )
    ],
)
INDEX = LexicalIndex.build(SHOP)
NEEDED = Lists(np.array([0, 1]), np.array([2], np.int32), np.ones(1, np.float32))


def said(kind: str, query: str, *, needs: bool = False, harmful: bool = False) -> tuple[Any, ...]:
    requests: Any = SimpleNamespace(
        queries=[query] if query else [], profile=np.array([-1]), context_items=np.zeros(0, int),
        harmful=np.array([True]) if harmful else None,
    )  # fmt: skip
    decided: Any = SimpleNamespace(item=np.array([[0, 1]], np.int32))
    retrieval: Any = SimpleNamespace(needs={query: NEEDED} if needs else {}, complements=None)
    found = why(SHOP, INDEX, kind, requests, decided, "en", retrieval)
    return found.fitting, found.plain, found.fits.tolist()


@pytest.mark.parametrize("kind", ["search", "page", "live"])
def test_only_what_says_it_fits_what_was_asked_or_read(kind: str) -> None:
    assert said(kind, "烤箱要先预热")[2] == [True, False]


def test_what_is_needed_is_told_apart_from_what_matches() -> None:
    assert "may need it" in said("search", "宝宝过敏", needs=True)[1]
    assert "reads this may need it" in said("page", "宝宝过敏", needs=True)[1]
    assert said("search", "宝宝过敏")[1].startswith("Nothing matches")
    assert said("feed", "")[1].startswith("Popular")


def test_nothing_is_said_to_go_with_a_harmful_page() -> None:
    assert said("page", "烤箱起火", needs=True, harmful=True)[1:] == (
        "Popular in this shop these days.",
        [],
    )
