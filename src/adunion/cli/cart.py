"""`adunion understand cart`: what completes a cart, learnt from past orders."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.table import Table

from adunion.kernel.errors import invalid

from .output import out, plain, print_json


def cart(
    orders: Path = typer.Option(..., help="Past orders to learn from"),
    mapping: str = typer.Option(..., help="How the file is read: a shipped mapping, or a .toml"),
    cart: str = typer.Option(..., help="Item ids of the cart, with commas between"),
    complements: bool = typer.Option(
        True, help="Leave out what is of one kind with an item of the cart"
    ),
    top: int = typer.Option(10, min=1, max=100, help="Items at most"),
    json_: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """What goes with what is in a cart (购物车推荐), and the baskets that say so."""
    from adunion.kernel.config import Settings
    from adunion.understanding.baskets import BasketModel, Kinds, Purchases, complete
    from adunion.understanding.needs import Knowledge
    from adunion.understanding.needs.words import NameFinder
    from adunion.understanding.orderfile import OrderColumns

    said = OrderColumns().read(orders, mapping)
    bought = Purchases.of(said.order, said.shopper, said.day, said.item)
    if not len(bought):
        raise invalid("orders", f"{orders}: no line names an item.", "Map the column `item`.")
    title_of = dict(zip(said.item, said.title, strict=True))
    titles = [title_of[item] for item in bought.items]
    kinds = None
    if complements:
        finder = NameFinder(Knowledge.load(Settings().home).names)
        named = [finder.find(title) for title in titles]
        kinds = Kinds(titles, None, [each[-1].product if each else -1 for each in named])
    held = [item.strip() for item in cart.split(",") if item.strip()]
    if not held:
        raise invalid("cart", "The cart is empty.", "Give item ids: --cart A,B.")
    found, unknown = complete(BasketModel(bought), held, kinds, top)
    if json_:
        rows = [
            {
                "item": each.item, "title": title_of[each.item], "score": round(each.score, 4),
                "because": each.because, "baskets_with_both": each.together, "of": each.of,
            }
            for each in found
        ]  # fmt: skip
        print_json({"cart": held, "unknown": unknown, "items": rows})
        return
    table = Table(box=None)
    for name in ("item", "title", "score", "because", "baskets"):
        table.add_column(name, justify="right" if name in ("score", "baskets") else "left")
    for each in found:
        of = f"{each.together:,} of {each.of:,}" if each.because else ""
        because = plain(title_of.get(each.because, "popular"))
        table.add_row(
            plain(each.item), plain(title_of[each.item]), f"{each.score:.2f}", because, of
        )
    out.print(table)
    if unknown:
        out.print(plain(f"not in any basket: {', '.join(unknown)}"))
