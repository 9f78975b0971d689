"""Commands that run a market: simulate, demo, serve."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import to_major

from .output import err, out, print_json, progress

if TYPE_CHECKING:
    from adunion.bootstrap.notices import DemoAccount


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
    if to is not None and not to.parent.is_dir():
        raise AdUnionError("no_folder", f"{to.parent} is not a folder.", 404, hint="Make it first.")
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

    table = Table(
        title=f"{found['scenario']}, {found['from']} to {found['until']}, {currency}",
        caption="attained: by the orders that have come so far; expected: by the true chances of"
        " all that was shown, so late orders too",
    )
    table.add_column("plan", no_wrap=True)
    for name in ("target", "attained", "expected", "spend", "GMV", "orders", "items"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("stage", no_wrap=True)
    for plan in found["plans"]:
        attained, expected = plan["attainment"], plan["attainment_expected"]
        table.add_row(
            plan["name"], f"{plan['target_roi']:.1f}",
            "-" if attained is None else f"{attained:.2f}",
            "-" if expected is None else f"{expected:.2f}",
            money(plan["spend_minor"]), money(plan["gmv_minor"]), f"{plan['orders']:,}",
            f"{plan['items']:,}", plan["stage"],
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
    storefront: bool = typer.Option(False, help="Also the demo shop, at /store"),
    workers: int = typer.Option(0, min=0, max=64, help="Processes that decide beside this one"),
) -> None:
    """Serve the API and the console of the market in ADUNION_HOME; a demo with its storefront."""
    from adunion.bootstrap import demo as demos

    settings = _at(Settings(), host, port)
    accounts = demos.accounts(settings)
    _serve(settings, storefront or bool(accounts), accounts, workers)


def demo(
    orders: Path = typer.Option(None, help="Ground the market in this order file"),
    mapping: str = typer.Option(None, help="Its mapping, e.g. online_retail"),
    serve: bool = typer.Option(True, help="Serve the console afterwards"),
    resume: bool = typer.Option(False, "--resume", help="Serve the demo that was built last"),
    seed: int = typer.Option(1, min=0),
    items: int = typer.Option(20_000, min=200),
    merchants: int = typer.Option(200, min=20),
    shoppers: int = typer.Option(50_000, min=1_000),
    requests_per_day: int = typer.Option(35_000, min=500),
    history_days: int = typer.Option(14, min=1),
    days: int = typer.Option(3, min=1),
    plans: int = typer.Option(20, min=1),
    host: str = typer.Option(None, help="Default 127.0.0.1"),
    port: int = typer.Option(None, min=1, max=65_535, help="Default 8000"),
    quiet: bool = typer.Option(False, help="No progress"),
) -> None:
    """A whole market from nothing to settled money, then the console and a storefront."""
    from adunion.bootstrap import demo as demos

    if (orders is None) != (mapping is None):
        raise AdUnionError(
            "orders_and_mapping", "--orders and --mapping belong together.", 422,
            hint="For example: --orders orders.parquet --mapping online_retail",
        )  # fmt: skip
    settings = demos.demo_settings(_at(Settings(), host, port))
    size = demos.DemoSize(items, merchants, shoppers, requests_per_day, history_days, days, plans)
    with demos.only_demo(settings):
        if not resume:
            with progress(quiet) as report:
                demos.build(settings, size, seed, orders, mapping, report)
        accounts, found = demos.built(settings)
        show(found)
        if serve:
            _serve(settings, True, accounts)
    if not found["ledger"]["balanced"]:
        raise typer.Exit(1)


def _at(settings: Settings, host: str | None, port: int | None) -> Settings:
    given = {"host": host, "port": port}
    return settings.model_copy(update={k: v for k, v in given.items() if v is not None})


def _serve(
    settings: Settings, storefront: bool, accounts: Sequence[DemoAccount], count: int = 0
) -> None:
    import uvicorn

    from adunion.asgi import Application
    from adunion.bootstrap.serve import open_faces
    from adunion.bootstrap.workers import workers

    _check_port(settings)
    err.print("Opening the market: its event log is read again ...")
    with open_faces(settings, storefront=storefront, demo_accounts=accounts) as faces:
        config = uvicorn.Config(
            Application(faces), host=settings.host, port=settings.port, log_level="warning",
            loop="uvloop", http="httptools", timeout_graceful_shutdown=5,
        )  # fmt: skip

        class Server(uvicorn.Server):
            """Says where it is once it listens."""

            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                if self.started:
                    _welcome(faces.base_url, storefront, accounts)

        server = Server(config)
        with suppress(KeyboardInterrupt):
            if not count:
                server.run()
            else:
                with socket.create_server(("127.0.0.1", 0)) as own:
                    steering = f"http://127.0.0.1:{own.getsockname()[1]}"
                    with workers(settings, count, steering, storefront=storefront):
                        server.run(sockets=[own])
    err.print("Stopped.")


def _welcome(url: str, storefront: bool, accounts: Sequence[DemoAccount]) -> None:
    err.print(f"Console: {url}/   API: {url}/v1/openapi.json", end="")
    err.print(f"   Store: {url}/store" if storefront else "")
    for account in accounts:
        err.print(f"  {account.role}: {account.email} / {account.password}", highlight=False)
    err.print("Ctrl-C ends it.")


def _check_port(settings: Settings) -> None:
    """Say that the port is taken before a minute is spent on opening the market."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise AdUnionError(
                "port_taken", f"Cannot listen on {settings.host}:{settings.port}: {error}.", 409,
                hint="Choose another: --port 8001",
            ) from None  # fmt: skip
