"""What people talk about: forecasts of hot topics."""

from __future__ import annotations

from pathlib import Path

import typer

from .output import out, print_json, progress

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
