"""Small catalogs to read for."""

from __future__ import annotations

from collections.abc import Sequence

from adunion.catalog.snapshot import CatalogSnapshot, build_snapshot
from adunion.kernel.ids import encode


def shop_of(goods: Sequence[tuple[str, str, str]]) -> CatalogSnapshot:
    """Of items by title, its second language, and category; all else alike."""
    return build_snapshot(
        "CNY",
        [
            (f"itm_{encode(bytes([0] * 15 + [n + 1]))}", zh, en, "", of, "m", "", 100, 4.0, 1)
            for n, (zh, en, of) in enumerate(goods)
        ],
    )
