"""`adunion understand ...`: what people need, what goes with a cart; files in, answers out."""

from __future__ import annotations

import typer

from . import cart, classify, context, needs, pictures, reviews, tagging

understand_app = typer.Typer(
    help="Read people and products: needs, carts, pictures. 读懂需求、商品与图片。",
    no_args_is_help=True,
)
understand_app.command("needs")(needs.needs)
understand_app.command("knowledge")(needs.knowledge)
understand_app.command("cart")(cart.cart)
understand_app.command("image")(pictures.image)
understand_app.command("train-image")(pictures.train_image)
understand_app.command("tag")(tagging.tag)
understand_app.command("train-tag")(tagging.train_tag)
understand_app.command("context")(context.context)
understand_app.command("classify")(classify.classify)
understand_app.command("reviews")(reviews.reviews)
understand_app.command("train-polarity")(reviews.train_polarity)
