"""`adunion search ...`: an index of a catalog file, and what it finds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError, invalid

from .output import out, print_json, progress
from .textfile import read_lines

search_app = typer.Typer(
    help="Find items by words and meaning. 搜索商品：词语与语义。", no_args_is_help=True
)

Index = Annotated[
    Path | None, typer.Option(help="Folder of the index; ADUNION_HOME/search by default.")
]
Catalog = Annotated[Path, typer.Option("--catalog", help="TSV, CSV, XML, JSONL or Parquet.")]
MappingName = Annotated[str, typer.Option("--mapping", "-m", help="Shipped mapping, or a .toml.")]
EmbedderName = Annotated[
    str | None, typer.Option("--embedder", help="ADUNION_EMBEDDER by default; none: words only.")
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave bad rows out.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]
_QUERY_CHARS_SHOWN = 200
_SURE = 0.01  # a best score below it: no item says what was asked for


@search_app.command()
def build(
    catalog: Catalog,
    mapping: MappingName = "google_merchant",
    out_: Annotated[Path | None, typer.Option("--out", help="Folder of the index.")] = None,
    embedder: EmbedderName = None,
    skip_bad: SkipBad = False,
    json_: Json = False,
) -> None:
    """Index a catalog file. What an index in the folder knows of the same texts is used again."""
    from adunion.understanding.search import SearchIndex, read_catalog

    folder = _folder(out_)
    _check(catalog)
    with progress(json_) as told:
        old = _previous(folder)
        items = {
            item.id: item
            for item in read_catalog(
                catalog, mapping, skip_bad=skip_bad,
                progress=lambda done, total: told("reading", done, total),
            )
        }  # fmt: skip
        gone = [] if old is None else [id_ for id_ in old.ids if id_ not in items]
        index = (old or SearchIndex.build(())).changed(items.values(), gone)
        name = _finish(index, folder, embedder, told)
    _say(folder, len(index), name, json_)


@search_app.command()
def update(
    catalog: Annotated[Path | None, typer.Option("--catalog", help="Items to put in.")] = None,
    mapping: MappingName = "google_merchant",
    withdraw: Annotated[list[str] | None, typer.Option(help="Id to take out; repeatable.")] = None,
    index: Index = None,
    skip_bad: SkipBad = False,
    json_: Json = False,
) -> None:
    """Add or change the items of a file, and withdraw others, without reading the rest again."""
    from adunion.understanding.search import load, read_catalog

    if catalog is None and not withdraw:
        raise invalid(
            "catalog", "There is nothing to change.", "Give --catalog, --withdraw or both."
        )
    folder = _folder(index)
    known, name = load(folder)
    unknown = sorted(set(withdraw or ()) - set(known.ids))
    if unknown:
        raise invalid("withdraw", f"No item {unknown[0]!r} in {folder}.", "Check the id.")
    if catalog is not None:
        _check(catalog)
    with progress(json_) as told:
        put = list(read_catalog(catalog, mapping, skip_bad=skip_bad)) if catalog else []
        changed = known.changed(put, withdraw or ())
        _finish(changed, folder, name or "none", told)
    _say(folder, len(changed), name, json_)


@search_app.command()
def query(
    text: Annotated[str | None, typer.Argument(help="What to search for")] = None,
    queries: Annotated[Path | None, typer.Option(help="File of queries, one a line")] = None,
    top: Annotated[int, typer.Option(min=1, max=300, help="Items a query")] = 24,
    out_: Annotated[
        Path | None, typer.Option("--out", help="Run file: query, rank, item id, score (TSV)")
    ] = None,
    index: Index = None,
    json_: Json = False,
) -> None:
    """Search for one text, or for every line of a file."""
    from adunion.understanding.search.wishes import read_wish

    if (text is None) == (queries is None):
        raise invalid("queries", "Give one query, or --queries FILE.")
    searcher = _searcher(_folder(index))
    asked = [text] if text is not None else _queries(queries)
    with progress(json_ or queries is None) as told:
        found = []
        for number, line in enumerate(asked, 1):
            found.append((line, searcher.search(line or "", top)))
            told("searching", number, len(asked))
    rows = [
        (_shown(line or ""), rank, hit.id, round(hit.score, 6))
        for line, hits in found
        for rank, hit in enumerate(hits, 1)
    ]
    if out_ is not None:
        out_.write_text("".join(f"{q}\t{n}\t{i}\t{s:.6f}\n" for q, n, i, s in rows), "utf-8")
    items = searcher.index.entries
    sold_in = [name for name in searcher.index.prices.names if name]
    if json_:
        print_json(
            [
                {
                    "query": q,
                    "read": read_wish(q).said(sold_in),
                    "rank": n,
                    "item": i,
                    "score": s,
                    "title": items[i].item.title,
                    "price_minor": items[i].item.price_minor,
                    "currency": items[i].item.currency,
                }
                for q, n, i, s in rows
            ]
        )
    elif out_ is None:
        titles = {i: items[i].item.title for _, _, i, _ in rows}
        for line, _ in found:
            said = _shown(line or "")
            _table([row for row in rows if row[0] == said], titles, said, sold_in)
    else:
        out.print(f"{len(asked):,} queries, {len(rows):,} rows in {out_}")


@search_app.command()
def evaluate(
    ratings: Annotated[Path, typer.Option(help="CSV of query, docid, final_rating")],
    index: Index = None,
    json_: Json = False,
) -> None:
    """NDCG@10 of the shipped ranking by human ratings; unrated items count 0."""
    import numpy as np

    from adunion.understanding.search import interval, ndcg, read_ratings

    rated, searcher = read_ratings(ratings), _searcher(_folder(index))
    found = {
        asked: ndcg([hit.id for hit in searcher.search(asked, 10)], grades)
        for asked, grades in rated.items()
    }
    judged = {asked: value for asked, value in found.items() if value == value}
    if not judged:
        raise invalid("ratings", f"{ratings}: no query has a relevant item.")
    low, high = interval(list(judged.values()))
    answer = {
        "ndcg_at_10": round(float(np.mean(list(judged.values()))), 4),
        "interval_95": [round(low, 4), round(high, 4)],
        "queries": len(judged),
        "queries_without_a_relevant_item": len(found) - len(judged),
        "mean_over_all_queries": round(sum(judged.values()) / len(found), 4),
    }
    if json_:
        print_json(answer | {"by_query": {q: round(v, 4) for q, v in judged.items()}})
        return
    for name, value in answer.items():
        out.print(f"{name.replace('_', ' '):32} {value}")


@search_app.command()
def train(
    ratings: Annotated[Path, typer.Option(help="CSV of query, docid, final_rating")],
    index: Index = None,
    json_: Json = False,
) -> None:
    """Learn the relevance layer from ratings; prints its weights, and NDCG@10 by nested folds."""
    import numpy as np

    from adunion.understanding.search import read_ratings, training

    judged = training.judge(_searcher(_folder(index)), read_ratings(ratings))
    if len(judged) < 2 * training.FOLDS:
        raise invalid("ratings", f"{len(judged)} queries with a relevant item are too few.")
    scores, strengths = training.cross_validate(judged)
    strength = training.choose(judged)
    answer = {
        "weights": training.fit(judged, strength).named(),
        "strength": strength,
        "ndcg_at_10_of_unseen_queries": round(float(np.mean(list(scores.values()))), 4),
        "strength_by_fold": strengths,
        "queries": len(judged),
    }
    if json_:
        print_json(answer)
        return
    for name, value in answer.items():
        out.print(f"{name.replace('_', ' '):32} {value}")


def _folder(given: Path | None) -> Path:
    return given or Settings().home / "search"


def _check(path: Path) -> None:
    if not path.is_file():
        raise AdUnionError("no_such_file", f"{path}: no such file.", hint="Check the path.")


def _previous(folder: Path) -> Any:
    """What is there already; anything that cannot be read is replaced."""
    from adunion.understanding.search import load

    try:
        return load(folder)[0]
    except AdUnionError:
        return None


def _finish(index: Any, folder: Path, embedder: str | None, told: Any) -> str | None:
    from adunion.understanding.search import embedded, save

    name = Settings().embedder if embedder is None else embedder
    if name == "none":
        save(index, folder)
        return None
    whole = embedded(index, name, lambda done, total: told("embedding", done, total))
    save(whole, folder, name)
    return name


def _say(folder: Path, items: int, embedder: str | None, json_: bool) -> None:
    if json_:
        print_json({"index": str(folder), "items": items, "embedder": embedder})
    else:
        out.print(f"{items:,} items in {folder} ({embedder or 'words only'})")


def _searcher(folder: Path) -> Any:
    from adunion.understanding.search import load, searcher, synonyms

    index, name = load(folder, synonyms.load(Settings().home))
    return searcher(index, name)


def _queries(path: Path | None) -> list[str]:
    assert path is not None
    found = read_lines(path, "queries")
    if not any(map(str.strip, found)):
        raise invalid("queries", f"{path} holds no query.", "Give one query a line.")
    return found


def _shown(text: str) -> str:
    """A query on one line of the run file."""
    kept = "".join(c if c.isprintable() else " " for c in text[:_QUERY_CHARS_SHOWN])
    return kept.encode("utf-8", "replace").decode().strip()


def _table(
    rows: list[tuple[str, int, str, float]], titles: dict[str, str], asked: str, sold_in: list[str]
) -> None:
    from adunion.understanding.search.wishes import read_wish

    read = read_wish(asked).said(sold_in)
    asked = f"{asked or '(empty)'} ({read})" if read else asked or "(empty)"
    if not rows:
        out.print(_plain(f"{asked}: nothing found."))
        return
    if rows[0][3] < _SURE:
        asked += ": nothing says this; the nearest"
    table = Table(title=_plain(asked), title_justify="left", box=None)
    for name in ("", "score", "item", "title"):
        table.add_column(name, justify="right" if name in ("", "score") else "left")
    for _, rank, item, score in rows:
        shown = f"{score:.3f}" if score >= 0.001 else "<0.001"
        table.add_row(str(rank), shown, _plain(item), _plain(titles[item]))
    out.print(table)


def _plain(text: str) -> Any:
    from rich.text import Text

    return Text("".join(c if c.isprintable() else " " for c in text))
