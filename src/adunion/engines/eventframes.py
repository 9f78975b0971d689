"""Frames of the event log: one batch with its length and checksum, and the head of a segment."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc

from adunion.kernel.errors import AdUnionError

HEAD = struct.Struct("<4sIII")  # magic, payload bytes, rows, crc32 of the two and the payload
MAGIC = b"AUf1"
_SEGMENT_MAGIC = b"AUs1"
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
_END_OF_STREAM_BYTES = 8


def message(batch: pa.RecordBatch) -> pa.Buffer:
    """The batch as one compressed IPC message: a stream without its schema and its end mark."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=_OPTIONS) as stream:
        stream.write_batch(batch)
    whole = sink.getvalue()
    start = len(batch.schema.serialize())
    return whole.slice(start, len(whole) - start - _END_OF_STREAM_BYTES)


def checksum(size: int, rows: int, payload: pa.Buffer | memoryview) -> int:
    """CRC-32 of a frame's two numbers and its payload."""
    return zlib.crc32(payload, zlib.crc32(struct.pack("<II", size, rows)))


def good_frame(data: bytes | memoryview, offset: int) -> tuple[int, int] | None:
    """(payload bytes, rows) of a whole and true frame at an offset, or None."""
    if len(data) < offset + HEAD.size:
        return None
    magic, size, rows, crc = HEAD.unpack_from(data, offset)
    start = offset + HEAD.size
    if magic != MAGIC or not rows or len(data) < start + size:
        return None
    payload = memoryview(data)[start : start + size]
    return (size, rows) if checksum(size, rows, payload) == crc else None


def segment_header(schema: pa.Schema) -> bytes:
    """What a segment begins with: the schema of all its batches."""
    body: bytes = schema.serialize().to_pybytes()
    return _SEGMENT_MAGIC + struct.pack("<II", len(body), zlib.crc32(body)) + body


def check_header(path: Path, data: bytes | memoryview, schema: pa.Schema) -> int:
    """The offset of the first frame."""
    if len(data) < 12 or data[:4] != _SEGMENT_MAGIC:
        raise damaged(path, 0)
    size, crc = struct.unpack_from("<II", data, 4)
    body = data[12 : 12 + size]
    if len(body) < size or zlib.crc32(body) != crc:
        raise damaged(path, 0)
    if not pa.ipc.read_schema(pa.py_buffer(body)).equals(schema):
        raise AdUnionError(
            "event_log_schema",
            f"{path} was written by a version whose events had other columns.",
            500,
            hint="Run the version that wrote it, or start a new home.",
        )
    return 12 + int(size)


def damaged(path: Path, offset: int) -> AdUnionError:
    """The error for a file that is not what was written."""
    return AdUnionError(
        "event_log_damaged",
        f"{path} is damaged at byte {offset}: the frame there does not match its checksum.",
        500,
        hint="Restore the file from a copy; the rows before that byte can still be read.",
    )
