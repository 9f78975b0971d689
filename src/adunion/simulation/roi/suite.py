"""Runs the family: every market, bidder and seed, in as many processes as asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from typing import Any

from adunion.decision.bidding import bidder
from adunion.kernel.errors import invalid

from .course import course
from .family import MARKETS, QUICK, Market
from .measure import PlanFigures, figures, plans
from .world import build

Report = Callable[[str, int, int], None]
Task = tuple[str, str, int, bool]  # market, bidder, seed, quick


@dataclass(frozen=True)
class Run:
    """One market with one bidder."""

    market: str
    bidder: str
    seed: int
    plans: list[PlanFigures]


def _quiet(_what: str, _done: int, _total: int) -> None:
    """Tells nobody."""


def run(
    markets: Sequence[str],
    bidders: Sequence[str],
    seeds: Sequence[int],
    jobs: int = 1,
    report: Report = _quiet,
    quick: bool = False,
) -> list[Run]:
    """One run a (market, bidder, seed), in that order; `quick` has a fifth of the traffic.

    Raises:
        AdUnionError: a market or bidder that does not exist; HiGHS is not installed.
    """
    for kind, known, asked in (
        ("market", list(QUICK if quick else MARKETS), markets),
        ("bidder", bidder.names(), bidders),
    ):
        for name in asked:
            if name not in known:
                raise invalid(kind, f"No {kind} named {name!r}.", f"Choose from {known}.")
    tasks = [(at, name, seed, quick) for at in markets for name in bidders for seed in seeds]
    found: dict[Task, Run] = {}
    report("markets", 0, len(tasks))
    for task, done in _each(tasks, jobs):
        found[task] = done
        report("markets", len(found), len(tasks))
    return [found[task] for task in tasks]


def one(market: str, name: str, seed: int, quick: bool = False) -> Run:
    """One run of one market."""
    family = QUICK if quick else MARKETS
    return Run(market, name, seed, plans(course(build(family[market], seed), name)))


def summary(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """A row a market and bidder, its seeds taken together."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for each in runs:
        groups.setdefault((each.market, each.bidder), []).append(each)
    return [
        {
            "market": market,
            "bidder": name,
            "seeds": [each.seed for each in group],
            **figures([plan for each in group for plan in each.plans]),
        }
        for (market, name), group in groups.items()
    ]


def bars(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """A row a bidder: the figures that are promised, over all its markets, and the least value."""
    rows = []
    for name in dict.fromkeys(each.bidder for each in runs):
        mine = [each for each in runs if each.bidder == name]
        whole = figures([plan for each in mine for plan in each.plans])
        value: dict[str, list[float]] = {"calm": [], "shocks": [], "capped": []}
        for row in summary(mine):
            if row["value_of_best"] is not None:
                value[_kind(MARKETS[row["market"]])].append(row["value_of_best"])
        rows.append(
            {
                "bidder": name,
                "plans_many": whole["plans_many"],
                "realised_90": whole["realised_90"],
                "expected_95": whole["expected_95"],
                **{f"value_{kind}": min(found, default=None) for kind, found in value.items()},
                "compensation": whole["compensation"],
            }
        )
    return rows


def _kind(market: Market) -> str:
    return "capped" if market.capped else "calm" if market.calm else "shocks"


def as_json(runs: Sequence[Run]) -> dict[str, Any]:
    """All of it."""
    return {"bars": bars(runs), "markets": summary(runs), "runs": [asdict(each) for each in runs]}


def _each(tasks: list[Task], jobs: int) -> Iterator[tuple[Task, Run]]:
    if jobs <= 1:
        for task in tasks:
            yield task, one(*task)
        return
    with ProcessPoolExecutor(jobs) as pool:
        waiting = {pool.submit(one, *task): task for task in tasks}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
