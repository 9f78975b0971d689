"""Backtest of the forecast: plans launched in made markets, told before and had in the end.

A market lives through some days, with plans of its own. Then newcomers are booked, and each is
forecast by what the market knows: the plans that run and those that are booked. Arms with the same
people launch the newcomers at other settings: their difference is A against B. One arm more has
people of another luck, which tells how much of an error is chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from adunion.kernel.config import Settings
from adunion.kernel.errors import invalid
from adunion.simulation.forecast.score import Alone, Launched
from adunion.simulation.run import Progress
from adunion.simulation.scenario import Scenario, load, parse

from .newcomers import Size, Stage
from .records import open_records
from .simulator import open_run, own_home, world_of

T = TypeVar("T")


def of_scenario(size: Size, path: Path) -> Size:
    """The size with the shape of a scenario file."""
    found = load(path)
    if found.tick_minutes != 60:
        raise invalid("tick_minutes", f"{path}: a backtest ticks by the hour.", "Give 60.")
    return replace(
        size, scenario=path, history_days=found.history_days,
        requests_per_day=found.requests_per_day,
    )  # fmt: skip


def backtest(
    settings: Settings, size: Size, seed: int, jobs: int, progress: Progress
) -> list[Launched]:
    """Every plan launched, of all markets; market `k` has the seed `seed + k`."""
    return _markets(launched_together, settings, size, seed, jobs, progress)


def beside(
    settings: Settings, size: Size, seed: int, jobs: int, progress: Progress
) -> list[Alone]:  # fmt: skip
    """Every plan launched alone, beside a life of its market without it."""
    return _markets(launched_alone, settings, size, seed, jobs, progress)


def _markets(
    one: Callable[[Settings, Size, int, Progress], list[T]], settings: Settings, size: Size,
    seed: int, jobs: int, progress: Progress,
) -> list[T]:  # fmt: skip
    with open_records(settings):  # one server for all of them
        seeds = [seed + number for number in range(size.markets)]
        if jobs > 1:
            return _in_processes(one, settings, size, seeds, jobs, progress)
        whole = size.markets * size.ticks
        found: list[T] = []
        for number, each in enumerate(seeds):
            done = number * size.ticks
            found += one(settings, size, each, _counted(progress, done, whole))
        return found


def _in_processes(
    one: Callable[[Settings, Size, int, Progress], list[T]], settings: Settings, size: Size,
    seeds: list[int], jobs: int, progress: Progress,
) -> list[T]:  # fmt: skip
    found: dict[int, list[T]] = {}
    progress("markets", 0, len(seeds))
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(one, settings, size, each, _silent): each for each in seeds}
        for done in as_completed(waiting):
            found[waiting[done]] = done.result()
            progress("markets", len(found), len(seeds))
    return [plan for each in seeds for plan in found[each]]


def _counted(progress: Progress, done: int, whole: int) -> Progress:
    """Progress of one market as a part of all of them."""

    def counted(_what: str, at: int, _total: int) -> None:
        progress("hours lived through", done + at, whole)

    return counted


def _silent(_what: str, _done: int, _total: int) -> None:
    """No progress."""


def launched_together(
    settings: Settings, size: Size, seed: int, progress: Progress
) -> list[Launched]:
    """The newcomers of one market, in every arm."""
    with _stage(settings, size, seed, progress) as stage:
        return stage.launch(*stage.settle())


def launched_alone(settings: Settings, size: Size, seed: int, progress: Progress) -> list[Alone]:
    """The newcomers of one market, each of them alone."""
    with _stage(settings, size, seed, progress) as stage:
        return stage.launch_alone(*stage.settle())


@contextmanager
def _stage(settings: Settings, size: Size, seed: int, progress: Progress) -> Iterator[Stage]:
    scenario = _scenario(size)
    world = world_of(scenario, seed, _silent)
    with open_records(settings) as server, own_home(settings, server) as (engine, home):
        run = open_run(engine, home, scenario, seed, world, _silent)
        try:
            yield Stage(run, size, seed, progress)
        finally:
            run.market.close()


def _scenario(size: Size) -> Scenario:
    """The market's shape; plans and rivals of a scenario file make way for the backtest's own."""
    if size.scenario is not None:
        found = load(size.scenario)
        shocks = [shock for shock in found.shocks if shock.kind != "rival"]
        return found.model_copy(
            update={"plans": [], "rivals": [], "shocks": shocks, "control": False, "days": 60}
        )
    return parse(
        {
            "history_days": size.history_days,
            "days": 60,
            "requests_per_day": size.requests_per_day,
            "control": False,
            "world": {
                "items": size.items, "merchants": size.merchants, "shoppers": size.shoppers,
            },
        }
    )  # fmt: skip
