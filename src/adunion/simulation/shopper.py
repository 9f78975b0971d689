"""How shoppers answer what they are shown: look, click, put in the cart, order, send back.

A shopper looks down a list as far as one draw says (P(seen) = the slot's exposure), clicks by a
logistic model of relevance, taste, item, price, brand and season, and orders by another one. All
draws hang on (seed, request, item), see `chance`; position acts through `seen` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from adunion.kernel.errors import invalid

from .response_kernel import HOUR_US, NEVER, Answers, Asked, Effects, Facts, answer
from .world.tastes import part_of_week
from .world.types import F32, I32, I64, Orders, Response, Traffic, World


@dataclass
class Memory:
    """When each shopper last bought from each leaf; one per arm, changed by `respond`.

    It makes a bought thing uninteresting until it is needed again, so that an order won by an
    advertisement today may be one lost tomorrow.
    """

    bought_hour: I32  # (U, L) hours since the epoch, NEVER where not

    @classmethod
    def start(cls, world: World, at_us: int) -> Memory:
        """What shoppers remember at a time, before anything was sold: their repeat purchases."""
        truth = world.truth
        bought = np.full((len(world.view.shoppers), len(truth.leaf_popularity)), NEVER, np.int32)
        rows, turns = np.nonzero(truth.need_leaf >= 0)
        leaf = truth.need_leaf[rows, turns]
        cycle = truth.leaf_cycle_days[leaf]
        days = (truth.need_phase_days[rows, turns] + at_us / (24 * HOUR_US)) % cycle
        bought[rows, leaf] = (at_us // HOUR_US - days * 24).astype(np.int32)
        return cls(bought)


def respond(
    world: World,
    seed: int,
    traffic: Traffic,
    item: I32,
    exposures: F32 | None = None,
    memory: Memory | None = None,
    price_minor: I64 | None = None,
    conversion: float = 1.0,
    returns: float = 1.0,
    delay: float = 1.0,
) -> Response:
    """What shoppers do with the items shown.

    Args:
        world: the world the rows belong to.
        seed: of the shoppers' behaviour; the same in every arm that is compared.
        traffic: n requests in time order.
        item: world rows shown, (n, K), -1 empty. A link visit shows its linked item in slot 0,
            which is filled in where it is -1, and is seen and clicked for certain.
        exposures: P(seen) by slot, (n, K); absent: those of each request's placement.
        memory: what was bought before; changed in place. Absent: nobody remembers.
        price_minor: present prices of all items; absent: the world's. Dearer sells less.
        conversion: factor on the order rate of a click.
        returns: factor on the share of orders sent back.
        delay: factor on the time from click to order.

    Raises:
        AdUnionError: arrays of the wrong shape or a row that is not an item.
    """
    shown = np.ascontiguousarray(item, np.int32).copy()
    _check(world, traffic, shown)
    visits = np.flatnonzero(traffic.link >= 0)
    linked = traffic.context_items[traffic.context_offsets[visits]]
    shown[visits, 0] = np.where(shown[visits, 0] >= 0, shown[visits, 0], linked)
    seen_share = _exposures(world, traffic, shown.shape[1]) if exposures is None else exposures
    out = _blank(shown.shape)
    bought = np.zeros((1, 0), np.int32) if memory is None else memory.bought_hour
    prices = world.view.items.price_minor if price_minor is None else price_minor
    lines = answer(
        seed,
        facts(world, prices),
        asked(traffic, world.truth.utc_offset_hours),
        Effects(conversion, returns, delay),
        shown,
        np.ascontiguousarray(seen_share, np.float32),
        bought,
        out,
    )
    return Response(*out, orders=_orders(traffic, shown, lines))


def facts(world: World, price_minor: I64) -> Facts:
    """The world's columns as the kernel takes them, at present prices."""
    items, leaves = world.view.items, world.view.leaves
    own: dict[str, Any] = {
        "leaf": items.leaf,
        "brand": items.brand,
        "list_price": items.price_minor,
        "price": np.ascontiguousarray(price_minor, np.int64),
        "leaf_top": leaves.top,
    }
    return Facts(**own, **{n: getattr(world.truth, n) for n in Facts._fields if n not in own})


def asked(traffic: Traffic, utc_offset_hours: int) -> Asked:
    """The traffic's columns as the kernel takes them."""
    local = traffic.at_us + utc_offset_hours * HOUR_US
    month = local.astype("M8[us]").astype("M8[M]").astype(np.int64) % 12
    hour = (local // HOUR_US + 72) % 168  # the epoch was a Thursday
    own: dict[str, Any] = {"month": month.astype(np.int8), "part": part_of_week()[hour]}
    return Asked(**own, **{n: getattr(traffic, n) for n in Asked._fields if n not in own})


def _blank(shape: tuple[int, int]) -> Answers:
    return Answers(
        seen=np.zeros(shape, np.bool_),
        clicked=np.zeros(shape, np.bool_),
        carted=np.zeros(shape, np.bool_),
        pctr=np.zeros(shape, np.float32),
        pcvr=np.zeros(shape, np.float32),
        expected_gmv=np.zeros(shape),
        expected_net=np.zeros(shape),
    )


def _check(world: World, traffic: Traffic, item: I32) -> None:
    if item.ndim != 2 or len(item) != len(traffic):
        raise invalid("item", f"Items of shape {item.shape} do not fit {len(traffic)} requests.")
    if item.size and not (item.min() >= -1 and item.max() < len(world.view.items)):
        raise invalid("item", "A row is not one of the world's items.")


def _exposures(world: World, traffic: Traffic, slots: int) -> F32:
    """Of each request's placement; a link visit looks at one item for certain."""
    known = world.view.placements.exposures
    curve = np.zeros((len(known) + 1, slots), np.float32)
    curve[:-1, : known.shape[1]] = known[:, :slots]
    curve[-1, 0] = 1.0
    return curve[traffic.placement]


def _orders(traffic: Traffic, item: I32, lines: I64) -> Orders:
    row, slot = lines[:, 0], lines[:, 1]
    return Orders(
        row=row,
        slot=slot.astype(np.int16),
        item=item[row, slot],
        shopper=traffic.shopper[row],
        quantity=lines[:, 2].astype(np.int32),
        unit_price_minor=lines[:, 3],
        at_us=lines[:, 4],
        paid_us=lines[:, 5],
        received_us=lines[:, 6],
        refund_us=lines[:, 7],
        refund_minor=lines[:, 8],
    )
