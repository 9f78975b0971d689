"""Events as Arrow record batches, as the event log stores them; fixed-width columns are views."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .types import EventBatch, events


def _field(name: str, column: npt.NDArray[np.generic]) -> pa.Field:
    if column.dtype == object:
        return pa.field(name, pa.string(), nullable=False)
    if column.dtype.kind == "V":
        return pa.field(name, pa.binary(column.dtype.itemsize), nullable=False)
    return pa.field(name, pa.from_numpy_dtype(column.dtype), nullable=False)


EVENT_SCHEMA = pa.schema([_field(f.name, getattr(events(0), f.name)) for f in fields(EventBatch)])
"""One Arrow field for each column of `EventBatch`, in its order."""


def to_arrow(batch: EventBatch) -> pa.RecordBatch:
    """Columns (n,) to a record batch of `EVENT_SCHEMA`."""
    arrays = [_to_array(field, getattr(batch, field.name)) for field in EVENT_SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=EVENT_SCHEMA)


def from_arrow(batch: pa.RecordBatch) -> EventBatch:
    """A record batch of `EVENT_SCHEMA` to columns; fixed-width ones are read-only views."""
    columns: dict[str, Any] = {f.name: _to_numpy(f, batch.column(f.name)) for f in EVENT_SCHEMA}
    return EventBatch(**columns)


def _to_array(field: pa.Field, column: npt.NDArray[np.generic]) -> pa.Array:
    if field.type == pa.string():
        return _text_array(column)
    contiguous = np.ascontiguousarray(column)
    return pa.Array.from_buffers(field.type, len(column), [None, pa.py_buffer(contiguous)])


def _text_array(column: npt.NDArray[np.generic]) -> pa.Array:
    """Most events have no text, and a column of none is made without looking at each."""
    if not np.any(column != ""):
        offsets = np.zeros(len(column) + 1, np.int32)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"")]
        return pa.Array.from_buffers(pa.string(), len(column), buffers)
    return pa.array(column, pa.string())


def _to_numpy(field: pa.Field, column: pa.Array) -> npt.NDArray[np.generic]:
    if field.type == pa.string():
        return np.asarray(column.to_numpy(zero_copy_only=False), object)
    width = field.type.byte_width
    dtype = np.dtype(f"V{width}") if pa.types.is_fixed_size_binary(field.type) else None
    if dtype is None:
        return np.asarray(column.to_numpy())
    data = column.buffers()[1]
    if data is None:
        return np.zeros(0, dtype)
    return np.frombuffer(data, dtype, len(column), column.offset * width)
