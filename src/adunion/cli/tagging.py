"""`adunion understand tag|train-tag`: brand, product, model and attributes of titles."""

from __future__ import annotations

from pathlib import Path

import typer

from adunion.kernel.errors import invalid

from .output import err, out, plain, print_json, print_raw
from .textfile import read_lines

COLOURS = {"product": "blue", "brand": "magenta", "model": "cyan", "attribute": "green"}


def tag(
    titles: list[str] = typer.Argument(None, help="Titles; several are read apart"),
    in_: Path = typer.Option(None, "--in", help="A file with one title a line; - for standard in"),
    tagger: Path = typer.Option(None, help="A tagger that train-tag wrote"),
    json_: bool = typer.Option(False, "--json", help="One JSON object a line"),
) -> None:
    """Brand, product, model and attributes of product titles, and their words."""
    import orjson

    from adunion.understanding.tagging import load, shipped

    said = [*(titles or []), *(read_lines(in_) if in_ else [])]
    if not said:
        raise invalid("titles", "There is no title to read.", "Give titles, or a file with --in.")
    chosen = load(tagger) if tagger else shipped()
    for title in said:
        found = chosen.tag(title)
        if json_:
            print_raw(orjson.dumps(found.as_dict()).decode())
            continue
        parts = "  ".join(
            f"[{COLOURS[span.tag]}]{plain(span.text)}[/] [dim]{span.tag}[/]" for span in found.spans
        )
        out.print(plain(title), highlight=False, soft_wrap=True)
        out.print(f"  {parts or '[dim]nothing found[/]'}", highlight=False, soft_wrap=True)


def train_tag(
    data: Path = typer.Argument(..., help="Tagged titles, or a folder with train.txt"),
    out_: Path = typer.Option(..., "--out", help="Where the tagger goes, .npz"),
    searches: Path = typer.Option(None, help="What people searched for, one a line"),
    titles: Path = typer.Option(None, help="Titles without tags, one a line"),
    json_: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """Learn a tagger; where the folder has a dev.txt, prints F1 on it and on its unseen titles."""
    from adunion.understanding.tagging import bounds, f1, read_tagged, train

    file = data / "train.txt" if data.is_dir() else data
    learn = read_tagged(file)
    found = train(
        learn,
        _last_columns(searches, "searches") if searches else [],
        _last_columns(titles, "titles") if titles else [],
        told=_silent if json_ else err.print,
    )
    found.save(out_)
    result: dict[str, object] = {"titles": len(learn), "bytes": out_.stat().st_size}
    held = data / "dev.txt"
    if data.is_dir() and held.exists():
        seen = {text for text, _ in learn}
        test = read_tagged(held)
        for what, rows in (("dev", test), ("unseen", [row for row in test if row[0] not in seen])):
            said = [found.bounds(text) for text, _ in rows]
            result[f"f1_{what}"] = round(f1(said, [bounds(labels) for _, labels in rows]), 4)
    if json_:
        print_json(result)
    else:
        out.print("  ".join(f"{name} {value}" for name, value in result.items()))


def _silent(_: str) -> None:
    """Machines read no progress."""


def _last_columns(path: Path, field: str) -> list[str]:
    """Texts of a file whose lines may begin with a number or a key and a tab."""
    return [line.rpartition("\t")[2] for line in read_lines(path, field) if line.strip()]
