"""The command line: every use of the program, with progress, honest exit codes and `--json`."""

from __future__ import annotations

import signal
import sys

import typer
from pydantic import ValidationError

from adunion.kernel.errors import AdUnionError

from . import (
    admin,
    bench,
    evaluate,
    forecast,
    importing,
    market,
    money,
    report,
    search,
    selection,
    trends,
    understand,
    worlds,
)
from .output import asked_to_stop, fail, stop

INTERRUPTED = 130  # the exit code of a command that Ctrl-C ended

app = typer.Typer(
    name="adunion",
    help="An open, self-hosted e-commerce advertising alliance.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(importing.import_app, name="import")
app.add_typer(worlds.world_app, name="world")
app.add_typer(money.ledger_app, name="ledger")
app.add_typer(report.report_app, name="report")
app.add_typer(bench.bench_app, name="bench")
app.add_typer(forecast.forecast_app, name="forecast")
app.add_typer(trends.trends_app, name="trends")
app.add_typer(evaluate.evaluate_app, name="evaluate")
app.add_typer(understand.understand_app, name="understand")
app.add_typer(search.search_app, name="search")
app.add_typer(admin.db_app, name="db")
app.add_typer(admin.key_app, name="key")
app.add_typer(admin.user_app, name="user")
for command in (
    market.demo, market.serve, market.simulate, money.settle, admin.doctor, selection.select,
):  # fmt: skip
    app.command()(command)


def main() -> None:
    """Run a command; an error the caller can mend is one line on stderr and exit code 1."""
    signal.signal(signal.SIGINT, stop)  # a script may have it ignored
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        if asked_to_stop():  # a library was cut off half-way and complains of that
            sys.exit(INTERRUPTED)
        if isinstance(error, AdUnionError):
            fail(error)
        elif isinstance(error, ValidationError):  # of the environment: commands check options
            first = error.errors()[0]
            name = "ADUNION_" + "_".join(map(str, first["loc"])).upper()
            hint = "Set it right or unset it."
            fail(AdUnionError("invalid", f"{name}: {first['msg']}.", hint=hint))
        else:
            raise
        sys.exit(1)
