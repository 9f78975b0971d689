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
_HOSTS: tuple[Text, ...] = (
    ("小鱼", "Fin"), ("阿楠", "Nan"), ("大橙子", "Clementine"), ("木木", "Mumu"),
    ("桃子", "Peach"), ("老周", "Old Zhou"), ("七七", "Seven"), ("林夕", "Linxi"),
    ("果果", "Coco"), ("麦子", "Wheat"), ("北北", "Beibei"), ("安安", "Ann"),
)  # fmt: skip
_OUTLET: dict[str, Text] = {
    "site": ("{host}{top}好物网", "{host}'s {top} Finds"),
    "app": ("{host}{top}比价助手", "{host}'s {top} Price Finder"),
    "live": ("{host}{top}的直播间", "{host}'s {top} Live Room"),
    "group": ("{host}{top}优选群", "{host}'s {top} Deals Group"),
    "creator": ("{host}{top}种草日记", "{host}'s {top} Diary"),
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
    favourite = [tops[row] for row in audience.argmax(1).tolist()]
    chinese, english = (
        [_name(row, kinds[row], favourite[row], locale) for row in range(count)]
        for locale in (0, 1)
    )
    reach = (rng.permutation(count) + 1.0) ** -0.8
    table = Publishers(
        external_id=[f"p{row + 1:03d}" for row in range(count)],
        name=chinese,
        name_en=english,
        kind=kinds,
        audience=audience.astype(np.float32),
    )
    return table, (reach / max(reach.sum(), 1e-9)).astype(np.float32)


def _name(row: int, kind: str, top: Text, locale: int) -> str:
    turn, host = divmod(row, len(_HOSTS))
    number = ("", " ")[locale] + str(turn + 1) if turn else ""
    return _OUTLET[kind][locale].format(host=_HOSTS[host][locale], top=top[locale]) + number


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
