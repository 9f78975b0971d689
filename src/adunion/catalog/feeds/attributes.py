"""Columns, or JSON, of a feed become the attributes of its items."""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ..binary import data_of
from .fields import Rows, as_texts, repeated
from .mapping import Section
from .types import FIELD_CHARS_MAX, Chunk


def attributes(rows: Rows, section: Section) -> pa.StringArray:
    """The attributes of each row as a JSON object, keys sorted."""
    rule, chunk = section.attributes, rows.chunk
    if rule.prefix or rule.pairs in chunk.columns:
        return _written(rows, _merged(rows, section))
    plain = _plain(chunk, rule.columns)
    return _written(rows, _merged(rows, section)) if plain is None else plain


def _merged(rows: Rows, section: Section) -> list[dict[str, Any]]:
    rule, chunk = section.attributes, rows.chunk
    merged: list[dict[str, Any]] = [{} for _ in range(len(rows))]
    if rule.prefix and chunk.records is not None:
        cut = len(rule.prefix)
        merged = [
            {key[cut:]: value for key, value in record.items() if key.startswith(rule.prefix)}
            for record in chunk.records
        ]
    elif rule.prefix:
        for name in (name for name in chunk.columns if name.startswith(rule.prefix)):
            _put(merged, name[len(rule.prefix) :], chunk)
    for name in rule.columns:
        _put(merged, name, chunk)
    if rule.pairs and rule.pairs in chunk.columns:
        for row, text in enumerate(as_texts(chunk.columns[rule.pairs]).to_pylist()):
            if text:
                _put_pairs(rows, row, rule.pairs, text, merged[row])
    return merged


def _written(rows: Rows, merged: list[dict[str, Any]]) -> pa.StringArray:
    written = [
        orjson.dumps(found, option=orjson.OPT_SORT_KEYS, default=str).decode() if found else "{}"
        for found in merged
    ]
    for row, text in enumerate(written):
        if len(text) > FIELD_CHARS_MAX or "\\u0000" in text:
            rows.refuse(row, "attributes", "attributes too long, or with a NUL byte.")
    return pa.array(written, pa.string())


def _plain(chunk: Chunk, names: tuple[str, ...]) -> pa.StringArray | None:
    """Texts as they stand; None where a value is no text or JSON would have to escape it."""
    parts: list[pa.StringArray] = []
    for name in sorted(set(names) & chunk.columns.keys()):
        column = chunk.columns[name]
        if not isinstance(column, pa.Array):
            if not set(map(type, column)) <= {str, type(None)}:
                return None
            column = pa.array(["" if value is None else value for value in column], pa.string())
        data = data_of(column).tobytes()
        if any(sign in data for sign in b'"\\') or (data and min(data) < 32) or '"' in name:
            return None
        if data:
            said = pc.binary_join_element_wise(f'"{name}":"', column, '",', "")
            parts.append(pc.if_else(pc.equal(column, ""), "", said))
    if not parts:
        return repeated("{}", len(chunk))
    inside = pc.ascii_rtrim(pc.binary_join_element_wise(*parts, ""), characters=",")
    return pc.binary_join_element_wise("{", inside, "}", "")


def _put(merged: list[dict[str, Any]], name: str, chunk: Chunk) -> None:
    column = chunk.columns.get(name, ())
    values = column.to_pylist() if isinstance(column, pa.Array) else column
    for found, value in zip(merged, values, strict=False):
        if value is not None and value != "":
            found[name] = value


def _put_pairs(rows: Rows, row: int, name: str, text: str, found: dict[str, Any]) -> None:
    try:
        for pair in orjson.loads(text):
            if pair.get("name") and pair.get("value") is not None:
                found[str(pair["name"])] = pair["value"]
    except (ValueError, TypeError, AttributeError):
        rows.refuse(row, name, f"{text[:40]!r} is not a list of name and value.")
