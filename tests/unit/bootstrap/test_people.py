"""Whom a merchant's people are compared with."""

from __future__ import annotations

import numpy as np

from adunion.bootstrap.people import _peers
from adunion.catalog.snapshot import build_snapshot
from adunion.kernel.ids import encode


def test_peers_are_the_other_merchants_of_the_same_main_category_or_too_few_to_tell() -> None:
    sold = {
        "a": ["母婴 > 奶粉", "母婴 > 玩具", "家电"], "b": ["母婴 > 奶粉"], "c": ["母婴 > 玩具"],
        "d": ["母婴 > 奶粉", "母婴 > 奶粉", "家电"], "e": ["家电"], "f": ["家电"],
    }  # fmt: skip
    rows = [(merchant, path) for merchant, paths in sold.items() for path in paths]
    catalog = build_snapshot(
        "CNY",
        [
            (f"itm_{encode(bytes([0] * 15 + [n + 1]))}", "x", "", "", path, merchant, "", 100, 4, 1)
            for n, (merchant, path) in enumerate(rows)
        ],
    )
    parents = sorted({path.partition(" > ")[0] for path in catalog.categories})
    parent_of = np.array([parents.index(path.partition(" > ")[0]) for path in catalog.categories])
    main, peers = _peers(catalog, "a", parent_of)
    assert (parents[main], peers) == ("母婴", ["b", "c", "d"])
    assert _peers(catalog, "e", parent_of) == (parents.index("家电"), [])  # one would be told of f
    assert _peers(catalog, "nobody", parent_of) == (-1, [])
