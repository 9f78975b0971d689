"""Who asks what, when and where: the requests of a span of time.

A request's time, shopper, need and words are pure functions of (seed, start, row), so that two
arms of an experiment see the same people ask the same things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from adunion.kernel.errors import invalid

from .chance import keys
from .traffic_kernel import Asks, Crowd, Outlets, Words, ask
from .world.tastes import part_of_week
from .world.types import (
    F64,
    I64,
    KINDS,
    LINK,
    LIVE,
    LOCALES,
    PAGE,
    Links,
    Traffic,
    World,
)

HOUR_US = 3_600_000_000
CONTEXT_MAX = 3
"""Items of a cart, at most."""


def volume(start_us: int, span_us: int, hourly: Sequence[float], weekly: Sequence[float]) -> float:
    """Traffic of a span in average days: multiply by requests a day. Hours and days are UTC."""
    edges, weight = _bins(start_us, span_us, hourly, weekly)
    mean = float(np.mean(hourly)) * float(np.mean(weekly))
    return float((np.diff(edges) * weight).sum()) / (24 * HOUR_US * mean)


def traffic(
    world: World,
    seed: int,
    start_us: int,
    span_us: int,
    count: int,
    mix: Mapping[str, float],
    links: Links | None = None,
    hourly: Sequence[float] | None = None,
    weekly: Sequence[float] | None = None,
) -> Traffic:
    """`count` requests from `start_us`, in time order.

    Args:
        world: whose shoppers ask.
        seed: of the traffic.
        start_us: micros since the epoch.
        span_us: length of the span; times follow the rhythm within it.
        count: how many.
        mix: kind of request (`KINDS`) -> relative share; "link" needs `links`.
        links: publishers' links that are followed.
        hourly: weights of the 24 hours, UTC; absent: the world's own.
        weekly: weights of the days, Monday first, UTC; absent: the world's own.

    Raises:
        AdUnionError: an unknown kind, no share above 0, or a kind that has nowhere to happen.
    """
    truth = world.truth
    if hourly is None:
        hourly = np.roll(truth.hour_weight, -truth.utc_offset_hours).tolist()
    at_us = _times(start_us, span_us, count, hourly, weekly or truth.weekday_weight.tolist())
    key = keys(seed, start_us, count)
    followed = links or Links(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    outlets = _outlets(world, _shares(world, mix, followed), followed)
    out = _blank(count)
    ask(key, at_us, _crowd(world, at_us), _words(world), outlets, out)
    held = out.context >= 0
    shoppers = world.view.shoppers
    return Traffic(
        key=key,
        at_us=at_us,
        shopper=out.shopper,
        kind=out.kind,
        placement=out.placement,
        publisher=out.publisher,
        link=out.link,
        query=out.query,
        context_offsets=np.concatenate([[0], np.cumsum(held.sum(1))]).astype(np.int64),
        context_items=out.context[held],
        locale=shoppers.locale[out.shopper],
        consent=shoppers.consent[out.shopper],
    )


def _blank(count: int) -> Asks:
    return Asks(
        shopper=np.full(count, -1, np.int32),
        kind=np.full(count, -1, np.int8),
        placement=np.full(count, -1, np.int16),
        publisher=np.full(count, -1, np.int32),
        link=np.full(count, -1, np.int32),
        query=np.full(count, -1, np.int32),
        context=np.full((count, CONTEXT_MAX), -1, np.int32),
    )


def _bins(
    start_us: int, span_us: int, hourly: Sequence[float], weekly: Sequence[float]
) -> tuple[I64, F64]:
    """Edges of the hours of a span, (b + 1,), and their weights, (b,)."""
    hours = np.arange(start_us // HOUR_US + 1, (start_us + span_us - 1) // HOUR_US + 1)
    edges = np.concatenate([[start_us], hours * HOUR_US, [start_us + span_us]]).astype(np.int64)
    hour = edges[:-1] // HOUR_US
    weekday = (hour // 24 + 3) % 7  # the epoch was a Thursday
    return edges, np.asarray(hourly, np.float64)[hour % 24] * np.asarray(weekly)[weekday]


def _times(
    start_us: int, span_us: int, count: int, hourly: Sequence[float], weekly: Sequence[float]
) -> I64:
    """Evenly spread by the rhythm: the span's quantiles."""
    edges, weight = _bins(start_us, span_us, hourly, weekly)
    mass = np.concatenate([[0.0], np.cumsum(np.diff(edges) * np.maximum(weight, 1e-9))])
    points = (np.arange(count) + 0.5) / max(count, 1) * mass[-1]
    at_us: I64 = np.interp(points, mass, edges.astype(np.float64)).astype(np.int64)
    return at_us


def _shares(world: World, mix: Mapping[str, float], links: Links) -> F64:
    unknown = sorted(set(mix) - set(KINDS))
    if unknown:
        raise invalid("mix", f"No kind of request named {unknown}.", f"Choose from {KINDS}.")
    share = np.array([float(mix.get(kind, 0.0)) for kind in KINDS])
    if share.min() < 0 or share.sum() <= 0:
        raise invalid("mix", "Shares must not be negative, and one must be above 0.")
    for row, kind in enumerate(KINDS):
        possible = len(links.item) > 0 if row == LINK else kind in world.view.placements.kind
        if share[row] > 0 and not possible:
            raise invalid("mix", f"There is no {kind} in this world to send requests to.")
    running: F64 = np.cumsum(share) / share.sum()
    return running


def _crowd(world: World, at_us: I64) -> Crowd:
    truth = world.truth
    month = np.unique((at_us.astype("M8[us]").astype("M8[M]").astype(np.int64)) % 12)
    season = truth.leaf_month[:, month].mean(1) if len(month) else truth.leaf_month[:, 0]
    wanted = (truth.leaf_popularity * season)[:, None] * truth.leaf_scene
    leaf_order, top_offsets = _grouped(world.view.leaves.top, len(world.view.leaves.top_names))
    item_order, leaf_offsets = _grouped(world.view.items.leaf, len(world.view.leaves.path))
    return Crowd(
        offset_hours=truth.utc_offset_hours,
        activity=np.cumsum(truth.shopper_activity, dtype=np.float64),
        peak_hour=truth.shopper_peak_hour,
        affinity=truth.shopper_affinity,
        need_leaf=truth.need_leaf,
        need_phase_days=truth.need_phase_days,
        cycle_days=truth.leaf_cycle_days,
        locale=world.view.shoppers.locale,
        leaf_order=leaf_order,
        top_offsets=top_offsets,
        leaf_mass=np.cumsum(wanted.T[:, leaf_order], axis=1, dtype=np.float64),
        part_of_week=part_of_week(),
        item_order=item_order,
        leaf_offsets=leaf_offsets,
        item_mass=np.cumsum(truth.item_popularity[item_order], dtype=np.float64),
        item_leaf=world.view.items.leaf,
        complement=truth.leaf_complement,
    )


def _words(world: World) -> Words:
    """Texts by (kind, locale, leaf), with running sums of their popularity."""
    queries, truth = world.view.queries, world.truth
    leaves = len(world.view.leaves.path)
    cell = (queries.kind.astype(np.int64) * len(LOCALES) + queries.locale) * leaves
    order, offsets = _grouped(cell + truth.query_leaf, len(KINDS) * len(LOCALES) * leaves)
    return Words(order, offsets, np.cumsum(truth.query_weight[order], dtype=np.float64))


def _outlets(world: World, share: F64, links: Links) -> Outlets:
    places, reach = world.view.placements, world.truth.publisher_reach
    kind = np.array([KINDS.index(each) for each in places.kind])
    mass = np.zeros((len(KINDS), len(kind)))
    for row in (PAGE, LIVE):
        owned = (
            np.where(kind == row, reach[np.maximum(places.publisher, 0)], 0) if len(reach) else 0
        )
        mass[row] = np.cumsum(owned)
    first = np.array([np.argmax(kind == row) for row in range(len(KINDS))], np.int64)
    return Outlets(
        share=share,
        first_placement=first,
        placement_mass=mass,
        placement_publisher=places.publisher,
        audience=np.cumsum(world.view.publishers.audience, 1, dtype=np.float64),
        link_publisher=links.publisher,
        link_item=links.item,
        link_mass=np.cumsum(links.weight, dtype=np.float64),
        leaf_top=world.view.leaves.top,
    )


def _grouped(
    group: np.ndarray[tuple[int], np.dtype[np.signedinteger]], size: int
) -> tuple[I64, I64]:
    """Rows sorted by group, and where each group starts; of 16 bits numpy sorts by radix."""
    order = np.argsort(group.astype(np.uint16) if size <= 1 << 16 else group, kind="stable")
    return order, np.searchsorted(group[order], np.arange(size + 1))
