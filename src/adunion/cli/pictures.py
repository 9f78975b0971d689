"""`adunion understand image|train-image`: what pictures show, and a head of your own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from adunion.kernel.errors import AdUnionError, invalid

from .output import err, out, plain, print_json, progress

if TYPE_CHECKING:
    from adunion.understanding.pictures import Head, OnnxEncoder, PictureReading


def image(
    pictures: list[Path] = typer.Argument(..., help="Picture files, or folders of them"),
    similar: Path = typer.Option(None, help="A picture: which of the others are like it?"),
    duplicates: bool = typer.Option(False, help="Which of them are one picture, saved twice?"),
    top: int = typer.Option(8, min=1, max=1000, help="Similar pictures at most"),
    head: Path = typer.Option(None, help="A head that train-image wrote; else clothing"),
    onnx: Path = typer.Option(None, help="An ONNX encoder for classes and a head trained with it"),
    skip_bad: bool = typer.Option(False, help="Report pictures that cannot be read and go on"),
    json_: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """Colours, look, shape, style words with their evidence and class of product pictures."""
    from adunion.understanding.pictures import near_duplicates, read_picture
    from adunion.understanding.pictures import similar as most_alike

    chosen, encoder = _tools(head, onnx)
    readings = _read(_paths(pictures), chosen, encoder, skip_bad)
    if similar is not None:
        query = read_picture(similar, head=chosen, encoder=encoder)
        found = most_alike(query, readings, top)
        rows = [{"name": readings[k].name, "similarity": score} for k, score in found]
        _table(f"like {similar}", rows, json_)
    elif duplicates:
        groups = [[readings[k].name for k in group] for group in near_duplicates(readings)]
        if json_:
            print_json(groups)
        else:
            said = "\n\n".join("\n".join(map(plain, group)) for group in groups)
            out.print(said or "No duplicates.")
    elif json_:
        print_json([reading.as_dict() for reading in readings])
    else:
        for reading in readings:
            _show(reading)


def train_image(
    folder: Path = typer.Argument(..., help="One folder a class, pictures in it"),
    out_: Path = typer.Option(..., "--out", help="Where the head goes, .npz"),
    onnx: Path = typer.Option(None, help="Learn from this ONNX encoder's vectors instead of shape"),
    json_: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """Learn the classes of a folder of folders; prints the cross-validated top-1."""
    import numpy as np

    from adunion.understanding.pictures import head_vectors, pictures_in, train

    _, encoder = _tools(None, onnx)
    paths = pictures_in(folder) if folder.is_dir() else []
    if not paths:
        raise invalid("folder", f"{folder} holds no pictures.", "Give a folder of folders.")
    vectors = []
    with progress(json_) as report:
        for done, path in enumerate(paths, 1):
            vectors.append(head_vectors(path, encoder))
            report("reading pictures", done, len(paths))
    labels = [path.parent.name for path in paths]
    found, accuracy = train(np.stack(vectors), labels, encoder.name if encoder else "shape")
    found.save(out_)
    result = {"pictures": len(paths), "classes": list(found.labels), "top1": round(accuracy, 4)}
    if json_:
        print_json(result)
    else:
        out.print(
            f"{len(paths):,} pictures of {len(found.labels)} classes;"
            f" top-1 on pictures held out: {accuracy:.1%}. Use it: --head {out_}"
        )


def _tools(head: Path | None, onnx: Path | None) -> tuple[Head | None, OnnxEncoder | None]:
    from adunion.understanding.pictures import load, load_onnx

    return load(head) if head else None, load_onnx(onnx) if onnx else None


def _paths(given: list[Path]) -> list[Path]:
    from adunion.understanding.pictures import pictures_in

    found = [path for each in given for path in (pictures_in(each) if each.is_dir() else [each])]
    if not found:
        raise invalid("pictures", f"{given[0]} holds no pictures.", "Give files or folders.")
    return found


def _read(
    paths: list[Path], head: Head | None, encoder: OnnxEncoder | None, skip_bad: bool
) -> list[PictureReading]:
    from adunion.understanding.pictures import read_picture

    found, many = [], len(paths) > 20
    with progress(not many) as report:
        for done, path in enumerate(paths, 1):
            try:
                found.append(read_picture(path, head=head, encoder=encoder))
            except AdUnionError as error:
                if not skip_bad:
                    raise
                err.print(plain(f"skipped: {error}"))
            report("reading pictures", done, len(paths))
    if not found:
        raise invalid("pictures", "None of them can be read.", "Give pictures.")
    return found


def _show(reading: PictureReading) -> None:
    table = Table(title=plain(reading.name), show_header=False, title_justify="left")
    table.add_column(style="dim")
    table.add_column()
    classes = ", ".join(f"{plain(g.label)} {g.probability:.0%}" for g in reading.classes[:3])
    why = (
        "the head was trained with another encoder" if reading.subject else "no subject: one colour"
    )
    table.add_row("class", classes or f"[dim]{why}[/]")
    colours = " ".join(f"[on {c.hex}]    [/] {c.name} {c.share:.0%}" for c in reading.palette)
    table.add_row("colours", colours)
    table.add_row("background", f"[on {reading.background.hex}]    [/] {reading.background.name}")
    for style in reading.styles:
        why = ", ".join(f"{name} {value:g}" for name, value in style.evidence.items())
        table.add_row(f"{style.word} {style.word_zh}", f"{style.score:.2f}  [dim]{why}[/]")
    figures = {"colourfulness": reading.colourfulness, "clutter": reading.clutter}
    figures |= {"texture": reading.texture} | reading.shape | reading.layout
    table.add_row("figures", "  ".join(f"{name} {value:g}" for name, value in figures.items()))
    out.print(table)


def _table(title: str, rows: list[dict[str, object]], json_: bool) -> None:
    if json_:
        print_json(rows)
        return
    table = Table(title=plain(title))
    table.add_column("picture")
    table.add_column("similarity", justify="right")
    for row in rows:
        table.add_row(plain(str(row["name"])), f"{row['similarity']:.3f}")
    out.print(table)
