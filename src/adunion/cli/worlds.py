"""Commands about worlds: new, from-orders."""

from __future__ import annotations

from pathlib import Path

import typer

from .output import err, print_json

world_app = typer.Typer(help="Worlds to simulate in.", no_args_is_help=True)


@world_app.command()
def new(
    to: Path = typer.Argument(Path("world"), help="The folder to write to"),
    seed: int = typer.Option(1, min=0, help="The same seed and sizes give the same bytes"),
    items: int = typer.Option(20_000, min=1),
    merchants: int = typer.Option(200, min=1),
    shoppers: int = typer.Option(50_000, min=1),
    publishers: int = typer.Option(60, min=0),
    currency: str = typer.Option("CNY", help="ISO 4217"),
    as_json: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """Write a world of our own making: catalog, shoppers, publishers, and the planted truth."""
    from adunion.simulation.world.feed import write_catalog
    from adunion.simulation.world.generate import generate
    from adunion.simulation.world.store import save

    world = generate(seed, items, merchants, shoppers, publishers, currency)
    save(world, to)
    write_catalog(world, to)
    _say(world, to, as_json)


@world_app.command("from-orders")
def from_orders(
    file: Path = typer.Argument(help="An order file"),
    mapping: str = typer.Option(..., help="Its mapping, e.g. online_retail"),
    to: Path = typer.Option(Path("world"), help="The folder to write to"),
    seed: int = typer.Option(1, min=0),
    shoppers: int = typer.Option(20_000, min=100),
    as_json: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """Write a world grounded in real orders: items, prices, co-purchase, repeats, rhythm."""
    from adunion.bootstrap.simulator import world_from_orders
    from adunion.simulation.world.feed import write_catalog
    from adunion.simulation.world.store import save

    world = world_from_orders(file, mapping, seed, shoppers)
    save(world, to)
    write_catalog(world, to)
    _say(world, to, as_json)


def _say(world: object, to: Path, as_json: bool) -> None:
    from adunion.simulation.world.types import World

    assert isinstance(world, World)
    view = world.view
    counts = {
        "folder": str(to),
        "source": world.source,
        "currency": view.currency,
        "items": len(view.items),
        "merchants": len(view.merchants.name),
        "shoppers": len(view.shoppers),
        "publishers": len(view.publishers),
        "categories": len(view.leaves.top_names),
        "queries": len(view.queries),
    }
    if as_json:
        print_json(counts)
    else:
        err.print(", ".join(f"{name}: {value}" for name, value in counts.items()))
