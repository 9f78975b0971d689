"""`adunion bench bidding`: bidders through the door of outside simulators, beside hindsight."""

from __future__ import annotations

import typer
from rich.table import Table

from .output import out, print_json, progress

_COLUMNS = {
    "score_over_oracle": "score / oracle",
    "score_over_single": "/ best multiplier",
    "score_over_single_held": "/ best that holds",
    "held": "target held",
    "budget_used": "budget used",
}


def bidding(
    strategies: str = typer.Option("all", help="Names with commas between, or all"),
    seed: int = typer.Option(10, min=0, help="Of the arena; 0 to 9 were tuned on"),
    rows: int = typer.Option(100_000, min=5_000, help="A day; AuctionNet has 500,000"),
    days: int = typer.Option(2, min=1, max=50, help="Days measured"),
    warm: int = typer.Option(2, min=0, max=10, help="Earlier days that each bidder is told"),
    spread: float = typer.Option(
        0.5, min=0.1, max=1, help="Of a bidder's values over their mean; AuctionNet has .5"
    ),
    reactive: bool = typer.Option(False, help="Rivals answer to the bidder"),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
) -> None:
    """A simulated market by AuctionNet's rules: bidders in 12 seats a day, beside hindsight."""
    from adunion.simulation.arena import run, summary
    from adunion.simulation.arena.strategies import STRATEGIES

    asked = list(STRATEGIES) if strategies == "all" else strategies.split(",")
    with progress(json_) as report:
        played = run(
            asked, (seed,), rows, days, warm, reactive=reactive, spread=spread, progress=report
        )
        found = summary(played)
    if json_:
        print_json(found)
        return
    table = Table(title=f"simulated arena {seed}")
    table.add_column("bidder", no_wrap=True)
    for head in _COLUMNS.values():
        table.add_column(head, justify="right")
    for name, row in found.items():
        table.add_row(name, *(f"{row[key]:.3f}" for key in _COLUMNS))
    out.print(table)
