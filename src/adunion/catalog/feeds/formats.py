"""Which format a file is in: by its content first, its name second."""

from __future__ import annotations

from collections.abc import Iterator

from adunion.kernel.registry import Registry

from .encoding import open_bytes, text_blocks
from .errors import broken_file
from .types import Chunk, FeedFile, Reader, Wanted

FORMATS: Registry[Reader] = Registry("feed_format")
"""Readers by format name; add one with `@FORMATS.register("name")`."""

_FOREIGN = {
    b"PK\x03\x04": "a zip or Excel file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF",
}


def read_feed(file: FeedFile, wanted: Wanted) -> Iterator[Chunk]:
    """The rows of a file of any format we know."""
    return FORMATS.get(detect_format(file))(file, wanted)


def detect_format(file: FeedFile) -> str:
    """The format's name: parquet, xml, jsonl or delimited."""
    with open_bytes(file) as stream:
        try:
            head = stream.read(4)
        except (EOFError, OSError) as error:
            raise broken_file(file.name, f"cannot be read: {error}.", "Get it again.") from None
    if not head:
        raise broken_file(file.name, "the file is empty.", "Check how it was written.")
    if head == b"PAR1":
        return "parquet"
    for magic, what in _FOREIGN.items():
        if head == magic:
            raise broken_file(file.name, f"this is {what}.", "Save it as CSV (UTF-8) or Parquet.")
    if ".parquet" in file.name:
        raise broken_file(file.name, "this is not a Parquet file.", "Get it again.")
    return _text_format(file)


def _text_format(file: FeedFile) -> str:
    start = ""
    quiet = FeedFile(file.path, file.hints)
    for text in text_blocks(quiet):
        start = text.lstrip("\ufeff \t\r\n")
        if start:
            break
    file.encoding = quiet.encoding
    if not start:
        raise broken_file(
            file.name, "the file holds nothing but blanks.", "Check how it was written."
        )
    if "\0" in start.partition("\n")[0]:
        raise broken_file(
            file.name,
            "the first line holds NUL bytes: this is no text, or UTF-16 without a byte order mark.",
            "Save the whole file as UTF-8.",
            1,
        )
    if start[0] == "[" and start[1:].lstrip()[:1] in ("{", "]"):
        raise broken_file(
            file.name, "this is one JSON array.", "Write one JSON object per line (JSONL)."
        )
    return {"<": "xml", "{": "jsonl"}.get(start[0], "delimited")
