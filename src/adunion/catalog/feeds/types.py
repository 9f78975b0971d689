"""Types of the feeds: raw chunks, problems, and order lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

LINE_CHARS_MAX = 1 << 20
"""Longest line of a text file, in characters: what is read at once is bounded by it."""

FIELD_CHARS_MAX = 1 << 17
"""Longest single field, in characters; the same as the csv module's own limit."""

CHUNK_ROWS = 8192


class Problem(NamedTuple):
    """Why one row cannot be taken."""

    line: int  # of the file, 1-based; the row's number in Parquet
    field: str  # as the file calls it; empty where the row as a whole is wrong
    message: str
    row: str = ""  # what was read, for the report


@dataclass
class Chunk:
    """Some rows of a file as raw columns: only those asked for and found."""

    lines: Sequence[int]  # (n,) where each row begins
    columns: dict[str, Any]  # each (n,), a list or an Arrow array of strings
    problems: list[Problem] = field(default_factory=list)  # rows that could not even be split
    records: list[dict[str, Any]] | None = None  # (n,) the whole rows, where a format has them so

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(frozen=True)
class Wanted:
    """The columns a mapping reads."""

    names: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()  # of `names`: a file without them is refused
    prefixes: tuple[str, ...] = ()  # and all whose name starts so


@dataclass(frozen=True)
class FileHints:
    """What a mapping says about the file itself."""

    delimiter: str | None = None  # a character, or "whitespace"
    encoding: str | None = None


Progress = Callable[[int, int], None]
"""Called with bytes read so far and bytes in all."""


@dataclass
class FeedFile:
    """A file to read and what is known about it."""

    path: Path
    hints: FileHints = FileHints()
    progress: Progress | None = None
    encoding: str = ""  # once it was found out

    @property
    def name(self) -> str:
        """As errors call it."""
        return self.path.name


class Reader(Protocol):
    """Reads one format into chunks; raises AdUnionError where the file as a whole is broken."""

    def __call__(self, file: FeedFile, wanted: Wanted) -> Iterator[Chunk]:
        """The rows in order."""
        ...


@dataclass
class OrderLines:
    """Validated order lines as columns of one length; money in minor units of `currency`.

    A return has `returned` set and a positive quantity and amount: what came back.
    """

    line: list[int] = field(default_factory=list)  # of the file
    merchant: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    item: list[str] = field(default_factory=list)  # external id; empty: no item is known
    title: list[str] = field(default_factory=list)
    quantity: list[int] = field(default_factory=list)
    amount_minor: list[int] = field(default_factory=list)
    currency: list[str] = field(default_factory=list)
    shopper: list[str] = field(default_factory=list)  # pseudonym; empty where unknown
    region: list[str] = field(default_factory=list)
    placed_at: list[datetime] = field(default_factory=list)
    paid_at: list[datetime | None] = field(default_factory=list)
    refund_minor: list[int] = field(default_factory=list)  # of the line itself
    returned: list[bool] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.line)
