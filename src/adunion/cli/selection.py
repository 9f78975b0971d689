"""`adunion select`: what a publisher should promote today; `adunion bench selection` judges it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer
from rich.table import Table

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import to_major, to_minor
from adunion.publishers import Publishers

from .output import err, out, plain, print_json, progress

_SAID = {
    "need": "the need for it is rising",
    "fit": "your audience wants it {times} times as much",
    "appeal": "clicked {times} times as often",
    "orders": "bought {times} times as often when clicked",
    "worth": "an order brings {times} times as much",
    "commission": "pays {times} times the commission",
    "experience": "buyers are happier with it",
}
PUBLISHERS_SAID = 20


def select(
    publisher: str = typer.Option(..., help="Its id (pub_...) or its own name for itself"),
    top: int = typer.Option(20, min=1, max=100, help="Products to choose"),
    category: str = typer.Option("", help="This category and all below it"),
    rate_min: float = typer.Option(0.0, min=0, max=100, help="Least commission, per cent"),
    price_min: str = typer.Option("0", help="Major units"),
    price_max: str = typer.Option(None, help="Major units"),
    rising: bool = typer.Option(False, "--rising", help="Only what a topic or season lifts"),
    new: bool = typer.Option(False, "--new", help="Without what it has a link to"),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
) -> None:
    """Potential products of today for one publisher, with reasons, and what was left out."""
    from adunion.advice import Wish
    from adunion.bootstrap.selection import Selections
    from adunion.bootstrap.serve import open_to_look

    if not json_:
        err.print("Opening the market: its event log is read again ...")
    with open_to_look(Settings()) as market:
        publisher_id = _publisher_id(market.publishers, publisher)
        wish = Wish(
            top, category, round(rate_min * 100), to_minor(price_min, market.currency),
            None if price_max is None else to_minor(price_max, market.currency), rising, new,
        )  # fmt: skip
        found = Selections(market).of(publisher_id, wish)
    if json_:
        print_json(found)
    else:
        _show(found)


def _publisher_id(publishers: Publishers, name: str) -> str:
    """The id of a publisher by id or by its own name; raises 404 that names those there are."""
    known = publishers.by_external_id(name)
    if known is not None:
        return known.id
    try:
        return publishers.get(name).id
    except AdUnionError:
        rows, more = publishers.list_publishers(PUBLISHERS_SAID)
    names = ", ".join(sorted(row.external_id for row in rows)) + (", ..." if more else "")
    raise AdUnionError(
        "not_found", f"No publisher {name!r}.", 404,
        hint=f"Choose one of: {names}." if rows else "There are none yet: POST /v1/publishers.",
    )  # fmt: skip


def _times(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.1f}"


def _show(found: dict[str, Any]) -> None:
    currency = found["currency"]
    if found["nothing"]:
        out.print(plain(found["nothing"]))
        return
    table = Table(title=f"{len(found['picks'])} of {found['looked']:,} items, {currency}")
    for name in ("item", "price", "commission", "earns / 1000 views", "why"):
        table.add_column(name, justify="left" if name in ("item", "why") else "right")
    for one in found["picks"]:
        why = [
            _SAID[name].format(times=_times(one["factors"][name])) for name in one["reasons"][:3]
        ]
        if one["need"]:
            why.insert(0, _rises(one["need"]))
        table.add_row(
            plain(one["title"]), f"{to_major(one['price_minor'], currency):,}",
            f"{one['rate_bps'] / 100:g} %", f"{to_major(one['earns_minor'], currency):,}",
            plain(", ".join(why)),
        )  # fmt: skip
    out.print(table)
    out.print("times: as the middle one of these items")
    for one in found["left"][:8]:
        out.print(f"left out: {plain(one['title'])} ({one['why']})")


def _rises(need: dict[str, str]) -> str:
    """What lifts the need: a season in English, a topic as people wrote it."""
    if need["kind"] == "season":
        return f"season: {need['en']}"
    return f"rising topic “{need['zh']}”"


def bench(
    seed: int = typer.Option(1, min=0, help="Of the first made market"),
    markets: int = typer.Option(2, min=1, max=20),
    views: int = typer.Option(120_000, min=2_000, help="Page views a market learns from"),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
) -> None:
    """The selection off-policy in made markets, beside popularity and commission lists."""
    from adunion.advice.trial import Size, trial

    with progress(json_) as report:
        found = trial(seed, Size(markets=markets, views=views), report)
    if json_:
        print_json(found | {"size": asdict(Size(markets=markets, views=views))})
        return
    table = Table(title=f"per thousand page views, {found['views']:,} views; a simulation")
    for name in ("list", "commission (DR)", "true", "GMV, true", "clicks, true",
                 "selection earns", "true"):  # fmt: skip
        table.add_column(name, justify="left" if name == "list" else "right")
    for way, row in found["ways"].items():
        money = row["commission"]
        over = found["selection_over"].get(way, {}).get("commission")
        table.add_row(
            way, f"{money['dr']:,.0f} ({money['dr_low']:,.0f} to {money['dr_high']:,.0f})",
            f"{money['truth']:,.0f}", f"{row['gmv']['truth']:,.0f}",
            f"{row['clicks']['truth']:.1f}",
            f"x{over['dr']:.2f} ({over['low']:.2f} to {over['high']:.2f})" if over else "",
            f"x{over['truth']:.2f}" if over else "",
        )  # fmt: skip
    out.print(table)
