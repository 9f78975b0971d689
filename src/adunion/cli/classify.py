"""`adunion understand classify`: classes of your own from a few examples."""

from __future__ import annotations

from pathlib import Path

import orjson
import typer

from adunion.kernel.config import Settings
from adunion.kernel.errors import invalid

from .output import out, plain, print_json
from .textfile import read_bytes, read_lines


def classify(
    texts: list[str] = typer.Argument(None, help="Texts; several are read apart"),
    in_: Path = typer.Option(None, "--in", help="A file with one text a line; - for standard in"),
    examples: Path = typer.Option(
        ..., help='Examples, a JSON object a line: {"sentence": ..., "label": ...}'
    ),
    json_: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """Sort texts into classes of which you have a few examples each."""
    from adunion.understanding.context.fewshot import FewShot
    from adunion.understanding.embed import embedder
    from adunion.understanding.needs.intents import noise

    said = [*(texts or []), *(read_lines(in_) if in_ else [])]
    if not said:
        raise invalid("texts", "There is no text to read.", "Give texts, or a file with --in.")
    known, labels = read_examples(examples)
    model = FewShot.learn(known, labels, embedder(settings=Settings()))
    chances = model.chances(said)
    rows = []
    for text, row in zip(said, chances, strict=True):
        nothing = noise(text)
        label = None if nothing else model.labels[row.argmax()]
        probability = 0.0 if nothing else round(float(row.max()), 4)
        rows.append({"text": text, "label": label, "probability": probability, "nothing": nothing})
    if json_:
        print_json(rows)
        return
    for row in rows:
        found = row["nothing"] or f"{row['label']}  {row['probability']:.0%}"
        out.print(plain(f"{found}  {row['text']}"[:160]))


def read_examples(path: Path) -> tuple[list[str], list[str]]:
    """Texts and labels of a file of JSON lines; `label_desc` or `label_des` names a label."""
    texts, labels = [], []
    lines = read_bytes(path, "examples").removeprefix(b"\xef\xbb\xbf").split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
            texts.append(str(row["sentence"]))
            labels.append(str(row.get("label_desc") or row.get("label_des") or row["label"]))
        except (orjson.JSONDecodeError, KeyError, AttributeError, TypeError):
            raise invalid(
                "examples", f"{path}, line {number} is no example.",
                'Give {"sentence": "...", "label": "..."} a line.',
            ) from None  # fmt: skip
    return texts, labels
