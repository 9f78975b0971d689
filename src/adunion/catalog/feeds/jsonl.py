"""JSON Lines: one object per line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from operator import itemgetter
from typing import Any

import orjson

from .encoding import Lines, decoded, utf8_blocks
from .errors import cut_file
from .formats import FORMATS
from .plain import plain_columns, plain_records, whole_lines
from .types import CHUNK_ROWS, LINE_CHARS_MAX, Chunk, FeedFile, Problem, Wanted

_KEY = re.compile(r'"([^"\\]{1,80})"\s*:')


@FORMATS.register("jsonl")
def read_jsonl(file: FeedFile, wanted: Wanted) -> Iterator[Chunk]:
    """Rows of objects; a key that is absent counts as empty. Blank lines are passed over."""
    pieces = whole_lines(utf8_blocks(file))
    done = 0  # lines
    typed = True  # every column of one plain type so far
    for piece in pieces:
        chunk = plain_columns(piece, wanted, done + 1) if typed else None
        if chunk is not None:
            yield chunk
            done += len(chunk)
            continue
        typed = False
        records = plain_records(piece)
        if records is None:  # from here on
            texts = decoded(chain([piece], pieces))
            yield from _read_carefully(file, texts, wanted, done)
            return
        yield _chunk(records, range(done + 1, done + len(records) + 1), [], wanted)
        done += len(records)


def _read_carefully(
    file: FeedFile, texts: Iterable[str], wanted: Wanted, done: int
) -> Iterator[Chunk]:
    """Line by line, for files with lines that are blank, too long or wrong."""
    lines = Lines(texts, given=done)
    records: list[dict[str, Any]] = []
    starts: list[int] = []
    problems: list[Problem] = []
    long_told = 0
    for line in lines:
        number = lines.given + len(lines.long)
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if line.strip():
                said = f"not valid JSON ({error.msg}, column {error.colno})"
                if lines.cut and not line.rstrip().endswith("}"):
                    raise cut_file(file.name, said, number) from None
                said += "."
                problems.append(Problem(number, "", said, line[:200]))
            continue
        if not isinstance(record, dict):
            problems.append(Problem(number, "", "not a JSON object.", line[:200]))
            continue
        records.append(record)
        starts.append(number)
        if len(records) == CHUNK_ROWS:
            problems += _long(lines, long_told)
            long_told = len(lines.long)
            yield _chunk(records, starts, problems, wanted)
            records, starts, problems = [], [], []
    problems += _long(lines, long_told)
    if records or problems:
        yield _chunk(records, starts, problems, wanted)


def _long(lines: Lines, told: int) -> list[Problem]:
    said = f"longer than {LINE_CHARS_MAX} characters."
    return [
        Problem(long.number, (_KEY.findall(long.start) or [""])[-1], said, long.start[:200])
        for long in lines.long[told:]
    ]


def _chunk(
    records: list[dict[str, Any]], starts: Sequence[int], problems: list[Problem], wanted: Wanted
) -> Chunk:
    keys = list(records[0]) if records else []
    if len(keys) > 1 and set(map(len, records)) == {len(keys)}:
        with suppress(KeyError):  # mostly all records have the same keys
            read = zip(*map(itemgetter(*keys), records), strict=True)
            found = dict(zip(keys, map(list, read), strict=True))
            columns = {name: found[name] for name in wanted.names if name in found}
            return Chunk(starts, columns, problems, records)
    columns = {name: [record.get(name) for record in records] for name in wanted.names}
    return Chunk(starts, columns, problems, records)
