"""`adunion understand context`: what a page is about, whether goods fit beside it, and which."""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from rich.table import Table

from adunion.kernel.config import Settings
from adunion.kernel.errors import invalid

from .output import out, plain, print_json

KINDS = {"page": "review", "article": "review", "transcript": "review", "chat": "chat"}


def context(
    file: Path = typer.Argument(..., help="A page: HTML, text, subtitles or a chat; - reads stdin"),
    kind: str = typer.Option("page", help="page, article, transcript or chat"),
    catalog: Path = typer.Option(None, help="Match items of this file"),
    mapping: str = typer.Option("google_merchant", help="How the catalog's file is read"),
    market: bool = typer.Option(False, help="Match items of the market in ADUNION_HOME"),
    top: int = typer.Option(10, min=1, max=100, help="Items at most"),
    json_: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """Topics, mood, language and brand safety of a page; categories, needs and items for it."""
    from adunion.understanding.context import ContextReader, page_of, read_file
    from adunion.understanding.context.items import items_for
    from adunion.understanding.embed import embedder
    from adunion.understanding.needs import NeedFinder
    from adunion.understanding.needs.library import open_library

    from .needs import matcher_of

    if kind not in KINDS:
        raise invalid("kind", f"{kind!r} is no kind of page.", f"Choose from {', '.join(KINDS)}.")
    piped = str(file) == "-"
    page = page_of(sys.stdin.buffer.read(), "stdin") if piped else read_file(file)
    settings = Settings()
    matcher = matcher_of(catalog, mapping, market)
    finder = NeedFinder(open_library(settings), matcher=matcher)
    reader = ContextReader(settings.home, embedder(settings=settings), finder)
    reading = reader.read(page, "chat" if kind == "chat" else "review")
    items = items_for(reading, finder.library.knowledge, matcher, top) if matcher else []
    if json_:
        print_json(reading.as_dict() | {"items": [vars(item) for item in items]})
        return
    table = Table(show_header=False, title=plain(reading.title or str(file)), title_justify="left")
    table.add_column(style="dim")
    table.add_column()
    topics = [
        f"{t.en} {t.zh} {t.share:.0%} [dim]{plain(' '.join(t.words))}[/]" for t in reading.topics
    ]
    table.add_row("topics", "\n".join(topics) or "none recognised")
    table.add_row("language", f"{reading.language}, {reading.characters:,} characters")
    table.add_row("mood", f"{reading.mood} ({reading.mood_score:+.2f})")
    colour = {"safe": "green", "caution": "yellow", "unsafe": "red"}[reading.safety]
    why = [f"{c.en} {c.zh}: {plain(' '.join(c.words))}" for c in reading.concerns]
    table.add_row("brand safety", f"[{colour}]{reading.safety}[/] " + "; ".join(why))
    none = "none: nothing is sold beside this" if reading.safety == "unsafe" else "none recognised"
    fits = [f"{c.en} {c.zh} {c.fit:.2f}" for c in reading.categories]
    table.add_row("categories", ", ".join(fits) or none)
    needs = [f"{n.en} {n.zh} {n.strength:.2f}" for n in reading.needs]
    table.add_row("needs", ", ".join(needs) or none)
    for item in items:
        table.add_row("item", f"{plain(item.title[:80])} [dim]{plain(item.id)} for {item.need}[/]")
    out.print(table)
