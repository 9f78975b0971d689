"""JSON Lines: one object per line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from .encoding import Lines, text_blocks
from .formats import FORMATS
from .types import CHUNK_ROWS, LINE_CHARS_MAX, Chunk, FeedFile, Problem, Wanted

_KEY = re.compile(r'"([^"\\]{1,80})"\s*:')


@FORMATS.register("jsonl")
def read_jsonl(file: FeedFile, wanted: Wanted) -> Iterator[Chunk]:
    """Rows of objects; a key that is absent counts as empty. Blank lines are passed over."""
    lines = Lines(text_blocks(file))
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
                said = f"not valid JSON ({error.msg}, column {error.colno})."
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
    records: list[dict[str, Any]], starts: list[int], problems: list[Problem], wanted: Wanted
) -> Chunk:
    columns = {name: [record.get(name) for record in records] for name in wanted.names}
    return Chunk(starts, columns, problems, records)
