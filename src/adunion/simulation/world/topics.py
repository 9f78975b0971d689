"""Made hot topics: an hourly list of what people talk about, tied to what the world's goods are.

A topic rises, peaks and decays; more is said by day than by night; the fifty hottest are listed.
Some name a product or what shoppers ask of it, in its season; the rest is no commerce.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from .lexicon import Lexicon

LISTED = 50
LIFE_HOURS_MAX = 48
_PRODUCT = (
    "{}怎么选", "年轻人开始囤{}", "{}涨价", "{}测评", "夏天离不开{}", "今年流行的{}", "{}平替",
    "打工人的{}", "{}卖断货",
)  # fmt: skip
_TALK = (
    ("明星", "{}演唱会", "{}新剧开播", "{}回应争议", "{}官宣", "{}机场路透"),
    ("体育", "{}夺冠", "{}进球", "{}退役", "{}首秀"),
    ("社会", "{}暴雨预警", "{}地铁故障", "{}一男子被刑拘", "{}车祸致2死", "{}大学食堂"),
    ("时事", "{}外长会谈", "{}发布公报", "{}选举结果"),
)  # fmt: skip
_NAMES = (
    "林清野 周予安 陈知行 苏晚晴 许南乔 江城 海宁 云州 北湾 南屿 青川 东港 白鹿 星野"
    " 火炬队 飞虎队 蓝鲸队 晨星"
).split()


def topics_table(
    lexicon: Lexicon, last: datetime, days: int, rng: np.random.Generator, a_day: int = 260
) -> pa.Table:
    """Columns as of a hot-search list: day, hour, pos, title, category, hot, ads.

    `rng` is the only source of chance; `last` is the last hour that is listed.
    """
    count = days * a_day
    start = np.sort(rng.integers(-LIFE_HOURS_MAX // 2, days * 24, count))
    first = last - timedelta(hours=days * 24 - 1)
    texts = [_topic(lexicon, rng, (first + timedelta(hours=int(at))).month) for at in start]
    peak = rng.lognormal(12.2, 0.8, count)
    rise, fall = rng.gamma(2.0, 1.0, count) + 0.5, rng.gamma(2.0, 2.5, count) + 1.0
    age = np.arange(LIFE_HOURS_MAX)
    shape = np.minimum(age / rise[:, None], np.exp(-(age - rise[:, None]) / fall[:, None]))
    noise = np.exp(rng.normal(0, 0.15, shape.shape))
    hour = start[:, None] + age
    by_day = 1.0 - 0.6 * np.cos((hour + first.hour - 4) / 24 * 2 * np.pi)
    heat = peak[:, None] * np.clip(shape, 0, 1) * noise * by_day
    row, step = np.nonzero((heat > 1_000) & (hour >= 0) & (hour < days * 24))
    return _listed(texts, row, hour[row, step], heat[row, step], first)


def _topic(lexicon: Lexicon, rng: np.random.Generator, month: int) -> tuple[str, str]:
    """(title, category); two of five are about goods, those in season more often."""
    if rng.random() < 0.4:
        weight = lexicon.leaf_share * np.array([leaf.month[month - 1] for leaf in lexicon.leaves])
        leaf = lexicon.leaves[int(rng.choice(len(weight), p=weight / weight.sum()))]
        if rng.random() < 0.3 and leaf.problems:
            return leaf.problems[int(rng.integers(len(leaf.problems)))][0], "生活记录"
        noun = leaf.nouns[int(rng.integers(len(leaf.nouns)))][0]
        return str(rng.choice(_PRODUCT)).format(noun), "电商"
    category, *forms = _TALK[int(rng.integers(len(_TALK)))]
    return str(rng.choice(forms)).format(rng.choice(_NAMES)), category


def _listed(
    texts: list[tuple[str, str]], row: Any, hour: Any, heat: Any, first: datetime
) -> pa.Table:
    """The hottest of each hour; of a title that is there twice, the hotter."""
    title = np.array([text[0] for text in texts], dtype=object)[row]
    codes = np.unique(title, return_inverse=True)[1]
    order = np.lexsort((-heat, hour))
    same = np.unique(hour[order] * (codes.max() + 1) + codes[order], return_index=True)[1]
    order = order[np.sort(same)]
    rank = np.arange(len(order)) - np.searchsorted(hour[order], hour[order])
    order, rank = order[rank < LISTED], rank[rank < LISTED]
    at = np.datetime64(first.replace(tzinfo=None), "h") + hour[order]
    day = at.astype("datetime64[D]")
    return pa.table(
        {
            "day": day.astype(str).tolist(),
            "hour": (at - day.astype("datetime64[h]")).astype(np.int64),
            "pos": rank,
            "title": title[order].tolist(),
            "category": [texts[at][1] for at in row[order]],
            "hot": heat[order].astype(np.int64),
            "ads": np.zeros(len(order), bool),
        }
    )
