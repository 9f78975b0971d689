"""Commands that run a market: simulate, demo, serve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import to_major

from .output import err, out, print_json, progress


def simulate(
    scenario: Path = typer.Argument(None, help="A scenario in TOML"),
    seed: int = typer.Option(None, min=0, help="Overrides the scenario's seed"),
    to: Path = typer.Option(None, "--json", help="Write the report to this file; - is stdout"),
    schema: bool = typer.Option(False, "--schema", help="Print the format's JSON Schema"),
    quiet: bool = typer.Option(False, help="No progress"),
) -> None:
    """Run days of traffic through the production code, and report what plans and market got."""
    import orjson

    from adunion.simulation import scenario as format_

    if schema:
        print_json(format_.schema())
        return
    if scenario is None:
        raise AdUnionError("no_scenario", "Name a scenario file.", hint="See examples/calm.toml.")
    from adunion.bootstrap.simulator import simulate as run

    chosen = format_.load(scenario)
    with progress(quiet) as report:
        found = run(Settings(), chosen, chosen.seed if seed is None else seed, report)
    if to is None:
        show(found)
    elif str(to) == "-":
        print_json(found)
    else:
        to.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        err.print(f"Wrote {to}.")
    if not found["ledger"]["balanced"]:
        raise typer.Exit(1)


def show(found: dict[str, Any]) -> None:
    """The report as one table and a few lines."""
    currency = found["currency"]

    def money(minor: float) -> str:
        return f"{to_major(round(minor), currency):,.0f}"

    table = Table(title=f"{found['scenario']}, {found['from']} to {found['until']}, {currency}")
    for name in ("plan", "items", "target", "attained", "expected", "spend", "GMV", "orders",
                 "stage"):  # fmt: skip
        table.add_column(name, justify="left" if name in ("plan", "stage") else "right")
    for plan in found["plans"]:
        attained, expected = plan["attainment"], plan["attainment_expected"]
        table.add_row(
            plan["name"], f"{plan['items']:,}", f"{plan['target_roi']:.1f}",
            "-" if attained is None else f"{attained:.2f}",
            "-" if expected is None else f"{expected:.2f}",
            money(plan["spend_minor"]), money(plan["gmv_minor"]), f"{plan['orders']:,}",
            plan["stage"],
        )  # fmt: skip
    out.print(table)
    market = found["market"]
    out.print(
        f"market: {market['requests']:,} requests, {market['orders']:,} orders,"
        f" GMV {money(market['gmv_minor'])}, media {money(market['media_minor'])}"
    )
    if "lift" in found:
        lift = found["lift"]
        out.print(
            f"lift over the control arm: GMV {lift['gmv']:+.2%},"
            f" the plans' items {lift['plan_items_gmv'] or 0:+.2%},"
            f" experience {lift['experience']:+.2%}"
        )
    ledger = found["ledger"]
    count = sum(total["transfers"] for total in ledger["totals"])
    out.print(
        f"ledger: {count:,} transfers, {'balanced' if ledger['balanced'] else 'NOT balanced'}"
    )


def serve(
    host: str = typer.Option(None, help="Default 127.0.0.1"),
    port: int = typer.Option(None, min=1, max=65_535, help="Default 8000"),
) -> None:
    """Serve the API, the console and the storefront."""
    raise AdUnionError("not_yet", f"{host} {port}")


def demo() -> None:
    """A whole market from nothing, then the console."""
    raise AdUnionError("not_yet", "")
