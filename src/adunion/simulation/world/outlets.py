"""Makes publishers with their audiences, and the placements where items are shown."""

from __future__ import annotations

import numpy as np

from adunion.kernel.clock import generator

from .types import F32, I32, Placements, Publishers
from .vocabulary import Text

SLOTS = {"search": 10, "feed": 12, "cart": 6, "page": 6, "live": 4}
"""Slots of each kind of placement."""
_KINDS = ("site", "app", "live", "group", "creator")
_KIND_SHARE = (0.25, 0.15, 0.20, 0.20, 0.20)
_SURNAMES = tuple("小鱼 阿楠 大橙子 木木 桃子 老周 七七 林夕 果果 麦子 北北 安安".split())
_SUFFIX = {
    "site": "好物网",
    "app": "比价助手",
    "live": "的直播间",
    "group": "优选群",
    "creator": "种草日记",
}
_FALL = {"search": 0.14, "feed": 0.12, "cart": 0.16, "page": 0.20, "live": 0.30}


def exposures(kind: str, slots: int) -> F32:
    """P(slot k is seen) = first / (1 + fall * k): measured curves of lists fall like this."""
    first = 0.95 if kind in ("search", "cart") else 0.90
    curve: F32 = (first / (1.0 + _FALL[kind] * np.arange(slots))).astype(np.float32)
    return curve


def publishers(seed: int, count: int, tops: list[Text]) -> tuple[Publishers, F32]:
    """Publishers, each about a few categories, and their reach (share of off-site traffic)."""
    rng = generator(seed, 41)
    kind_rows = rng.choice(len(_KINDS), count, p=_KIND_SHARE)
    kind_rows[: len(_KINDS)] = np.arange(len(_KINDS))[:count]  # one of each kind at least
    audience = rng.gamma(0.1, size=(count, len(tops))) + 1e-3
    audience /= audience.sum(1, keepdims=True)
    kinds = [_KINDS[row] for row in kind_rows]
    names = [
        f"{_SURNAMES[row % len(_SURNAMES)]}{tops[int(audience[row].argmax())][0]}{_SUFFIX[kind]}"
        + (str(row // len(_SURNAMES) + 1) if row >= len(_SURNAMES) else "")
        for row, kind in enumerate(kinds)
    ]
    reach = (rng.permutation(count) + 1.0) ** -0.8
    table = Publishers(
        external_id=[f"p{row + 1:03d}" for row in range(count)],
        name=names,
        kind=kinds,
        audience=audience.astype(np.float32),
    )
    return table, (reach / max(reach.sum(), 1e-9)).astype(np.float32)


def placements(made: Publishers) -> Placements:
    """Search, feed and cart on site; one page or, for hosts, one live room for each publisher."""
    kinds = ["search", "feed", "cart", *("live" if k == "live" else "page" for k in made.kind)]
    codes = [*kinds[:3], *(f"{k}:{i}" for k, i in zip(kinds[3:], made.external_id, strict=True))]
    slots = np.array([SLOTS[kind] for kind in kinds], np.int16)
    curve = np.zeros((len(kinds), int(max(SLOTS.values()))), np.float32)
    for row, kind in enumerate(kinds):
        curve[row, : slots[row]] = exposures(kind, int(slots[row]))
    publisher: I32 = np.concatenate([[-1, -1, -1], np.arange(len(made))]).astype(np.int32)
    return Placements(codes, kinds, publisher, slots, curve)
