"""What each part of understanding adds to a market: the same people, with the part and without.

A market learns from a history with every part on. Then two arms meet the same people by the same
luck: one decides as it learned to, the other without the part. Figures are the simulator's truth
(expected sales and experience of what was seen), so that only what is shown differs; the interval
is Student's over seeds. It is simulation: it says whether a part helps people whose wishes are made
by `simulation/world`, not how much it helps others.

Another part registers how it is switched off: `@PARTS.register("dense")`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import sqrt
from typing import Any

from adunion.decision.engine import DecisionSettings
from adunion.kernel.config import Settings
from adunion.kernel.registry import Registry
from adunion.simulation.run import Progress
from adunion.simulation.scenario import Scenario, parse
from adunion.simulation.tally import ArmTally

from .market import Market
from .records import open_records
from .simulator import open_run, own_home, world_of

Off = Callable[[DecisionSettings], DecisionSettings]
PARTS: Registry[Off] = Registry("understanding_part")
FIGURES = ("gmv", "clicks", "experience")
_T_95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)  # by degrees of freedom
_SMALL: dict[str, Any] = {
    "name": "understanding",
    "history_days": 3,
    "days": 2,
    "drain_hours": 0,
    "retrievals_off": [],
    "world": {"items": 2_000, "merchants": 40, "shoppers": 4_000},
    "mix": {"search": 0.3, "feed": 0.2, "cart": 0.2, "page": 0.2, "live": 0.1},
}


def without(*names: str) -> Off:
    """Switches retrievals off by name."""

    def off(rules: DecisionSettings) -> DecisionSettings:
        return replace(rules, retrievals_off=(*rules.retrievals_off, *names))

    return off


PARTS.register("needs")(without("needs"))
PARTS.register("cart")(without("cart"))


def bench(
    settings: Settings, parts: Sequence[str], seeds: Sequence[int], requests: int, told: Progress
) -> list[dict[str, Any]]:
    """For each part the change it makes against the market without it; one row a part."""
    scenario = parse({**_SMALL, "requests_per_day": requests, "control": True})
    out = []
    for part in parts:
        changes: dict[str, list[float]] = {name: [] for name in FIGURES}
        for number, seed in enumerate(seeds):
            on, off = _arms(settings, scenario, seed, PARTS.get(part))
            for name in FIGURES:
                changes[name].append(_figure(on, name) / _figure(off, name) - 1)
            told(part, number + 1, len(seeds))
        row: dict[str, Any] = {"part": part, "seeds": list(seeds), "requests_per_day": requests}
        out.append(row | {name: _interval(found) for name, found in changes.items()})
    return out


def _arms(settings: Settings, scenario: Scenario, seed: int, off: Off) -> tuple[ArmTally, ArmTally]:
    """The tallies with a part and without it."""
    world = world_of(scenario, seed, lambda *_: None)
    with open_records(settings) as server, own_home(settings, server) as (engine, home):
        run = open_run(engine, home, scenario, seed, world, lambda *_: None)
        try:
            assert isinstance(run.market, Market)
            run.market.control_rules = off(run.market.brain.engine.settings)
            run.history()
            run.live()
            assert run.control is not None
            return run.treated.tally, run.control.tally
        finally:
            run.market.close()


def _figure(tally: ArmTally, name: str) -> float:
    seen = max(tally.impressions, 1)
    return {
        "gmv": tally.expected_gmv,
        "clicks": float(tally.clicks),
        "experience": tally.experience_sum / seen,
    }[name]


def _interval(changes: Sequence[float]) -> dict[str, float | None]:
    """Mean relative change over seeds and its 95 % interval; None with one seed."""
    count = len(changes)
    mean = sum(changes) / count
    if count < 2:
        return {"change": round(mean, 5), "low": None, "high": None}
    spread = sqrt(sum((each - mean) ** 2 for each in changes) / (count - 1) / count)
    reach = spread * _T_95[min(count - 2, len(_T_95) - 1)]
    return {"change": round(mean, 5), "low": round(mean - reach, 5), "high": round(mean + reach, 5)}
