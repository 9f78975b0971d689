"""Commands about money: ledger check, ledger balances, settle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import to_major

from .output import err, out, print_json

if TYPE_CHECKING:
    from adunion.settlement.types import SettleReport, Statement

_STATEMENTS_SHOWN = 20

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
    """Close the time up to a day: release commissions, pay the guarantee, write statements."""
    from adunion.bootstrap.guarantee import final_spends
    from adunion.bootstrap.records import open_records
    from adunion.kernel.clock import SystemClock
    from adunion.kernel.ids import IdFactory
    from adunion.settlement import settle as settle_all
    from adunion.settlement.repository import closed_until

    at, clock, settings = _time(until), SystemClock(), Settings()
    with open_records(settings) as server:
        spends = final_spends(settings, server.engine, clock.now())
        report = settle_all(server.engine, clock, IdFactory(), at, to, spends=spends)
        with server.engine.connect() as conn:
            closed = closed_until(conn)
    if as_json:
        print_json(report)
        return
    if report.statements:
        out.print(_statements(report.statements))
    err.print(_what_was_done(report, to, closed), highlight=False)


def _what_was_done(report: SettleReport, to: Path, closed: datetime | None) -> str:
    day = report.until.isoformat(" ", "minutes")
    counts = (
        f"{report.released:,} commissions released, {len(report.payouts):,} payouts, "
        f"{sum(one.credit_minor > 0 for one in report.guaranteed):,} guarantee credits."
    )
    if report.statements:
        said = f"Closed up to {day}: {len(report.statements):,} statements, {counts}"
    elif report.files:
        said = f"Up to {day} all was closed before; its statements are written again. {counts}"
    elif closed is not None and closed > report.until:
        said = (
            f"Nothing to write: a later period, to {closed.isoformat(' ', 'minutes')}, is closed "
            f"already, and what lies before {day} is in its statements. {counts}"
        )
    else:
        said = f"Nothing to write: no merchant's or publisher's money moved before {day}. {counts}"
    return f"{said} Statements are in {to}/." if report.files else said


def _statements(found: Sequence[Statement]) -> Table:
    table = Table("role", "party", "currency", "opening", "closing", "payable")
    for one in found[:_STATEMENTS_SHOWN]:
        amounts = (one.opening_minor, one.closing_minor, one.payable_minor)
        table.add_row(
            one.role, escape(one.name), one.currency,
            *(f"{to_major(amount, one.currency):,}" for amount in amounts),
        )  # fmt: skip
    if len(found) > _STATEMENTS_SHOWN:
        table.add_row("...", f"{len(found) - _STATEMENTS_SHOWN:,} more", "", "", "", "")
    return table


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise AdUnionError(
            "bad_date", f"{text!r} is not a date.", 422, hint="Write it like 2026-12-01."
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
