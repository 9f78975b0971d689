"""The list as a whole: thresholds, neighbours, churn now, and what it did at this hour before."""

from __future__ import annotations

import warnings

import numpy as np

from .index import Index
from .labels import topped
from .types import DAY, TOP, Bools, Floats, Topics

RANKS = (0, 2, 9, 24, 44)
AROUND = 3
"""Neighbours up and down whose ways are looked at."""


def grid(topics: Topics, values: Floats) -> Floats:
    """(h, w) values by hour and rank, nan where the list is shorter."""
    first = np.searchsorted(topics.hour, topics.hours)
    rank = np.arange(len(topics)) - first[topics.at]
    found = np.full((len(topics.hours), int(rank.max(initial=0)) + 1), np.nan)
    found[topics.at, rank] = values
    return found


def thresholds(topics: Topics, heat: Floats) -> dict[str, Floats]:
    """Own log heat over that of some ranks and of the neighbours."""
    table = grid(topics, heat)
    first = np.searchsorted(topics.hour, topics.hours)
    rank = np.arange(len(topics)) - first[topics.at]
    found = {}
    for wanted in RANKS:
        found[f"over_{wanted}"] = heat - table[topics.at, min(wanted, table.shape[1] - 1)]
    up, down = np.maximum(rank - 1, 0), np.minimum(rank + 1, table.shape[1] - 1)
    found["to_above"] = heat - table[topics.at, up]
    found["to_below"] = heat - table[topics.at, down]
    return found


def around(topics: Topics, values: Floats) -> Floats:
    """(n,) mean of values over the neighbours in the list, itself left out."""
    table = grid(topics, values)
    pad = np.pad(table, ((0, 0), (AROUND, AROUND)), constant_values=np.nan)
    width = table.shape[1]
    parts = [pad[:, k : k + width] for k in range(2 * AROUND + 1) if k != AROUND]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of none is nan
        mean = np.nanmean(np.stack(parts), axis=0)
    first = np.searchsorted(topics.hour, topics.hours)
    rank = np.arange(len(topics)) - first[topics.at]
    return np.asarray(mean[topics.at, rank])


def churn(index: Index, heat: Floats, age: Floats) -> dict[str, Floats]:
    """Of the list now: how many are new, how many of hours ago are left, how their heat moved."""
    topics = index.topics
    found = {"list_new": by_hour(topics, age == 0), "list_age": by_hour(topics, np.log1p(age))}
    found["list_heat"] = by_hour(topics, heat)
    for lag in (1, 3, 6):
        stayed, moved = outcome(index, heat, lag)
        found[f"left_{lag}"] = _ago(topics, stayed, lag)
        found[f"drift_{lag}"] = _ago(topics, moved, lag)
    return {name: values[topics.at] for name, values in found.items()}


def habits(index: Index, heat: Floats) -> dict[str, Floats]:
    """What lists of the same hour of earlier days came to, as far as is known by now."""
    topics = index.topics
    found = {}
    for ahead in (6, DAY):
        stayed, moved = outcome(index, heat, ahead)
        risen = rising(index, ahead) if ahead == 6 else None
        for name, values in (("stay", stayed), ("move", moved), ("rise", risen)):
            if values is None:
                continue
            days = np.stack([_ago(topics, values, DAY * day) for day in range(1, 8)])
            found[f"{name}_{ahead}_day"] = days[0]
            found[f"{name}_{ahead}_week"] = days[6]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                found[f"{name}_{ahead}_mean"] = np.nanmean(days, axis=0)
    return {name: values[topics.at] for name, values in found.items()}


def outcome(index: Index, heat: Floats, ahead: int) -> tuple[Floats, Floats]:
    """(h,) of each list: the share still listed `ahead` hours later, and their mean log change."""
    topics = index.topics
    row = index.rows(topics.hour + ahead)
    stays, real = row >= 0, topics.heat > 0
    known = index.known(topics.hours + ahead)
    share = np.where(known, by_hour(topics, stays), np.nan)
    change = np.where(stays & real, heat[np.maximum(row, 0)] - heat, 0.0)
    both = by_hour(topics, stays & real)
    return share, np.where(
        known & (both > 0), by_hour(topics, change) / np.maximum(both, 1e-9), np.nan
    )


def rising(index: Index, ahead: int) -> Floats:
    """(h,) share of each list below the top ten that was in it within the hours ahead."""
    topics = index.topics
    up = topped(index, ahead).listed
    below = topics.pos >= TOP
    share = by_hour(topics, up & below) / np.maximum(by_hour(topics, below), 1e-9)
    return np.where(index.known(topics.hours + ahead), share, np.nan)


def by_hour(topics: Topics, values: Floats | Bools) -> Floats:
    """(h,) mean of the values over each list."""
    size = np.bincount(topics.at, minlength=len(topics.hours))
    return np.asarray(np.bincount(topics.at, values, len(topics.hours)) / size)


def _ago(topics: Topics, values: Floats, hours: int) -> Floats:
    """(h,) each list's value of so many hours before; nan where there is no such list."""
    wanted = topics.hours - hours
    at = np.minimum(np.searchsorted(topics.hours, wanted), len(wanted) - 1)
    return np.where(topics.hours[at] == wanted, values[at], np.nan)


def crowd(topics: Topics) -> Floats:
    """(n,) how many of the list now share the category."""
    codes = np.unique(topics.category, return_inverse=True)[1]
    both = topics.at * (int(codes.max(initial=0)) + 1) + codes
    _, inverse, size = np.unique(both, return_inverse=True, return_counts=True)
    return np.asarray(size[inverse], np.float64)
