"""What a plan would bring before it is launched, and how such forecasts have done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table
from typer.core import TyperGroup

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import to_major

from .output import err, out, print_json, progress

if TYPE_CHECKING:
    from adunion.bootstrap.newcomers import Size
    from adunion.simulation.forecast import Ask, Band, Forecast


class _PlanFirst(TyperGroup):
    """`adunion forecast FILE` is `adunion forecast plan FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `plan` before what is not the name of a command."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["plan", *args]
        return super().parse_args(ctx, args)


forecast_app = typer.Typer(
    cls=_PlanFirst,
    help="What a plan would bring (adunion forecast PLAN); how forecasts did (backtest).",
    no_args_is_help=True,
)


@forecast_app.command()
def plan(
    plan: str = typer.Argument(None, help="A plan file (TOML or JSON), or a plan's id (cmp_...)"),
    target: list[float] = typer.Option(None, help="Instead of the plan's; may be repeated"),
    budget: list[str] = typer.Option(None, help="Instead of the plan's, major units; repeatable"),
    schema: bool = typer.Option(False, "--schema", help="Print the file's JSON Schema"),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
) -> None:
    """Decide the recent requests of ADUNION_HOME's market again, with the plan put in."""
    from adunion.bootstrap.forecasts import Forecasts
    from adunion.bootstrap.planfile import PlanFile, ask, read
    from adunion.bootstrap.serve import open_to_look
    from adunion.simulation.forecast import Ask

    if schema:
        print_json(PlanFile.model_json_schema())
        return
    if plan is None:
        raise AdUnionError(
            "no_plan", "Name a plan file or a plan's id.", hint="See examples/plan.toml."
        )
    known = None if plan.startswith("cmp_") and not Path(plan).exists() else read(Path(plan))
    if not json_:
        err.print("Opening the market: its event log is read again ...")
    with open_to_look(Settings()) as market:
        asked = Ask(plan_id=plan) if known is None else ask(known, market.engine, market.currency)
        asked = _instead(asked, market.currency, target or [], budget or [])
        found = Forecasts(market).of(asked)
    if json_:
        print_json(_document(found, market.currency))
    else:
        _show(found, market.currency)


def _instead(ask: Ask, currency: str, targets: list[float], budgets: list[str]) -> Ask:
    """The question with the targets and budgets of the command line, where there are any."""
    from adunion.bootstrap.planfile import minor

    if targets:
        ask = replace(ask, targets=tuple(targets))
    if budgets:
        ask = replace(ask, budgets_minor=tuple(minor(each, currency) for each in budgets))
    return ask


def _document(found: Forecast, currency: str) -> dict[str, Any]:
    from adunion.simulation.forecast import ASSUMPTIONS

    cells = [
        {**asdict(cell), "gained_minor": cell.gained_minor, "organic_minor": cell.organic_minor}
        for cell in found.cells
    ]
    assumed = [{"code": code, "text": ASSUMPTIONS[code]} for code in found.assumptions]
    return {"currency": currency, **asdict(found), "cells": cells, "assumptions": assumed}


def _show(found: Forecast, currency: str) -> None:
    from adunion.simulation.forecast import ASSUMPTIONS

    def plain(minor: float | None) -> str:
        return "-" if minor is None else f"{to_major(round(minor), currency):,.0f}"

    def few(orders: float) -> str:
        return f"{orders:,.0f}" if orders >= 10 or not orders else f"{orders:.1f}"

    def ends(band: Band) -> str:
        if not band.value:
            return f"0..{plain(band.high)}"
        return f"{band.low / band.value - 1:+.0%}..{band.high / band.value - 1:+.0%}"

    def grid(title: str, names: Sequence[str]) -> Table:
        table = Table(title=title)
        for name in ("target", "budget", *names):
            table.add_column(name, justify="right", no_wrap=True)
        return table

    brings = grid(
        f"{found.days:g} days, {currency}; 8 of 10 outcomes lie within the range to the right",
        ("spend", "", "GMV", "", "orders", "", "ROI", ""),
    )
    costs = grid(
        "Where the GMV comes from, and what others lose",
        ("shop gains", "sold anyway", "new customers", "other plans lose", "plans that lose"),
    )  # fmt: skip
    for cell in found.cells:
        share, outside = cell.newcomer_share, cell.outside
        budget = "-" if cell.budget_minor is None else plain(cell.budget_minor)
        brings.add_row(
            f"{cell.target:g}", budget, plain(cell.spend_minor.value), ends(cell.spend_minor),
            plain(cell.gmv_minor.value), ends(cell.gmv_minor), few(cell.orders.value),
            f"{few(cell.orders.low)}..{few(cell.orders.high)}", f"{cell.roi.value:.2f}",
            f"{cell.roi.low:.2f}..{cell.roi.high:.2f}",
        )  # fmt: skip
        costs.add_row(
            f"{cell.target:g}", budget, plain(cell.gained_minor), plain(cell.organic_minor),
            "-" if share is None else f"{share:.0%}",
            "-" if outside is None else plain(max(-outside.gmv_minor, 0.0)),
            "-" if outside is None else str(outside.plans),
        )  # fmt: skip
    out.print(brings, costs)
    asked = f"of {found.requests:,} logged ones decided again" if found.requests else "made up"
    out.print(
        f"{found.traffic:,.0f} requests expected; {found.looked:,} {asked},"
        f" {found.reached:,} could show an item."
        + (" The plan goes on after it." if found.endless else "")
    )
    out.print(
        "GMV: of impressions that the bid moved; shop gains: what the shop sells more in all; sold"
        " anyway: the rest, taken from its own organic sales. Others lose: of all their sales."
    )
    for code in found.assumptions:
        out.print(f"Assumed: {ASSUMPTIONS[code]}")


@forecast_app.command()
def backtest(
    markets: int = typer.Option(4, min=1, max=100, help="Made markets, each of its own seed"),
    seed: int = typer.Option(1, min=0, help="Of the first market"),
    requests_per_day: int = typer.Option(10_000, min=500, max=1_000_000),
    days: int = typer.Option(4, min=1, max=28, help="That newcomers run"),
    newcomers: int = typer.Option(4, min=1, max=5, help="Plans launched in a market"),
    scenario: Path = typer.Option(None, help="Take world, traffic and shocks of a scenario file"),
    alone: bool = typer.Option(
        False, "--alone", help="Each plan alone, beside a life without it: what others lose"
    ),
    jobs: int = typer.Option(2, min=1, max=64, help="Markets at once"),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
    quiet: bool = typer.Option(False, help="No progress"),
) -> None:
    """Forecast plans in made markets, launch them there, and tell how the forecasts did."""
    from adunion.bootstrap import backtest as tests
    from adunion.bootstrap.newcomers import Size
    from adunion.simulation.forecast.score import score

    size = Size(
        markets=markets, requests_per_day=requests_per_day, days=days, newcomers=newcomers,
    )  # fmt: skip
    size = size if scenario is None else tests.of_scenario(size, scenario)
    if alone:
        _beside(size, seed, jobs, json_, quiet)
        return
    with progress(quiet) as report:
        launched = tests.backtest(Settings(), size, seed, jobs, report)
    found = {"simulated": True, "seed": seed, "size": asdict(size), **score(launched)}
    if json_:
        print_json({**found, "launched": [asdict(plan) for plan in launched]})
    else:
        _show_scores(found)


def _beside(size: Size, seed: int, jobs: int, json_: bool, quiet: bool) -> None:
    """Cannibalisation and what others lose, as told and by two lives."""
    from adunion.bootstrap import backtest as tests
    from adunion.simulation.forecast.score import score_alone

    with progress(quiet) as report:
        plans = tests.beside(Settings(), size, seed, jobs, report)
    found = {"simulated": True, "seed": seed, "size": asdict(size), **score_alone(plans)}
    if json_:
        print_json({**found, "launched": [asdict(plan) for plan in plans]})
        return
    table = Table(title=f"{len(plans)} plans, each beside a life without it; of its counted sales")
    for name in ("change of all sales of", "told", "came", "median error", "rank correlation"):
        table.add_column(name, justify="right" if name != "change of all sales of" else "left")
    for name, words in (
        ("gained", "its merchant"), ("others", "others' plans"), ("organic", "everyone else"),
    ):  # fmt: skip
        row = found[name]
        table.add_row(
            words, f"{row['told']:+.1%}", f"{row['had']:+.1%}", f"{row['error']:.1%}",
            f"{row['rank']:.3f}",
        )  # fmt: skip
    out.print(table)


def _show_scores(found: dict[str, Any]) -> None:
    out.print(
        f"{found['plans']} plans launched in {found['size']['markets']} made markets;"
        f" {found['scored']} sold {found['orders_min']} or more (median"
        f" {found['orders_median']:.0f} orders). A simulation, through production code."
    )
    table = Table()
    for name in ("", "median error", "floor", "bias", "floor", "in the 80 % interval"):
        table.add_column(name, justify="right" if name else "left")
    for name in ("roi", "spend", "gmv", "orders"):
        if name in found:
            row = found[name]
            table.add_row(
                name, f"{row['error']:.1%}", _percent(row.get("error_floor"), ".1%"),
                f"{row['bias']:+.1%}", _percent(row.get("bias_floor"), "+.1%"),
                f"{row['covered']:.0%}",
            )  # fmt: skip
    out.print(table)
    direction, rank = found.get("direction", {}), found.get("rank", {})
    if direction.get("pairs"):
        out.print(
            f"A against B, {direction['pairs']} pairs: right on ROI {direction['roi']:.0%} (floor"
            f" {direction['roi_floor']:.0%}), on GMV {direction['gmv']:.0%} (floor"
            f" {direction['gmv_floor']:.0%})"
        )
    if rank:
        out.print(
            f"rank correlation over plans: ROI {rank['roi']:.3f} (floor {rank['roi_floor']:.3f}),"
            f" GMV {rank['gmv']:.3f} (floor {rank['gmv_floor']:.3f})"
        )


def _percent(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
