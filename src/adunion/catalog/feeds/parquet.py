"""Parquet: typed or all text."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .delimited import find_columns
from .encoding import open_bytes
from .errors import broken_file
from .formats import FORMATS
from .types import CHUNK_ROWS, Chunk, FeedFile, Wanted


@FORMATS.register("parquet")
def read_parquet(file: FeedFile, wanted: Wanted) -> Iterator[Chunk]:
    """Rows in order; the `line` of a row is its number, from 1."""
    with open_bytes(file) as stream:
        packed = file.path.suffix == ".gz"
        source: Any = BytesIO(stream.read()) if packed else str(file.path)
        try:
            yield from _chunks(file, pq.ParquetFile(source), wanted)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            said = " ".join(str(error).split())[:200]
            raise broken_file(
                file.name, f"the Parquet file is damaged or cut short ({said}).", "Get it again."
            ) from None


def _chunks(file: FeedFile, table: pq.ParquetFile, wanted: Wanted) -> Iterator[Chunk]:
    header = table.schema_arrow.names
    places = find_columns(file.name, header, wanted)
    total = table.metadata.num_rows
    if total == 0:
        raise broken_file(file.name, "there are no rows.", "Check how the file was written.")
    done = 0
    names = sorted({header[place] for place in places.values()})
    for batch in table.iter_batches(batch_size=CHUNK_ROWS, columns=names):
        read = {name: _listed(batch.column(name)) for name in names}
        columns = {asked: read[header[place]] for asked, place in places.items()}
        yield Chunk(list(range(done + 1, done + batch.num_rows + 1)), columns)
        done += batch.num_rows
        if file.progress:
            size = file.path.stat().st_size
            file.progress(size * done // total, size)


def _listed(column: pa.Array) -> Any:
    """Texts as they are, what is missing as empty; other types as Python's own."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pc.fill_null(column.cast(pa.string()), "")
    return column.to_pylist()
