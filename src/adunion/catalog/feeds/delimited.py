"""CSV, TSV and other delimited text."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Protocol

from adunion.kernel.errors import AdUnionError

from .encoding import Lines, decoded, utf8_blocks
from .errors import broken_file, cut_file
from .formats import FORMATS
from .plain import plain_chunk, plain_header, split_header, whole_lines
from .types import CHUNK_ROWS, FIELD_CHARS_MAX, LINE_CHARS_MAX, Chunk, FeedFile, Problem, Wanted

_DELIMITERS = "\t,;|"
_CLOSE_QUOTE = "Close the quoted field, or get the whole file again."


@FORMATS.register("delimited")
def read_delimited(file: FeedFile, wanted: Wanted) -> Iterator[Chunk]:
    """Rows under a header line; the delimiter is the sign the header holds most of."""
    pieces = whole_lines(utf8_blocks(file))
    start = next(pieces, b"")
    blank, header, body = split_header(start)
    line = first = blank.count(b"\n") + 2
    title = header.decode(errors="replace")
    delimiter = file.hints.delimiter or max(_DELIMITERS, key=title.count)
    names = plain_header(title, delimiter)
    if names is None:
        texts = decoded(chain([header, body], pieces))
        yield from _read_carefully(file, delimiter, texts, wanted, first - 2)
        return
    places = find_columns(file.name, names, wanted)
    for piece in chain(filter(None, [body]), pieces):
        chunk = plain_chunk(piece, delimiter, len(names), places, line)
        if chunk is None:  # from here on
            texts = decoded(chain([header, piece], pieces))
            yield from _read_carefully(file, delimiter, texts, wanted, line - 2)
            return
        yield chunk
        line += len(chunk)
    if line == first:
        raise _no_row(file)


def _read_carefully(
    file: FeedFile, delimiter: str, texts: Iterable[str], wanted: Wanted, skipped: int
) -> Iterator[Chunk]:
    """Row by row, for files that quote, break off or are wrong, with the line of each problem."""
    rows = _Rows(file, delimiter, texts, skipped)
    places = find_columns(file.name, rows.header, wanted)
    empty = True
    while batch := rows.next_batch():
        empty = False
        columns = list(zip(*batch.rows, strict=True)) or [()] * len(rows.header)
        picked = {name: list(columns[place]) for name, place in places.items()}
        yield Chunk(batch.lines, picked, batch.problems)
    if empty:
        raise _no_row(file)


def _no_row(file: FeedFile) -> AdUnionError:
    return broken_file(
        file.name, "there is a header but no row.", "Check how the file was written."
    )


def normal(name: str) -> str:
    """A column name as it is compared: `g:image_link`, `Image Link ` and `image link` are one."""
    return name.strip().removeprefix("g:").casefold().replace(" ", "_")


def find_columns(file_name: str, header: Sequence[str], wanted: Wanted) -> dict[str, int]:
    """Where each wanted column is; a name twice or a required one missing is an error."""
    names = [normal(name) for name in header]
    twice = [name for name, times in Counter(names).items() if times > 1 and name]
    prefixes = tuple(map(normal, wanted.prefixes))
    asked = {normal(name): name for name in wanted.names}
    for name in twice:
        if name in asked or name.startswith(prefixes or ("\0",)):
            places = [n + 1 for n, other in enumerate(names) if other == name]
            raise broken_file(
                file_name,
                f"the column {header[places[0] - 1]!r} occurs twice (columns {places}).",
                "Rename or remove one.",
                1,
                header[places[0] - 1],
            )
    missing = [
        name for name in wanted.names if name in wanted.required and normal(name) not in names
    ]
    if missing:
        raise broken_file(
            file_name,
            f"there is no column {missing[0]!r}; the file has {_listed(header)}.",
            "Choose the mapping that fits with --mapping, or rename the column.",
            1,
            missing[0],
        )
    found = {asked[name]: place for place, name in enumerate(names) if name in asked}
    if prefixes:
        found |= {header[n]: n for n, name in enumerate(names) if name.startswith(prefixes)}
    return found


def _listed(header: Sequence[str]) -> str:
    return ", ".join(repr(name[:40]) for name in header[:30]) + (", ..." if header[30:] else "")


class _Parser(Protocol):
    line_num: int  # lines read so far

    def __iter__(self) -> Iterator[list[str]]: ...


class _Blanks:
    """Splits lines at blanks; looks like a csv reader."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.line_num = 0

    def __iter__(self) -> Iterator[list[str]]:
        for line in self._lines:
            self.line_num += 1
            yield line.split()


class _Batch:
    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.lines: list[int] = []
        self.problems: list[Problem] = []

    def __bool__(self) -> bool:
        return bool(self.rows or self.problems)


class _Rows:
    """Rows of a parser with the line each begins on, and what went wrong between them.

    `_end` counts the lines that `Lines` gave out; those it left out are added when a line is told.
    """

    def __init__(self, file: FeedFile, delimiter: str, texts: Iterable[str], skipped: int) -> None:
        self._file = file
        self._lines = Lines(texts, given=skipped)
        self._skipped = skipped  # lines of the file before these texts
        self._delimiter = delimiter
        self._parser: _Parser = (
            _Blanks(iter(self._lines))
            if delimiter == "whitespace"
            else csv.reader(self._lines, delimiter=delimiter, strict=True)
        )
        self._end = self._skipped  # the line on which the last row ended
        self._long_told = 0
        self.header: list[str] = []
        self.header = [name.strip() for name in next(self._parsed(_Batch()), [])]
        if not any(self.header):
            raise broken_file(
                file.name, "there is no header line.", "Name the columns in the first line.", 1
            )
        self._end = self._at()

    def next_batch(self) -> _Batch:
        batch = _Batch()
        ends = [self._end]
        rows, starts, width, parser = batch.rows, batch.lines, len(self.header), self._parser
        left_out = self._lines.long
        for row in self._parsed(batch):
            if len(row) == width:
                rows.append(row)
                starts.append(self._end + 1 + len(left_out))
            elif row:
                batch.problems.append(self._ragged(row))
            self._end = self._skipped + parser.line_num
            ends.append(self._end)
            if len(rows) >= CHUNK_ROWS:
                break
        self._place_long_lines(batch, ends)
        return batch

    def _start(self) -> int:
        """The line on which the row being read begins."""
        return self._end + 1 + len(self._lines.long)

    def _at(self) -> int:
        return self._skipped + self._parser.line_num

    def _parsed(self, batch: _Batch) -> Iterator[list[str]]:
        while True:
            try:
                yield from self._parser
                return
            except csv.Error as error:
                self._judge(error, batch)

    def _judge(self, error: csv.Error, batch: _Batch) -> None:
        """A row the parser refuses: skippable where it cannot have swallowed its followers."""
        start, said, line = self._start(), str(error), self._lines.last
        if "unexpected end of data" in said:
            raise broken_file(
                self._file.name,
                "a quoted field of the row that begins here is never closed: "
                "the file is cut, or a quote is missing.",
                _CLOSE_QUOTE,
                start,
            )
        field = ""
        if "field larger" in said:
            field = self._field_at(line)
            said = f"longer than {FIELD_CHARS_MAX} characters."
        else:
            said = f"bad quoting ({said}). Double each quote inside a quoted field."
        if self._end + 1 != self._at() or line.count('"') % 2:
            raise broken_file(self._file.name, said, _CLOSE_QUOTE, start, field or None)
        batch.problems.append(Problem(start, field, said, line[:200]))
        self._end = self._at()

    def _field_at(self, line: str) -> str:
        """The name of the longest field of a line."""
        inside = 0
        lengths = [0]
        for piece in line.split(self._delimiter):
            lengths[-1] += len(piece)
            inside ^= piece.count('"') % 2
            if not inside:
                lengths.append(0)
        place = lengths.index(max(lengths))
        return self.header[place] if place < len(self.header) else ""

    def _ragged(self, row: list[str]) -> Problem:
        said = f"{len(row)} fields where the header has {len(self.header)}"
        if self._lines.cut and len(row) < len(self.header):
            raise cut_file(self._file.name, said, self._start())
        return Problem(self._start(), "", f"{said}.", self._delimiter.join(row)[:200])

    def _place_long_lines(self, batch: _Batch, ends: list[int]) -> None:
        """Lines too long become problems, where no quoted field runs through them."""
        for n in range(self._long_told, len(self._lines.long)):
            long = self._lines.long[n]
            field = self._field_at(long.start)
            said = f"longer than {LINE_CHARS_MAX} characters."
            if long.number - 1 - n not in ends or long.odd_quotes:  # inside a quoted field
                raise broken_file(
                    self._file.name, said, "Shorten the field.", long.number, field or None
                )
            batch.problems.append(Problem(long.number, field, said, long.start[:200]))
        self._long_told = len(self._lines.long)
