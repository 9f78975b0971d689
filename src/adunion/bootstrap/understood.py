"""What each part of understanding adds to a market: the same people, with the part and without.

A market learns from a history with every part on. Then several arms meet the same people by the
same luck: one decides as it learned to, and one for each part without it, its predictions trained
anew on the same history as if the part's features had never been. Figures are the simulator's truth
(expected sales, clicks and experience of what was seen), so that only what is shown differs. A
change is a ratio of sums over shoppers, each compared with itself; its interval is by the spread
between shoppers (delta method), who are independent but for what the arm learned of all.

It is simulation: it says whether a part helps people whose wishes are made by `simulation/world`,
not how much it helps others. Another part registers how it is switched off:
`@PARTS.register("dense")`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.decision.settings import DecisionSettings
from adunion.kernel.clock import micros
from adunion.kernel.config import Settings
from adunion.kernel.registry import Registry
from adunion.prediction import FEATURES, train
from adunion.simulation.run import Progress, Run
from adunion.simulation.scenario import Scenario, parse
from adunion.simulation.sides import Side

from .brain import SCENE
from .market import Market
from .records import open_records
from .simulator import open_run, own_home, world_of

Off = Callable[[DecisionSettings], DecisionSettings]
Table = npt.NDArray[np.float64]
PARTS: Registry[Off] = Registry("understanding_part")
FIGURES = ("gmv", "clicks", "experience")
_PEOPLE = FEATURES[FEATURES.index("known") : FEATURES.index(SCENE)]


@dataclass(frozen=True)
class Size:
    """Of the markets that the parts are tried in."""

    items: int = 3_000
    shoppers: int = 1_200
    requests: int = 10_000  # a day
    history_days: int = 8
    days: int = 3


QUICK = Size(items=1_500, shoppers=800, requests=4_000, history_days=4, days=2)


def without(*retrievals: str, features: Sequence[str] = ()) -> Off:
    """Switches retrievals and features off by name."""

    def off(rules: DecisionSettings) -> DecisionSettings:
        return replace(
            rules,
            retrievals_off=(*rules.retrievals_off, *retrievals),
            features_off=(*rules.features_off, *features),
        )

    return off


PARTS.register("needs")(without("needs"))
PARTS.register("cart")(without("cart"))
PARTS.register("context")(lambda rules: replace(rules, reads_pages=False))
PARTS.register("taste")(without("taste", features=("like",)))
PARTS.register("scene")(without(features=(SCENE,)))
PARTS.register("profile")(without("taste", features=_PEOPLE))


def bench(
    settings: Settings, parts: Sequence[str], seeds: Sequence[int], size: Size, told: Progress
) -> list[dict[str, Any]]:
    """For each part the change it makes against the market without it; one row a part."""
    scenario = parse(
        {
            "name": "understanding",
            "history_days": size.history_days,
            "days": size.days,
            "drain_hours": 0,
            "retrievals_off": [],
            "requests_per_day": size.requests,
            "world": {"items": size.items, "merchants": 40, "shoppers": size.shoppers},
            "mix": {"search": 0.3, "feed": 0.2, "cart": 0.2, "page": 0.2, "live": 0.1},
        }
    )
    tables: dict[str, list[tuple[Table, Table]]] = {part: [] for part in parts}
    for number, seed in enumerate(seeds):
        title = f"market {number + 1} of {len(seeds)}: "

        def said(what: str, done: int, of: int, title: str = title) -> None:
            told(title + what, done, of)

        for part, pair in _market(settings, scenario, seed, parts, said).items():
            tables[part].append(pair)
    return [
        {"part": part, "seeds": list(seeds), **vars(size), **_changes(tables[part])}
        for part in parts
    ]


def _market(
    settings: Settings, scenario: Scenario, seed: int, parts: Sequence[str], told: Progress
) -> dict[str, tuple[Table, Table]]:
    """By part, what each shopper saw with it and without it."""
    world = world_of(scenario, seed, told)
    with open_records(settings) as server, own_home(settings, server) as (engine, home):
        run = open_run(engine, home, scenario, seed, world, told)
        try:
            run.history()
            sides = {part: _without(run, PARTS.get(part)) for part in parts}
            run.market.tick()
            ticks = run.ticks(run.started, run.ended)
            for number, at in enumerate(ticks):
                for side in (run.treated, *sides.values()):
                    side.arm.tick()
                run.tick(at, [run.treated, *sides.values()], count=True)
                told("every part and one less", number + 1, len(ticks))
            mine = run.treated.tally.by_shopper
            return {part: (mine, side.tally.by_shopper) for part, side in sides.items()}
        finally:
            run.market.close()


def _without(run: Run, off: Off) -> Side:
    """An arm without a part; its models are trained without the part's features."""
    market = run.market
    assert isinstance(market, Market)
    arm = market.control()
    rules = off(arm.brain.engine.settings)
    arm.brain.engine.settings = rules
    if rules.features_off:
        log = market.brain.training_log().without(rules.features_off)
        arm.brain.use(train(log, micros(market.clock.now())))
    return run.beside(arm)


def _changes(pairs: Sequence[tuple[Table, Table]]) -> dict[str, dict[str, float]]:
    """Relative change of each figure, with its 95 % interval, over the shoppers of all markets."""
    mine, other = (np.concatenate(tables) for tables in zip(*pairs, strict=True))
    found = {
        "gmv": _change(mine[:, 0], other[:, 0]),
        "clicks": _change(mine[:, 1], other[:, 1]),
    }
    per_seen = mine[:, 2].sum() / mine[:, 3].sum(), other[:, 2].sum() / other[:, 3].sum()
    # experience is of an impression: what is over its mean in one arm, less in the other
    over = mine[:, 2] - per_seen[0] * mine[:, 3], other[:, 2] - per_seen[1] * other[:, 3]
    terms = over[0] / mine[:, 3].sum() / per_seen[1] - over[1] / other[:, 3].sum() / per_seen[1]
    change = per_seen[0] / per_seen[1] - 1
    return found | {"experience": _within(change, float(np.sqrt((terms**2).sum())))}


def _change(mine: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> dict[str, float]:
    ratio = mine.sum() / other.sum()
    spread = np.sqrt(((mine - ratio * other) ** 2).sum()) / other.sum()
    return _within(float(ratio - 1), float(spread))


def _within(change: float, spread: float) -> dict[str, float]:
    low, high = change - 1.96 * spread, change + 1.96 * spread
    return {"change": round(change, 5), "low": round(low, 5), "high": round(high, 5)}
