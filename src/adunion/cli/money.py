"""Commands about money: ledger check, ledger balances, settle."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.table import Table

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import to_major

from .output import err, out, print_json

ledger_app = typer.Typer(help="The books.", no_args_is_help=True)


@ledger_app.command()
def check(as_json: bool = typer.Option(False, "--json", help="Machine-readable")) -> None:
    """Prove that debits equal credits, and every balance the sum of its transfers."""
    from adunion.bootstrap.records import open_records
    from adunion.kernel.clock import SystemClock
    from adunion.kernel.ids import IdFactory
    from adunion.ledger import Ledger

    with open_records(Settings()) as server, server.engine.connect() as conn:
        report = Ledger(IdFactory(), SystemClock()).check(conn)
    if as_json:
        print_json({"ok": report.ok, "totals": report.totals, "problems": report.problems})
    else:
        table = Table("currency", "accounts", "transfers", "debits", "credits", "reserved")
        for total in report.totals:
            amounts = (total.debits_minor, total.credits_minor, total.pending_minor)
            table.add_row(
                total.currency, f"{total.accounts:,}", f"{total.transfers:,}",
                *(f"{to_major(amount, total.currency):,}" for amount in amounts),
            )  # fmt: skip
        out.print(table)
        for problem in report.problems:
            out.print(f"[red]{problem}[/]")
        out.print("The books balance." if report.ok else "The books do NOT balance.")
    if not report.ok:
        raise typer.Exit(1)


@ledger_app.command()
def balances(
    prefix: str = typer.Argument("", help="Only accounts whose code begins so"),
    as_json: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """What every account holds."""
    from adunion.bootstrap.records import open_records
    from adunion.kernel.clock import SystemClock
    from adunion.kernel.ids import IdFactory
    from adunion.ledger import Ledger

    with open_records(Settings()) as server, server.engine.connect() as conn:
        found = Ledger(IdFactory(), SystemClock()).balances(conn, prefix)
    if as_json:
        print_json(found)
        return
    table = Table("account", "currency", "balance", "reserved")
    for one in found:
        table.add_row(
            one.code, one.currency, f"{to_major(one.posted_minor, one.currency):,}",
            f"{to_major(one.pending_minor, one.currency):,}",
        )  # fmt: skip
    out.print(table)


def settle(
    until: str = typer.Option(..., help="Up to this day or time (exclusive), e.g. 2026-12-01"),
    to: Path = typer.Option(Path("statements"), help="The folder to write to"),
    as_json: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """Release held commissions and write statements for merchants and publishers."""
    from adunion.bootstrap.records import open_records
    from adunion.kernel.clock import SystemClock
    from adunion.kernel.ids import IdFactory
    from adunion.settlement import settle as settle_all

    at = _time(until)
    with open_records(Settings()) as server:
        report = settle_all(server.engine, SystemClock(), IdFactory(), at, to)
    if as_json:
        print_json(report)
    else:
        err.print(f"Statements are in {to}/.")
        out.print(report)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise AdUnionError(
            "bad_date", f"{text!r} is not a date.", 422, hint="Write it like 2026-12-01."
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
