"""`adunion understand ...`: what people need, what goes with a cart; files in, answers out."""

from __future__ import annotations

import typer

from . import cart, needs

understand_app = typer.Typer(
    help="Read people and products: needs, carts. 读懂需求与购物车。", no_args_is_help=True
)
understand_app.command("needs")(needs.needs)
understand_app.command("knowledge")(needs.knowledge)
understand_app.command("cart")(cart.cart)
