"""`adunion import catalog|orders|reviews FILE`: files in, a clear report and exit code out.

Exit codes: 0 imported, 1 the input was refused (nothing was imported), 2 wrong usage.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine

from adunion.bootstrap.currency import outside
from adunion.bootstrap.picture_import import keep_pictures, picture_files
from adunion.bootstrap.tables import load_tables
from adunion.catalog import Catalog
from adunion.catalog.feeds import Progress as Told
from adunion.engines import postgres
from adunion.kernel.clock import SystemClock
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory
from adunion.tracking.order_import import import_orders
from adunion.tracking.review_import import import_reviews

from .output import printable

import_app = typer.Typer(
    help="Import a catalog, past orders or reviews from a file. 从文件导入商品、历史订单或评价。",
    no_args_is_help=True,
)

File = Annotated[
    Path, typer.Argument(help="TSV, CSV, XML/RSS, JSONL or Parquet; .gz too.", show_default=False)
]
MappingOption = Annotated[
    str, typer.Option("--mapping", "-m", help="Name of a shipped mapping, or path of a .toml.")
]
Merchant = Annotated[
    str | None, typer.Option(help="Whose rows these are, where the file does not say.")
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave bad rows out and report them.")]
Report = Annotated[
    Path | None, typer.Option(help="Where to report skipped rows; FILE.skipped.csv by default.")
]
Keep = Annotated[
    bool, typer.Option("--keep-missing", help="Do not withdraw items the file no longer holds.")
]
Pictures = Annotated[
    Path | None,
    typer.Option(
        help="Folder of pictures that paths in the image column are within; they are kept."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]


@import_app.command("catalog")
def catalog_command(
    file: File,
    mapping: MappingOption = "google_merchant",
    merchant: Merchant = None,
    skip_bad: SkipBad = False,
    report: Report = None,
    keep_missing: Keep = False,
    pictures: Pictures = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Bring the catalog in line with a file: all of it, or nothing."""

    def run(engine: Engine, progress: Told) -> Any:
        found = (
            picture_files(file, pictures, mapping, merchant, skip_bad=skip_bad) if pictures else []
        )
        done = Catalog(engine, SystemClock(), IdFactory()).import_catalog(
            file,
            mapping,
            merchant=merchant,
            skip_bad=skip_bad,
            report=report,
            progress=progress,
            withdraw_missing=not keep_missing,
            local_images=pictures is not None,
        )
        if pictures is None:
            return asdict(done)
        return asdict(done) | {"pictures": keep_pictures(engine, Settings().home, found)}

    _import(file, run, as_json=as_json, quiet=quiet)


@import_app.command("orders")
def orders_command(
    file: File,
    mapping: MappingOption,
    merchant: Merchant = None,
    skip_bad: SkipBad = False,
    report: Report = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Load past orders with payments and returns: all of a file, or nothing."""

    def run(engine: Engine, progress: Told) -> Any:
        return asdict(
            import_orders(
                engine, SystemClock(), IdFactory(), file, mapping, merchant=merchant,
                skip_bad=skip_bad, report=report, progress=progress,
            )
        )  # fmt: skip

    _import(file, run, as_json=as_json, quiet=quiet)


@import_app.command("reviews")
def reviews_command(
    file: File,
    mapping: MappingOption = "reviews",
    merchant: Merchant = None,
    skip_bad: SkipBad = False,
    report: Report = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Load reviews of items that the catalog holds: all of a file, or nothing."""

    def run(engine: Engine, progress: Told) -> Any:
        return asdict(
            import_reviews(
                engine, SystemClock(), IdFactory(), file, mapping, merchant=merchant,
                skip_bad=skip_bad, report=report, progress=progress,
            )
        )  # fmt: skip

    _import(file, run, as_json=as_json, quiet=quiet)


def _import(file: Path, run: Callable[[Engine, Told], Any], *, as_json: bool, quiet: bool) -> None:
    errors = Console(stderr=True)
    gc.disable()  # an import makes millions of small objects and no cycles: a third faster
    try:
        _check_file(file)
        with _engine() as engine, _progress(errors, file, shown=not quiet) as progress:
            result = run(engine, progress)
            others = outside(Settings(), engine)
    except AdUnionError as error:
        if as_json:
            problem = {"code": error.code, "message": str(error), "field": error.field}
            typer.echo(orjson.dumps({"error": problem | error.extra}).decode())
        errors.print(printable(str(error)), style="red", markup=False, highlight=False)
        raise typer.Exit(
            2 if error.code == "no_such_file" or error.field == "mapping" else 1
        ) from None
    finally:
        gc.enable()
    if as_json:
        found = {"market_currency": others.market_currency, "outside": others.outside_market}
        typer.echo(orjson.dumps(result | found).decode())
    else:
        _show(result, str(others))


def _check_file(file: Path) -> None:
    if file.is_dir():
        raise AdUnionError(
            "no_such_file", f"{file} is a folder.", hint="Name one file of it, or import each."
        )
    if not file.exists():
        raise AdUnionError("no_such_file", f"{file}: no such file.", hint="Check the path.")
    if not file.is_file():  # a pipe cannot be read twice, as finding out the encoding takes
        raise AdUnionError(
            "no_such_file", f"{file} is no regular file.", hint="Save it as a file first."
        )


@contextmanager
def _engine() -> Iterator[Engine]:
    load_tables()
    server = postgres.connect(Settings())
    try:
        postgres.migrate(server.engine)
        yield server.engine
    finally:
        server.close()


@contextmanager
def _progress(console: Console, file: Path, *, shown: bool) -> Iterator[Told]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not shown, transient=True) as bar:
        task = bar.add_task(file.name, total=file.stat().st_size)

        def told(done: int, total: int) -> None:
            said = file.name if done < total else f"{file.name}: loading"
            bar.update(task, completed=done, total=total, description=said)

        yield told


def _show(result: dict[str, Any], note: str) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    ignored = result.pop("ignored")
    for name, value in result.items():
        if value is None:
            continue
        shown = (
            value
            if isinstance(value, str)
            else f"{value:,.1f}"
            if isinstance(value, float)
            else f"{value:,}"
        )
        table.add_row(name.replace("_", " "), shown)
    for reason, rows in ignored.items():
        table.add_row("ignored", f"{rows:,} rows: {reason}")
    if note:
        table.add_row("outside", note)
    Console().print(table)
