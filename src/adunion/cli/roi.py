"""The benchmark of the promise, on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from .output import out, print_json, progress

if TYPE_CHECKING:
    from adunion.simulation.roi.suite import Run

_COLUMNS = {
    "plans_many": ("200+ orders", ",d"),
    "realised_90": ("A >=.9", ".1%"),
    "expected_95": ("E[A] >=.95", ".1%"),
    "expected_median": ("E[A] median", ".3f"),
    "value_of_best": ("value", ".3f"),
    "single_of_best": ("of one bid", ".3f"),
    "added_of_best": ("added", ".3f"),
    "budget_use": ("budget used", ".1%"),
    "pacing_error": ("pacing error", ".1%"),
    "compensation": ("credits", ".2%"),
}
_BARS = {
    "plans_many": ("200+ orders", ",d"),
    "realised_90": ("A >=.9", ".1%"),
    "expected_95": ("E[A] >=.95", ".1%"),
    "value_calm": ("value, calm", ".3f"),
    "value_shocks": ("least value, shocks", ".3f"),
    "value_capped": ("value, ad load", ".3f"),
    "compensation": ("credits", ".2%"),
}


def roi(
    markets: str = typer.Option("all", help="Names with commas between, or all"),
    bidders: str = typer.Option("all", help="Names with commas between, or all"),
    seeds: str = typer.Option("1", help="Numbers with commas between, or a span: 1-4"),
    jobs: int = typer.Option(1, min=1, help="Processes"),
    quick: bool = typer.Option(False, help="Seven markets, a fifth of the traffic"),
    json_: bool = typer.Option(False, "--json", help="Print JSON, with every plan"),
    quiet: bool = typer.Option(False, help="No progress"),
) -> None:
    """Simulate markets with each bidder: is the return held, and what is left on the table."""
    from adunion.decision.bidding import bidder
    from adunion.simulation import roi as bench

    known = list(bench.QUICK if quick else bench.MARKETS)
    named = known if markets == "all" else _names(markets)
    asked = bidder.names() if bidders == "all" else _names(bidders)
    with progress(quiet) as report:
        runs = bench.run(named, asked, _seeds(seeds), jobs, report, quick)
    if json_:
        print_json(bench.as_json(runs))
    else:
        show(runs)


def show(runs: Sequence[Run]) -> None:
    """Two tables: by market and bidder, then the promised figures by bidder."""
    from adunion.simulation.roi import bars, summary

    rows = summary(runs)
    table = _table("simulated markets", ("market", "bidder"), _COLUMNS)
    for row in rows:
        table.add_row(row["market"], row["bidder"], *_cells(row, _COLUMNS))
    out.print(table)
    for row in rows:
        if row["unreachable_said"] is not None:
            out.print(
                f"{row['market']}, {row['bidder']}: {row['unreachable_said']:.0%} of the targets"
                f" out of reach are said to be; they took {row['unreachable_spend']:.2%} of spend"
            )
    promised = _table("over all of them", ("bidder",), _BARS)
    for row in bars(runs):
        promised.add_row(row["bidder"], *_cells(row, _BARS))
    out.print(promised)


def _table(title: str, names: Sequence[str], columns: dict[str, tuple[str, str]]) -> Table:
    table = Table(title=title, padding=0)
    for name in names:
        table.add_column(name, no_wrap=True)
    for head, _ in columns.values():
        table.add_column(head, justify="right")
    return table


def _cells(row: dict[str, Any], columns: dict[str, tuple[str, str]]) -> list[str]:
    return [
        "-" if row[key] is None else format(row[key], form) for key, (_, form) in columns.items()
    ]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _seeds(text: str) -> list[int]:
    try:
        if "-" in text:
            first, last = map(int, text.split("-"))
            found = list(range(first, last + 1))
        else:
            found = [int(part) for part in _names(text)]
        if not found:
            raise ValueError
        return found
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not like 1,2,5 or 1-4.") from None
