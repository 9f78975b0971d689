"""What buyers of a made world write of what they bought: stars and a few clauses, from the truth.

Composed by a small grammar: how good the item is, how long it took, whether it went back, and now
and then what goes with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .world.types import World

ZH_SHARE = 0.7
QUICK_DAYS, SLOW_DAYS = 2.5, 5.0
SAID = {  # (what, which way) -> clauses, Chinese | English
    ("quality", 1): (
        "质量很好，做工扎实 | the quality is very good", "用着很放心 | well made and sturdy",
        "质感不错，和描述一致 | it feels good and looks as described",
        "比想象的好用 | it works better than I expected", "很满意 | very happy with it",
    ),
    ("quality", 0): (
        "质量一般 | the quality is average", "还可以，对得起价格 | okay for the price",
        "没有特别的感觉 | nothing special",
    ),
    ("quality", -1): (
        "做工太粗糙，不值这个价 | poor workmanship, not worth the price",
        "用了几天就坏了 | it broke after a few days",
        "和图片差太多，失望 | not as pictured, disappointed",
        "有瑕疵，质量不行 | it came with defects, bad quality",
    ),
    ("delivery", 1): (
        "物流很快 | fast delivery", "第二天就到了，包装也好 | arrived quickly, well packed",
    ),
    ("delivery", 0): ("物流正常 | delivery was okay",),
    ("delivery", -1): (
        "等了{days}天才到，太慢 | it took {days} days to arrive, too slow",
        "物流太慢，催了才发货 | slow shipping, I had to ask",
    ),
    ("size", -1): (
        "尺寸不对，退了 | the size was wrong, I sent it back",
        "偏小，不合适，只好退货 | too small, had to return it",
    ),
    ("price", 1): ("价格实惠，划算 | good value for money", "活动价很划算 | a bargain"),
    ("price", -1): ("买贵了 | overpriced",),
    ("with", 0): (
        "和{other}一起用正好 | goes well with the {other}",
        "顺便买了{other}，配着用 | I bought {other} to go with it",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Bought:
    """One received order line."""

    item: int  # world row
    days: float  # until it arrived
    returned: bool


def opinion(world: World, bought: Bought, rng: np.random.Generator) -> tuple[int, str]:
    """(stars 1 to 5, text) of one buyer."""
    truth, row = world.truth, bought.item
    worth = float(truth.item_experience[row] - np.median(truth.item_experience))
    liked = 4.3 + 5 * worth + rng.normal() - 0.4 * (bought.days > SLOW_DAYS) - 1.5 * bought.returned
    stars = int(np.clip(np.rint(liked), 1, 5))
    told = [("quality", 1 if stars >= 4 else -1 if stars <= 2 else 0)]
    if bought.returned:
        told.append(("size", -1))
    if rng.random() < 0.5:
        told.append(("delivery", _speed(bought.days)))
    if rng.random() < 0.2:
        told.append(("price", 1 if stars >= 4 else -1))
    if rng.random() < 0.15:
        told.append(("with", 0))
    chinese = rng.random() < ZH_SHARE
    other = _beside(world, int(world.view.items.leaf[row]), chinese)
    clauses = [_clause(each, chinese, rng) for each in told if each[0] != "with" or other]
    said = [each.format(days=round(bought.days), other=other) for each in clauses]
    if chinese:
        return stars, "，".join(said) + "。"
    return stars, ". ".join(each[:1].upper() + each[1:] for each in said) + "."


def _speed(days: float) -> int:
    return 1 if days < QUICK_DAYS else -1 if days > SLOW_DAYS else 0


def _clause(told: tuple[str, int], chinese: bool, rng: np.random.Generator) -> str:
    zh, en = SAID[told][int(rng.integers(len(SAID[told])))].split(" | ")
    return zh if chinese else en


def _beside(world: World, leaf: int, chinese: bool) -> str:
    """What goes best with a category; empty where nothing does."""
    fit = world.truth.leaf_complement[leaf]
    best = int(fit.argmax())
    if fit[best] <= 0:
        return ""
    leaves = world.view.leaves
    name = (leaves.path if chinese else leaves.path_en)[best].split(" > ")[-1]
    return name if chinese else name.lower()
