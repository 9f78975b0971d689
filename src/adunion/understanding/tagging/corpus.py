"""Reading tagged titles (a character and its B-, I- or O label a line, titles apart by a blank)."""

from __future__ import annotations

from pathlib import Path

from adunion.kernel.errors import AdUnionError

from .types import CODES

Title = tuple[str, list[str]]
"""Characters and one label each."""
Bounds = tuple[int, int, str]
"""Start, end and code of a part."""


def read_tagged(path: Path) -> list[Title]:
    """Every title of a file.

    Raises:
        AdUnionError: the file is missing, not UTF-8, empty, or a line is no character and label.
    """
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(f"{path} cannot be read ({error}).") from None
    found: list[Title] = []
    characters, labels = "", list[str]()
    for number, line in enumerate([*lines, ""], 1):
        text = line.rstrip("\r")
        if not text.strip():
            if characters:
                found.append((characters, labels))
                characters, labels = "", []
            continue
        character, _, label = text.rpartition(" ")
        if len(character or " ") != 1 or not _known(label):
            raise _bad(f"{path}, line {number}: {text[:40]!r} is no character and label.")
        characters += character or " "
        labels.append(label)
    if not found:
        raise _bad(f"{path} holds no titles.")
    return found


def bounds(labels: list[str]) -> list[Bounds]:
    """The parts that B- and I- labels mark, as (start, end, code); a stray I- starts a part."""
    found: list[Bounds] = []
    start, code = -1, ""
    for at, label in enumerate([*labels, "O"]):
        if start >= 0 and label != f"I-{code}":
            found.append((start, at, code))
            start = -1
        if label != "O" and start < 0:
            start, code = at, label[2:]
    return found


def marked(parts: list[Bounds], length: int) -> list[str]:
    """The inverse of `bounds`: B-, I- and O labels of a title of so many characters."""
    found = ["O"] * length
    for start, end, code in parts:
        found[start:end] = [f"B-{code}", *[f"I-{code}"] * (end - start - 1)]
    return found


def f1(found: list[list[Bounds]], truth: list[list[Bounds]]) -> float:
    """Micro F1 over exact spans with their kind."""
    pairs = list(zip(found, truth, strict=True))
    right = sum(len(set(a) & set(b)) for a, b in pairs)
    said = sum(len(set(a)) + len(set(b)) for a, b in pairs)
    return 2 * right / max(said, 1)


def _known(label: str) -> bool:
    return label == "O" or (label[:2] in ("B-", "I-") and label[2:] in CODES)


def _bad(message: str) -> AdUnionError:
    hint = "Give lines like '帽 B-HCCX', titles apart by an empty line; codes: HCCX HPPX XH MISC."
    return AdUnionError("bad_corpus", message, 422, field="data", hint=hint)
