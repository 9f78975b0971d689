"""The event log: append-only Arrow segments, durable before they are acknowledged.

A segment is a header and frames. One group commit is one frame is one write and one fsync, so a
crash can tear the last frame only; a bad frame with a good one after it is damage, and is refused.
A position is a count of rows from the beginning of the log.
"""

from __future__ import annotations

import fcntl
import os
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from threading import Condition, Lock

import pyarrow as pa
import pyarrow.ipc

from adunion.kernel.errors import AdUnionError

from .eventframes import (
    HEAD,
    MAGIC,
    check_header,
    checksum,
    damaged,
    good_frame,
    message,
    segment_header,
)

_PENDING_ROWS_MAX = 4_000_000


@dataclass
class _Segment:
    """A file and what is known of its frames; `starts` are positions, `ends` byte offsets after."""

    path: Path
    first: int
    offsets: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    rows: int = 0
    end: int = 0
    indexed: bool = False


class EventLog:
    """One folder of segments; one writer at a time (a lock), any number of readers.

    Args:
        folder: made if absent.
        schema: of every batch; a log written with another schema is refused.
        read_only: take no lock, change nothing; `refresh` finds what a writer has added.
        segment_bytes_max: a segment is closed when it has grown past this.

    Raises:
        AdUnionError: `event_log_in_use`, `event_log_schema`, `event_log_damaged`.
    """

    def __init__(
        self,
        folder: Path,
        schema: pa.Schema,
        *,
        read_only: bool = False,
        segment_bytes_max: int = 128 << 20,
    ) -> None:
        self._folder = folder
        self._schema = schema
        self._read_only = read_only
        self._segment_bytes_max = segment_bytes_max
        self._turn = Condition(Lock())
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._committing = False
        self._failed: BaseException | None = None
        self._writer_lock: int | None = None
        self._file: int | None = None
        self._segments: list[_Segment] = []
        if not read_only:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._writer_lock = _lock_writer(folder)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    @property
    def rows(self) -> int:
        """Durable rows: the position after the last one."""
        if not self._segments:
            return 0
        return self._segments[-1].first + self._segments[-1].rows

    def append(self, batch: pa.RecordBatch) -> int:
        """Write rows and return their position once they are on the disk."""
        ticket = self.enqueue(batch)
        self.wait(ticket)
        return ticket - int(batch.num_rows)

    def enqueue(self, batch: pa.RecordBatch) -> int:
        """Hand rows in, in order, without waiting; `wait` for the ticket before acknowledging."""
        if self._read_only:
            raise AdUnionError("event_log_read_only", f"{self._folder} was opened to read.", 500)
        if not batch.schema.equals(self._schema):
            raise ValueError("batch has another schema than the log")
        with self._turn:
            self._raise_if_failed()
            if self._pending_rows + batch.num_rows > _PENDING_ROWS_MAX and self._pending:
                self._turn.wait_for(lambda: not self._pending or self._failed is not None)
                self._raise_if_failed()
            if batch.num_rows:
                self._pending.append(batch)
                self._pending_rows += batch.num_rows
            return self._accepted()

    def wait(self, ticket: int) -> None:
        """Return when every row before the ticket is durable.

        Whoever comes first commits for all that wait: concurrent appenders share one fsync.
        """
        while True:
            with self._turn:
                self._turn.wait_for(lambda: not self._committing or self.rows >= ticket)
                if self.rows >= ticket:
                    return
                self._raise_if_failed()
                self._committing = True
                group, self._pending, self._pending_rows = self._pending, [], 0
                self._in_flight = sum(batch.num_rows for batch in group)
            failure: BaseException | None = None
            try:
                self._commit(group)
            except BaseException as error:
                failure = error
            self._end_commit(failure)

    def ticket(self) -> int:
        """A ticket for everything handed in so far."""
        with self._turn:
            return self._accepted()

    def read(
        self, position: int = 0, rows_max: int = 65_536
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Batches of at most `rows_max` durable rows from a position on, in order.

        Yields `(next_position, batch)`: store `next_position` when the batch has been applied.
        Small frames are joined. Stops at the rows that were durable when it was called.

        Raises:
            AdUnionError: `event_log_damaged`, naming the file and the offset.
        """
        end = self.rows
        if not 0 <= position <= end:
            raise AdUnionError(
                "event_log_position",
                f"Position {position} is not in the event log, which holds {end} rows.",
                hint="Was the log replaced, or the database of another home used?",
            )
        parts: list[pa.RecordBatch] = []
        held = 0
        for frame in self._frames(position, end):
            while frame.num_rows:
                piece = frame.slice(0, rows_max - held)
                frame = frame.slice(piece.num_rows)
                parts.append(piece)
                held += piece.num_rows
                position += piece.num_rows
                if held == rows_max:
                    yield position, _joined(parts)
                    parts, held = [], 0
        if parts:
            yield position, _joined(parts)

    def segment_positions(self) -> list[int]:
        """The position at which each segment begins; a cheap coarse index."""
        return [segment.first for segment in self._segments if segment.rows]

    def refresh(self) -> int:
        """In a read-only log, find what the writer has added; returns `rows`."""
        if self._read_only:
            self._open()
        return self.rows

    def close(self) -> None:
        """Commit what is pending, let go of the files and the lock."""
        if self._file is not None:
            if self._failed is None:
                self.wait(self.ticket())
            os.close(self._file)
            self._file = None
        if self._writer_lock is not None:
            os.close(self._writer_lock)
            self._writer_lock = None

    # -- writing ---------------------------------------------------------------------------------

    _in_flight = 0

    def _accepted(self) -> int:
        return self.rows + self._in_flight + self._pending_rows

    def _end_commit(self, failure: BaseException | None) -> None:
        """Wake all who wait. After a failure what the disk holds is unknown, so the log stops."""
        with self._turn:
            self._failed = self._failed or failure
            self._committing = False
            self._in_flight = 0
            self._turn.notify_all()
        if failure is not None and not isinstance(failure, OSError):
            raise failure

    def _raise_if_failed(self) -> None:
        if self._failed is not None:
            raise AdUnionError(
                "event_log_failed",
                f"The event log {self._folder} could not be written: {self._failed}.",
                503,
                hint="Free the disk or mend it, then restart; nothing acknowledged is lost.",
            )

    def _commit(self, group: list[pa.RecordBatch]) -> None:
        segment = self._segments[-1]
        if segment.rows and segment.end >= self._segment_bytes_max:
            segment = self._roll()
        batch = _joined(group)
        payload = message(batch)
        size, rows = len(payload), batch.num_rows
        head = HEAD.pack(MAGIC, size, rows, checksum(size, rows, payload))
        assert self._file is not None
        _write_all(self._file, [head, payload], segment.end)
        os.fdatasync(self._file)
        with self._turn:  # what is durable is not in flight any more, at any moment
            segment.offsets.append(segment.end)
            segment.starts.append(segment.first + segment.rows)
            segment.end += HEAD.size + size
            segment.rows += rows
            self._in_flight = 0

    def _roll(self) -> _Segment:
        """Start the next segment; its name is durable before any row of it is."""
        first = self.rows
        path = self._folder / f"{first:020d}.events"
        header = segment_header(self._schema)
        fresh = path.with_suffix(".new")
        file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        os.write(file, header)
        os.fsync(file)
        os.rename(fresh, path)
        _sync_folder(self._folder)
        if self._file is not None:
            os.close(self._file)
        self._file = file
        segment = _Segment(path, first, end=len(header), indexed=True)
        self._segments.append(segment)
        return segment

    # -- opening and reading ---------------------------------------------------------------------

    def _open(self) -> None:
        paths = sorted(self._folder.glob("*.events"))
        known = {segment.path: segment for segment in self._segments}
        segments = [known.get(path) or _Segment(path, int(path.stem)) for path in paths]
        for segment, after in pairwise(segments):
            rows = after.first - segment.first
            segment.indexed = segment.indexed and segment.rows == rows
            segment.rows = rows
        if segments:
            self._scan_last(segments[-1])
        self._segments = segments
        if self._read_only:
            return
        if not segments:
            self._roll()
            return
        last = segments[-1]
        self._file = os.open(last.path, os.O_RDWR | os.O_CLOEXEC)
        if os.fstat(self._file).st_size > last.end:
            os.ftruncate(self._file, last.end)
            os.fsync(self._file)

    def _scan_last(self, segment: _Segment) -> None:
        """Check the frames that are new in the last segment; what a crash tore off stays outside.

        A reader goes on where it stood, since what was good before is not written again.
        """
        with segment.path.open("rb") as file:
            if segment.end == 0:
                head = file.read(12)
                head += file.read(int.from_bytes(head[4:8], "little"))
                segment.end = check_header(segment.path, head, self._schema)
            base = segment.end
            file.seek(base)
            data = file.read()
        at = 0
        while (size_rows := good_frame(data, at)) is not None:
            segment.offsets.append(base + at)
            segment.starts.append(segment.first + segment.rows)
            at += HEAD.size + size_rows[0]
            segment.rows += size_rows[1]
        segment.end = base + at
        segment.indexed = True
        later = data.find(MAGIC, at + 1)
        while later != -1:
            if good_frame(data, later) is not None:
                raise damaged(segment.path, segment.end)
            later = data.find(MAGIC, later + 1)

    def _index(self, segment: _Segment, data: memoryview) -> None:
        """Note where the frames of a closed segment are, by their heads alone."""
        offset = check_header(segment.path, data, self._schema)
        position = segment.first
        offsets, starts = [], []
        while position < segment.first + segment.rows:
            head = data[offset : offset + HEAD.size]
            if len(head) < HEAD.size or head[:4] != MAGIC:
                raise damaged(segment.path, offset)
            _, size, rows, _ = HEAD.unpack(head)
            offsets.append(offset)
            starts.append(position)
            offset += HEAD.size + size
            position += rows
        segment.offsets, segment.starts, segment.indexed = offsets, starts, True

    def _frames(self, position: int, end: int) -> Iterator[pa.RecordBatch]:
        """Decoded frames from a position (inside the first one) to an end."""
        number = max(0, bisect_right([s.first for s in self._segments], position) - 1)
        while position < end:
            segment = self._segments[number]
            with pa.memory_map(str(segment.path)) as file:
                data = memoryview(file.read_buffer())
                if not segment.indexed:
                    self._index(segment, data)
                stop = min(end, segment.first + segment.rows)
                frame = bisect_right(segment.starts, position) - 1
                while position < stop:
                    batch = self._decode(segment, data, segment.offsets[frame])
                    skipped = position - segment.starts[frame]
                    piece = batch.slice(skipped, end - position)
                    yield piece
                    position += piece.num_rows
                    frame += 1
            number += 1

    def _decode(self, segment: _Segment, data: memoryview, offset: int) -> pa.RecordBatch:
        found = good_frame(data, offset)
        if found is None:
            raise damaged(segment.path, offset)
        start = offset + HEAD.size
        payload = pa.py_buffer(data[start : start + found[0]])
        return pa.ipc.read_record_batch(payload, self._schema)


def _joined(parts: list[pa.RecordBatch]) -> pa.RecordBatch:
    return parts[0] if len(parts) == 1 else pa.concat_batches(parts)


def _write_all(file: int, parts: list[bytes | pa.Buffer], offset: int) -> None:
    views = [memoryview(part) for part in parts]
    while views:
        written = os.pwritev(file, views, offset)
        offset += written
        while views and written >= len(views[0]):
            written -= len(views.pop(0))
        if views:
            views[0] = views[0][written:]


def _lock_writer(folder: Path) -> int:
    lock = os.open(folder / "writer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise AdUnionError(
            "event_log_in_use",
            f"Another program is writing the event log {folder}.",
            409,
            hint="Stop it, or give this one a home of its own (ADUNION_HOME).",
        ) from None
    return lock


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
