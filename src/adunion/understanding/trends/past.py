"""What a topic has done so far: age, positions, heat and its slopes, returns, reads."""

from __future__ import annotations

import numpy as np

from .index import Index, latest, running_max, running_sum
from .types import TOP, Bools, Floats, Ints

LAGS = (1, 2, 3, 6, 12, 24)
RETURN = 24
"""A topic that was off the list for more hours than this begins a new spell."""


def spells(index: Index) -> Ints:
    """(n,) in the order of the index: which spell (unbroken stay) of all a row belongs to."""
    topics, order = index.topics, index.order
    topic, hour = topics.topic[order], topics.hour[order]
    fresh = (topic[1:] != topic[:-1]) | (hour[1:] - hour[:-1] > RETURN)
    return np.cumsum(np.append(0, fresh.astype(np.int64)))[: len(order)]


def past(index: Index) -> dict[str, Floats]:
    """Features of each row in the order of the index, by that topic's rows up to it."""
    topics, order = index.topics, index.order
    topic, hour, at = topics.topic[order], topics.hour[order], topics.at[order]
    pos = topics.pos[order].astype(np.float64)
    heat = np.log1p(topics.heat[order])
    spell = spells(index)
    one = np.ones(len(order))
    same = np.append(False, spell[1:] == spell[:-1])
    step = np.append(0, at[1:] - at[:-1])
    start = latest(spell, np.zeros(len(order), bool))
    peak = running_max(spell, heat)
    peaked = latest(spell, heat >= peak)
    found = {
        "pos": pos,
        "heat": heat,
        "paid": topics.paid[order].astype(np.float64),
        "ever_paid": running_max(topic, topics.paid[order].astype(np.float64)),
        "age": (hour - hour[start]).astype(np.float64),
        "listed": running_sum(spell, one),
        "missed": at - at[start] + 1 - running_sum(spell, one),
        "gap": np.where(same, step, np.nan).astype(np.float64),
        "run": np.arange(len(order)) - latest(spell, ~same | (step > 1)) + 1.0,
        "pinned": np.arange(len(order)) - latest(spell, np.append(True, pos[1:] != pos[:-1])) + 1.0,
        "best": -running_max(spell, -pos),
        "worst": running_max(spell, pos),
        "first_pos": pos[start],
        "to_first": heat - heat[start],
        "to_peak": heat - peak,
        "since_peak": (hour - hour[peaked]).astype(np.float64),
        "topped": running_max(topic, (pos < TOP).astype(np.float64)),
        "entries": running_sum(spell, (~same | (step > 1)).astype(np.float64)),
    }
    found |= _former(topic, hour, spell, start, running_max(topic, -pos))
    found |= _lags(index, heat, pos)
    found |= _counts(index, same, heat)
    return found


def _former(topic: Ints, hour: Ints, spell: Ints, start: Ints, best: Floats) -> dict[str, Floats]:
    """Of the same words' earlier spells: how many, how long ago, how long, how high."""
    again = (start > 0) & (topic[start] == topic[np.maximum(start - 1, 0)])
    last = np.maximum(start - 1, 0)
    began = start[last]
    first = latest(topic, np.zeros(len(topic), bool))
    return {
        "spells": (spell - spell[first]).astype(np.float64),
        "away": np.where(again, np.log1p(np.maximum(hour[start] - hour[last], 0)), np.nan),
        "former_life": np.where(again, hour[last] - hour[began] + 1.0, np.nan),
        "former_best": np.where(again, -best[last], np.nan),
    }


def _lags(index: Index, heat: Floats, pos: Floats) -> dict[str, Floats]:
    """How heat and position changed since earlier hours; nan where it was not listed then."""
    topics, order = index.topics, index.order
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    found = {}
    for lag in LAGS:
        row = index.rows(index.before(topics.hour - lag))[order]
        then = np.where(row >= 0, place[np.maximum(row, 0)], -1)
        found[f"heat_{lag}"] = np.where(then >= 0, heat - heat[then], np.nan)
        found[f"pos_{lag}"] = np.where(then >= 0, pos - pos[then], np.nan)
    found["bend"] = 2 * found["heat_1"] - found["heat_2"]
    return found


def _counts(index: Index, same: Bools, heat: Floats) -> dict[str, Floats]:
    """Reads, comments, authors and how fast they grow."""
    counts = np.log1p(index.topics.counts[index.order])
    before = np.vstack([np.full((1, 3), np.nan), counts[:-1]])
    grown = np.where(same[:, None], counts - before, np.nan)
    names = ("reads", "comments", "authors")
    found = {name: counts[:, k] for k, name in enumerate(names)}
    found |= {f"{name}_grown": grown[:, k] for k, name in enumerate(names)}
    found["comments_per_read"] = counts[:, 1] - counts[:, 0]
    found["heat_per_read"] = heat - counts[:, 0]
    return found
