"""Benchmarks that answer a question about a market: what a bidder earns, how a forecast does."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.table import Table

from . import arena, roi, selection
from .output import err, out, print_json, print_raw, progress

bench_app = typer.Typer(help="Measure bidders, promises and forecasts.", no_args_is_help=True)
bench_app.command()(roi.roi)
bench_app.command()(arena.bidding)
bench_app.command("selection")(selection.bench)


@bench_app.command()
def replay(
    log: Path = typer.Option(..., "--log", help="Lines of: click, clearing price, predicted CTR"),
    share: float = typer.Option(0.8, min=0.05, max=0.95, help="Of the log, to fit on"),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
) -> None:
    """Fit on the first part of a log of real auctions, and forecast the rest at several bids."""
    from adunion.simulation.replay import report, table

    found = report(log, share)
    if json_:
        print_json(found)
    else:
        for line in table(found):
            out.print(line)


@bench_app.command()
def auctions(
    seeds: int = typer.Option(5, min=1, max=50, help="Markets a case"),
    requests: int = typer.Option(300, min=50, help="Pages a market"),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
) -> None:
    """Separate ad slots, mixed ranking with GSP and the joint auction, on the same traffic."""
    from adunion.simulation.formats import LEGEND, compare, table

    with progress(json_) as told:
        rows = compare(range(seeds), requests, progress=told)
    if json_:
        print_json(rows)
    else:
        print_raw(table(rows))
        err.print(LEGEND, style="dim", highlight=False)


@bench_app.command()
def understanding(
    parts: str = typer.Option("all", help="Names with commas between, or all"),
    seeds: int = typer.Option(2, min=1, max=50, help="Markets"),
    quick: bool = typer.Option(False, help="Small markets: a few minutes, wide intervals"),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
) -> None:
    """What each part of understanding adds: the same market and people with it and without."""
    from adunion.bootstrap.understood import FIGURES, PARTS, QUICK, Size, bench
    from adunion.kernel.config import Settings

    chosen = PARTS.names() if parts == "all" else [name.strip() for name in parts.split(",")]
    for name in chosen:
        PARTS.get(name)
    with progress(json_) as told:
        size = QUICK if quick else Size()
        rows = bench(Settings(), chosen, range(1, seeds + 1), size, told)
    if json_:
        print_json(rows)
        return
    table = Table(title="simulated: change that the part makes, 95 % interval over shoppers")
    for title in ("part", *FIGURES):
        table.add_column(title, justify="left" if title == "part" else "right")
    for row in rows:
        table.add_row(row["part"], *(_change(row[name]) for name in FIGURES))
    out.print(table)


def _change(found: dict[str, float]) -> str:
    return f"{found['change']:+.2%}  ({found['low']:+.2%} to {found['high']:+.2%})"
