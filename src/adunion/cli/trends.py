"""What people talk about: forecasts of hot topics."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from adunion.kernel.config import Settings

from .output import out, plain, print_json, progress

if TYPE_CHECKING:
    from adunion.understanding.trends import Board, Linker

trends_app = typer.Typer(help="Hot topics: what becomes of them.", no_args_is_help=True)


@trends_app.command()
def forecast(
    topics: Path = typer.Option(..., help="Parquet, CSV or JSONL: day, hour, title, pos, hot ..."),
    train_until: str = typer.Option(..., help="Learn from the hours before, e.g. 2025-10-01"),
    since: str = typer.Option(..., "--from", help="First day or hour to forecast"),
    to: str = typer.Option(..., help="Last day or hour to forecast, included"),
    to_file: Path = typer.Option(..., "--out", help="The Parquet file to write"),
    seed: int = typer.Option(0, min=0, help="Of the rows drawn to learn from"),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
    quiet: bool = typer.Option(False, help="No progress"),
) -> None:
    """For each hour and listed topic: still listed, in the top ten, and with what heat later.

    Learns from what was known before --train-until, and answers by what was known at each hour.
    """
    from adunion.understanding.trends import forecast_file

    with progress(quiet) as report:
        found = forecast_file(topics, to_file, train_until, since, to, seed, report)
    if json_:
        print_json(found)
        return
    out.print(
        f"{found['rows']:,} topics of {found['hours']:,} hours, {found['from']} to {found['to']},"
        f" by {found['train_rows']:,} rows before {train_until} -> {found['out']}"
    )
    out.print(
        f"{found['topics_per_second']:,} topics a CPU second, features included; training took"
        f" {found['training_cpu_s']:.0f} CPU seconds."
    )


@trends_app.command("import")
def import_(
    file: Path = typer.Argument(help="Parquet, CSV or JSONL: day, hour, title, pos, hot ..."),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
    quiet: bool = typer.Option(False, help="No progress"),
) -> None:
    """Take topics into ADUNION_HOME, all of a file or nothing, and make the board of now anew."""
    from adunion.understanding.trends import TrendStore, now

    store = TrendStore(Settings().home)
    found = store.add(file)
    with progress(quiet) as report:
        made = now(store, store.topics(), None, _linker(None, "", True), report)
    store.keep(made)
    found["rising"] = sum(one["rising"] for one in made.topics)
    if json_:
        print_json(found)
    else:
        out.print(
            f"{found['rows']:,} rows of {found['hours']:,} hours, {found['from']} to {found['to']};"
            f" {found['rising']} topics are rising."
        )


@trends_app.command("now")
def now_(
    topics: Path = typer.Option(None, help="A topics file; those of ADUNION_HOME if not given"),
    at: str = typer.Option(None, help="The hour, e.g. 2026-01-31T20; the last one if not given"),
    catalog: Path = typer.Option(None, help="Link items of this file"),
    mapping: str = typer.Option("google_merchant", help="How the catalog's file is read"),
    market: bool = typer.Option(False, help="Link items of the market in ADUNION_HOME"),
    meaning: bool = typer.Option(True, help="Read titles by their embedding too, 15 ms each"),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
    quiet: bool = typer.Option(False, help="No progress"),
) -> None:
    """Rising topics with expected peak and life, what they sell or why not, and early warnings."""
    from adunion.understanding.trends import TrendStore, now, read

    store = TrendStore(Settings().home)
    held = read(topics) if topics else store.topics()
    linker = _linker(catalog, mapping, market or topics is None, meaning)
    with progress(quiet) as report:
        made = now(store, held, at, linker, report, keep=topics is None)
    if topics is None and at is None:
        store.keep(made)
    if json_:
        print_json(asdict(made))
    else:
        _show(made)


def _linker(catalog: Path | None, mapping: str, market: bool, meaning: bool = True) -> Linker:
    """With items of a file, of the market where there is one, or without."""
    from adunion.bootstrap.trends import linker, market_snapshot
    from adunion.understanding.catalogfile import read_catalog

    settings = Settings()
    if catalog:
        return linker(settings, read_catalog(catalog, mapping), meaning=meaning)
    return linker(settings, market_snapshot(settings) if market else None, meaning=meaning)


def _show(made: Board) -> None:
    table = Table(title=f"Topics of {made.at}, rising first")
    for name in ("", "pos", "topic", "heat", "peak", "at", "life h", "top 10", "goods", "why"):
        table.add_column(
            name, justify="right" if name in ("pos", "heat", "peak", "life h") else "left"
        )
    for one in made.topics:
        kinds = [each["zh"] for each in one["kinds"]]
        goods = ", ".join((one["categories"] or kinds)[:2]) or one["commerce"]
        why = ", ".join(f"{each['reason']} {each['word']}".strip() for each in one["reasons"][:2])
        table.add_row(
            "↑" if one["rising"] else "", str(one["pos"] + 1), plain(one["title"]),
            f"{one['heat']:,.0f}", f"{one['peak_heat']:,}", one["peak_at"][5:],
            f"{one['life_hours']:g}", f"{one['p_top10_6h']:.0%}", goods, plain(why),
        )  # fmt: skip
    out.print(table)
    for each in made.warnings:
        ahead = each["days_ahead"]
        when = f"in {ahead} day{'s' * (ahead > 1)}" if ahead else "now"
        out.print(f"{each['zh']} · {each['en']} ({each['day']}): people buy {when}; "
                  + ", ".join(each["needs"]))  # fmt: skip
