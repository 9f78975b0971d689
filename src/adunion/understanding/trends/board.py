"""Now: which topics rise, to what peak and for how long, what they sell, and what returns soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import numpy as np

from adunion.catalog.types import CatalogSnapshot

from .features import Features, Told
from .files import show
from .forecast import band, outlook
from .links import Link, Linker
from .model import TrendModel
from .seasons import coming
from .types import DAY, Topics

RISE_MIN = 1.25
"""Expected peak over the heat now, from which a topic counts as rising."""
ENTER_MIN = 0.15
"""Chance of entering the top ten, from which one that was never there counts as rising."""
HISTORY_HOURS = 72
WINDOW_DAYS = 200
"""Of a long file, so many days before the hour are looked at."""
SEASON_DAYS = 60
"""Warnings look so far ahead at most."""

Plain = dict[str, Any]


@dataclass(frozen=True)
class Board:
    """What `adunion trends now` says of one hour; plain values for JSON."""

    at: str
    topics: list[Plain]
    warnings: list[Plain]


def window(topics: Topics, at: int) -> Topics:
    """The rows up to an hour that a board rests on."""
    return topics.take((topics.hour <= at) & (topics.hour > at - WINDOW_DAYS * DAY))


def board(
    found: Features, model: TrendModel, at: int, linker: Linker, told: Told | None = None
) -> Board:
    """Every topic listed at the last hour up to `at`, rising ones first."""
    topics = found.index.topics
    rows = np.flatnonzero(topics.hour == at)
    said = outlook(found, model, topics.hour == at).answers
    course = {name: model.forests[name].raw(found.rows[rows]) for name in ("peak", "peak_in")}
    life = np.expm1(np.maximum(model.forests["life"].raw(found.rows[rows]), 0.0))
    age = found.rows[rows, found.names.index("age")]
    topped = found.rows[rows, found.names.index("topped")] > 0
    edges = {
        name: band(model, name, said[name], topics.hour[rows]) for name in said if "heat" in name
    }
    titles = topics.titles[topics.topic[rows]]
    result = []
    for k, row in enumerate(rows.tolist()):
        if told:
            told("linking", k + 1, len(rows))
        heat = float(topics.heat[row])
        rise = float(np.exp(max(course["peak"][k], 0.0)))
        enters = float(said["p_top10_6h"][k])
        rising = heat > 0 and (
            (rise >= RISE_MIN and said["p_listed_6h"][k] >= 0.3)
            or (not topped[k] and enters >= ENTER_MIN)
        )
        peak_in = round(max(float(course["peak_in"][k]), 0.0)) if rise > 1.02 else 0
        result.append({
            "slug": slug(titles[k]), "title": titles[k], "category": topics.category[row],
            "pos": int(topics.pos[row]),
            "heat": heat, "paid": bool(topics.paid[row]), "age_hours": int(age[k]),
            "rising": bool(rising), "early": bool(rising and not topped[k] and age[k] <= 3),
            "peak_heat": round(heat * rise), "peak_at": show(at + peak_in),
            "life_hours": round(float(life[k]), 1),
            **{name: round(float(values[k]), 4) for name, values in said.items() if name[0] == "p"},
            **{
                name: {"value": round(float(said[name][k])), "low": round(float(low[k])),
                       "high": round(float(high[k]))}
                for name, (low, high) in edges.items()
            },
            "history": _history(topics, row),
            **linked(linker.link(titles[k], topics.category[row]), linker.snapshot),
        })  # fmt: skip
    result.sort(key=lambda one: (not one["rising"], one["pos"]))
    return Board(show(at), result, warnings(at, result, linker))


def slug(title: str) -> str:
    """A short name of a topic for addresses."""
    return sha256(title.encode()).hexdigest()[:12]


def linked(link: Link, snapshot: CatalogSnapshot | None) -> Plain:
    """A link as plain values."""
    items = [] if snapshot is None else [
        {"id": snapshot.ids[row], "title": snapshot.titles[row],
         "title_en": snapshot.titles_en[row], "strength": strength}
        for row, strength in link.items
    ]  # fmt: skip
    products = [
        {"zh": p.zh, "en": p.en, "category_zh": p.category_zh, "category_en": p.category_en,
         "strength": p.strength, "why": p.why}
        for p in link.products
    ]  # fmt: skip
    return {
        "commerce": link.commerce.verdict, "unsafe": link.commerce.unsafe,
        "reasons": [{"reason": reason, "word": word} for reason, word in link.commerce.reasons],
        "products": products, "categories": list(link.categories), "items": items,
        "kinds": [{"zh": zh, "en": en} for zh, en in link.kinds],
    }  # fmt: skip


def warnings(at: int, topics: Sequence[Plain], linker: Linker) -> list[Plain]:
    """Seasons that people buy for now or soon, with the topics that speak of them."""
    today = date(1970, 1, 1) + timedelta(days=at // DAY)
    found = []
    for each in coming(today):
        ahead = each.days_ahead(today)
        if ahead > SEASON_DAYS:
            continue
        season = each.season
        heard = [one["title"] for one in topics
                 if any(word in one["title"].lower() for word in season.words)]  # fmt: skip
        snapshot = linker.snapshot
        rows = linker.season(season.needs)
        found.append({
            "key": season.key, "zh": season.zh, "en": season.en, "day": each.day.isoformat(),
            "begins": each.begins.isoformat(), "ends": each.ends.isoformat(),
            "days_ahead": ahead, "needs": list(season.needs),
            "needs_en": linker.english(season.needs), "topics": heard,
            "items": [] if snapshot is None else [
                {"id": snapshot.ids[row], "title": snapshot.titles[row],
                 "title_en": snapshot.titles_en[row], "strength": strength}
                for row, strength in rows
            ],
        })  # fmt: skip
    return found


def _history(topics: Topics, row: int) -> list[Plain]:
    """Heat and position of the topic over the last days, oldest first."""
    own = np.flatnonzero(
        (topics.topic == topics.topic[row]) & (topics.hour > topics.hour[row] - HISTORY_HOURS)
    )
    return [
        {
            "hour": show(int(topics.hour[k])),
            "heat": float(topics.heat[k]),
            "pos": int(topics.pos[k]),
        }
        for k in own
    ]
