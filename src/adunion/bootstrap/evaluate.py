"""Judge another policy by the market's own log of decisions and what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.decision.auction.pricing import EXPOSURE_ONE
from adunion.decision.evaluation import Policy, estimates, rerank
from adunion.decision.evaluation.estimators import Estimate, effective_rows, mean
from adunion.decision.evaluation.policies import Reranked
from adunion.decision.log import DecisionLog, LoggedDecisions
from adunion.engines.eventlog import EventLog
from adunion.kernel.errors import AdUnionError
from adunion.prediction import shown_keys
from adunion.tracking import EVENT_SCHEMA, EventBatch, EventType, concat
from adunion.tracking.arrow import from_arrow

from .notes import last_click, pair_keys

WEIGHT_MAX = 100.0
"""DR stands on the models alone where a weight is larger: what was shown then says too little of
one policy about the other (SWITCH, Wang, Agarwal and Dudik 2017)."""
_SAME = 2e-3  # of a weight beside 1: the log keeps the best candidates, not all that explored
METRICS = ("clicks", "orders", "gmv")
MATURE_HOURS = {"clicks": 1, "orders": 72, "gmv": 72}
"""Requests younger than this are left out: their orders have not all come."""
_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US

Floats = npt.NDArray[np.float64]


class Rewards(NamedTuple):
    """(r, K) what came of each slot shown: clicks, orders, GMV in minor units."""

    clicks: Floats
    orders: Floats
    gmv: Floats


def evaluate(home: Path, policy: Policy, days: int, level: float) -> dict[str, Any]:
    """Estimates per thousand requests of each metric, under a policy, by the log of `days`.

    Metrics whose orders have not had time to come are left out.

    Raises:
        AdUnionError: `no_decisions` where the log has none that are old enough.
    """
    log = DecisionLog(home / "decisions", 1).read()
    events = _events(home / "events") if log is not None else []
    if log is None or not events:
        raise AdUnionError(
            "no_decisions", f"{home} has no logged decisions.", 409,
            hint="Run adunion demo or serve a market first, or give --log.",
        )  # fmt: skip
    newest = max(int(log.at_us.max()), *(int(part.at_us.max()) for part in events))
    log = log.take(np.flatnonzero(log.at_us >= newest - days * _DAY_US))
    rewards = rewards_of(log, concat(events))
    found = rerank(log, policy)
    judged = [metric for metric in METRICS if _old(log, metric, newest).sum() > 1] or METRICS[:1]
    return {
        "requests": len(log),
        "supported": round(float(found.supported.mean()), 4),
        "changed": round(float(changes(found).any(axis=1).mean()), 4),
        "effective_rows": round(effective_rows(found.weight[changes(found)]), 1),
        "weight_mean": round(float(found.weight[found.row >= 0].mean()), 4),
        "weight_max": round(float(found.weight.max(initial=0.0)), 1),
        "metrics": {metric: judge(log, found, rewards, metric, newest, level) for metric in judged},
        "experience": _experience(log, found),
    }


def changes(found: Reranked) -> npt.NDArray[np.bool_]:
    """(r, K) the slots that a policy would fill with something else, or by another chance."""
    return np.asarray((np.abs(found.weight - 1) > _SAME) & (found.row >= 0))


def judge(
    log: LoggedDecisions,
    found: Reranked,
    rewards: Rewards,
    metric: str,
    now_us: int,
    level: float = 0.95,
) -> dict[str, Any]:
    """What was earned, IPS, SNIPS and DR, and DR's difference to what was earned, of one metric.

    Per thousand requests, of those that are old enough for the metric.
    """
    old = _old(log, metric, now_us)
    if old.sum() < 2:
        raise AdUnionError(
            "no_decisions", f"No decision is {MATURE_HOURS[metric]} hours old yet.", 409,
            hint=f"Orders need time to come in before {metric} can be judged.",
        )  # fmt: skip
    earned = getattr(rewards, metric) * 1_000
    expected = _expected(log, metric) * 1_000
    theta = log.exposures / EXPOSURE_ONE
    owner = np.repeat(np.arange(len(log)), np.diff(log.offsets))
    direct = np.bincount(owner, (found.expected * theta[owner]).sum(axis=1) * expected, len(log))
    shown = np.where(found.row >= 0, np.append(expected, 0.0)[found.row], 0.0) * theta
    trusted = np.where(found.weight <= WEIGHT_MAX, found.weight, 0.0)
    terms = (
        (found.weight * earned).sum(axis=1), found.weight.sum(axis=1),
        direct + (trusted * (earned - shown)).sum(axis=1),
        (found.row >= 0).sum(axis=1).astype(np.float64),
    )  # fmt: skip
    weighted, weight, doubly, rows = (term[old] for term in terms)
    logged = earned.sum(axis=1)[old]
    change = mean("change", doubly - logged, level)
    return {
        "requests": int(old.sum()),
        "changed": int(changes(found)[old].any(axis=1).sum()),
        "events": int((getattr(rewards, metric)[old] > 0).sum()),
        "logged": float(logged.mean()),
        **{each.name: _plain(each) for each in estimates(weighted, weight, doubly, rows, level)},
        "change": _plain(change),
    }


def _old(log: LoggedDecisions, metric: str, now_us: int) -> npt.NDArray[np.bool_]:
    """The requests that are old enough for a metric."""
    return log.at_us <= now_us - MATURE_HOURS[metric] * _HOUR_US


def rewards_of(log: LoggedDecisions, events: EventBatch) -> Rewards:
    """What came of the shown slots: clicks, and orders by the last click on the item, 7 days."""
    clicks = events.take((events.type == EventType.CLICK) & (events.slot >= 0))
    orders = events.take(events.type == EventType.ORDER)
    key = shown_keys(clicks.request, clicks.slot)
    click = last_click(
        pair_keys(clicks.shopper, clicks.item), clicks.at_us,
        pair_keys(orders.shopper, orders.item), orders.at_us,
    )  # fmt: skip
    bought = click >= 0
    slots = log.exposures.shape[1]
    wanted = np.stack([shown_keys(log.request, np.full(len(log), k)) for k in range(slots)], 1)
    order_key = key[click[bought]]
    return Rewards(
        np.minimum(_summed(wanted, key, np.ones(len(key))), 1.0),
        _summed(wanted, order_key, np.ones(len(order_key))),
        _summed(wanted, order_key, orders.amount_minor[bought].astype(np.float64)),
    )


def _summed(wanted: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64], values: Floats) -> Floats:
    """Sums of values by key, where they are wanted; same shape."""
    flat = wanted.ravel()
    order = np.argsort(flat)
    at = np.minimum(np.searchsorted(flat[order], keys), len(flat) - 1)
    hit = flat[order][at] == keys
    sums: Floats = np.bincount(order[at[hit]], values[hit], len(flat)).astype(np.float64)
    return sums.reshape(wanted.shape)


def _expected(log: LoggedDecisions, metric: str) -> Floats:
    """(c,) what the models expect of a seen impression."""
    clicks = log.pctr.astype(np.float64)
    if metric == "clicks":
        return clicks
    orders = clicks * log.pcvr
    unit = np.repeat(log.unit, np.diff(log.offsets))
    return orders if metric == "orders" else orders * log.value / unit


def _experience(log: LoggedDecisions, found: Reranked) -> dict[str, float]:
    """Mean experience of what is seen, 1 for the best candidate there was: known, not estimated."""
    theta = log.exposures / EXPOSURE_ONE
    owner = np.repeat(np.arange(len(log)), np.diff(log.offsets))
    best = max(int(log.experience.max(initial=0)), 1)
    worth = np.append(log.experience, 0) / best
    seen = float(theta[found.row >= 0].sum())
    logged = float((np.where(found.row >= 0, worth[found.row], 0) * theta).sum())
    anew = float(((found.expected * theta[owner]).sum(axis=1) * worth[:-1]).sum())
    return {
        "logged": round(logged / max(seen, 1e-9), 4),
        "policy": round(anew / max(seen, 1e-9), 4),
    }


def _events(folder: Path) -> list[EventBatch]:
    """Clicks and orders of the event log, read beside whoever writes it."""
    if not folder.is_dir():
        return []
    log = EventLog(folder, EVENT_SCHEMA, read_only=True)
    try:
        batches = [from_arrow(batch) for _, batch in log.read(0)]
    finally:
        log.close()
    wanted = (EventType.CLICK, EventType.ORDER)
    kept = [batch.take(np.isin(batch.type, wanted)) for batch in batches]
    return [batch for batch in kept if len(batch)]


def _plain(found: Estimate) -> dict[str, float]:
    return {"value": found.value, "low": found.low, "high": found.high}
