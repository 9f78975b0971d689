"""Commands for those who run it: doctor, db, key."""

from __future__ import annotations

import shutil
import sys

import typer

from adunion.kernel.config import Settings

from .output import err, out, print_json

db_app = typer.Typer(help="The database's schema.", no_args_is_help=True)
key_app = typer.Typer(help="API keys.", no_args_is_help=True)
user_app = typer.Typer(help="Who may sign in to the console.", no_args_is_help=True)


def doctor(as_json: bool = typer.Option(False, "--json", help="Machine-readable")) -> None:
    """Check that everything AdUnion needs is here, and say what to do where it is not."""
    from adunion.bootstrap.doctor import examine

    findings = examine(Settings())
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "[green]ok  [/]" if finding.ok else "[red]mend[/]"
            out.print(f"{mark} {finding.what}: {finding.found}", highlight=False)
            if finding.hint and not finding.ok:
                out.print(f"     {finding.hint}", highlight=False)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@db_app.command()
def upgrade() -> None:
    """Bring the schema to the newest revision."""
    from adunion.bootstrap.records import open_records

    with open_records(Settings()):
        err.print("The schema is up to date.")


@db_app.command()
def revision(message: str = typer.Argument(help="What changed in the tables")) -> None:
    """Write a revision from the difference between the tables in the code and the database."""
    from adunion.bootstrap.records import write_revision

    path = write_revision(Settings(), message)
    out.print(f"Wrote {path}; read it before you commit it.", highlight=False)


@db_app.command()
def psql() -> None:
    """Say how to open the database with psql."""
    from adunion.bootstrap.records import open_records

    if shutil.which("psql") is None:
        err.print("psql is not installed; any PostgreSQL client can use this address:")
    with open_records(Settings()) as server:
        out.print(f"psql '{server.url.set(drivername='postgresql').render_as_string(False)}'")
        if sys.stdin.isatty():
            err.print("The server stops when this command does; press Enter to end.")
            input()


@key_app.command("create")
def create_key(
    role: str = typer.Argument(help="operator, merchant or publisher"),
    party: str = typer.Option("", help="The merchant's or publisher's id"),
    name: str = typer.Option("cli", help="What the key is for"),
) -> None:
    """Make an API key; it is shown once."""
    from adunion.bootstrap.parties import check_party, checked_role
    from adunion.bootstrap.records import open_records
    from adunion.kernel.clock import SystemClock
    from adunion.kernel.ids import IdFactory
    from adunion.trust import Identity

    wanted = checked_role(role)
    with open_records(Settings()) as server:
        check_party(server.engine, wanted, party or None)
        identity = Identity(server.engine, SystemClock(), IdFactory())
        key_id, secret = identity.create_key(name, wanted, party or None)
    err.print(f"{key_id} ({role}); keep it safe, it is not shown again:")
    out.print(secret, highlight=False)


@user_app.command("add")
def add_user(
    email: str = typer.Argument(help="Signs in with it"),
    role: str = typer.Option("operator", help="operator, merchant or publisher"),
    party: str = typer.Option("", help="The merchant's or publisher's id"),
    name: str = typer.Option("", help="Shown in the console; the email if absent"),
    password: str = typer.Option(
        ..., prompt=True, confirmation_prompt=True, hide_input=True, envvar="ADUNION_PASSWORD",
        help="Asked for where it is not given",
    ),
) -> None:  # fmt: skip
    """Add a user of the console."""
    from adunion.bootstrap.parties import check_party, checked_role
    from adunion.bootstrap.records import open_records
    from adunion.kernel.clock import SystemClock
    from adunion.kernel.ids import IdFactory
    from adunion.trust import Identity

    wanted = checked_role(role)
    with open_records(Settings()) as server:
        check_party(server.engine, wanted, party or None)
        identity = Identity(server.engine, SystemClock(), IdFactory())
        user_id = identity.create_user(email, name or email, password, wanted, party or None)
    out.print(user_id, highlight=False)
