"""Embeddings kept: the last used in memory, all in a file that processes share.

The file is a row of records of one size (16 bytes of the text's hash, the vector, a checksum),
only ever appended to, under a lock. A record that a crash cut off is cut away by the next append;
one whose checksum is wrong is not used. Past its greatest size the file is begun anew.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

import numpy as np

from .types import Embedder, Floats, Kind

MEMORY_MAX = 20_000
"""Vectors held in memory: 30 MB of 384 numbers."""
FILE_BYTES_MAX = 1 << 30
_STEP = 256  # texts embedded before they are kept: a long build that is stopped goes on from there

log = logging.getLogger(__name__)


class Cached:
    """An embedder that works out no text twice."""

    def __init__(self, inner: Embedder, folder: Path | None = None) -> None:
        self._inner = inner
        self._memory: dict[bytes, Floats] = {}
        self._lock = threading.Lock()
        self._file: VectorFile | None = None
        self._folder = folder

    @property
    def name(self) -> str:
        """The name of what it keeps."""
        return self._inner.name

    @property
    def dimension(self) -> int:
        """As of what it keeps."""
        return self._inner.dimension

    def embed(self, texts: Sequence[str], kind: Kind = "query") -> Floats:
        """As the embedder itself."""
        keys = [_key(kind, text) for text in texts]
        found = self._recall(dict.fromkeys(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        new = list(missing.items())
        for start in range(0, len(new), _STEP):
            step = new[start : start + _STEP]
            made = self._inner.embed([text for _, text in step], kind)
            fresh = dict(zip((key for key, _ in step), made, strict=True))
            self._keep(fresh)
            found |= fresh
        if not keys:
            return np.empty((0, self.dimension), np.float32)
        return np.stack([found[key] for key in keys])

    def known(self, text: str, kind: Kind = "query") -> bool:
        """Whether a text's vector is at hand without working it out."""
        with self._lock:
            return _key(kind, text) in self._memory

    def _recall(self, keys: Iterable[bytes]) -> dict[bytes, Floats]:
        found, absent = {}, []
        with self._lock:
            for key in keys:
                vector = self._memory.pop(key, None)
                if vector is None:
                    absent.append(key)
                else:
                    found[key] = self._memory[key] = vector  # the last used stands last
            if absent and self._folder is not None:
                read = self._shared().read(absent)
                found |= read
                self._remember(read)
        return found

    def _keep(self, fresh: dict[bytes, Floats]) -> None:
        with self._lock:
            self._remember(fresh)
            if self._folder is not None:
                self._shared().append(fresh)

    def _remember(self, vectors: dict[bytes, Floats]) -> None:
        self._memory |= vectors
        while len(self._memory) > MEMORY_MAX:
            del self._memory[next(iter(self._memory))]

    def _shared(self) -> VectorFile:
        if self._file is None:
            assert self._folder is not None
            identity = blake2b(self._inner.name.encode(), digest_size=8).hexdigest()
            path = self._folder / f"{identity}-{self._inner.dimension}.vectors"
            self._file = VectorFile(path, self._inner.dimension)
        return self._file


class VectorFile:
    """Vectors by the hash of their text, shared by processes; a broken disk only slows it down."""

    def __init__(self, path: Path, dimension: int) -> None:
        self._path = path
        self._record = np.dtype([("key", "V16"), ("vector", "<f4", (dimension,)), ("check", "<u4")])
        self._rows: dict[bytes, int] = {}
        self._read = 0  # records indexed so far
        self._inode = 0

    def read(self, keys: Iterable[bytes]) -> dict[bytes, Floats]:
        """The vectors of those of the keys that the file holds."""
        try:
            self._index()
            wanted = [(key, self._rows[key]) for key in keys if key in self._rows]
            if not wanted:
                return {}
            records = np.memmap(self._path, self._record, "r", shape=(self._read,))
            rows = {key: records[row] for key, row in wanted}
            return {
                key: np.array(row["vector"])
                for key, row in rows.items()
                if row["key"].tobytes() == key and crc32(row["vector"].tobytes()) == row["check"]
            }
        except (OSError, ValueError) as error:
            log.warning("embedding cache %s cannot be read: %s", self._path, error)
            return {}

    def append(self, vectors: dict[bytes, Floats]) -> None:
        """Add vectors at the end."""
        records = np.zeros(len(vectors), self._record)
        for row, (key, vector) in enumerate(vectors.items()):
            check = crc32(np.ascontiguousarray(vector, "<f4").tobytes())
            records[row] = (np.void(key), vector, check)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                size = os.fstat(file.fileno()).st_size
                if size > FILE_BYTES_MAX:
                    self._path.unlink(missing_ok=True)  # who still reads the old one may
                    return
                file.truncate(size - size % self._record.itemsize)
                file.write(records.tobytes())
        except OSError as error:
            log.warning("embedding cache %s cannot be written: %s", self._path, error)

    def _index(self) -> None:
        """Learn what was appended since the last look."""
        if not self._path.exists():
            self._rows, self._read = {}, 0
            return
        found = self._path.stat()
        if found.st_ino != self._inode or found.st_size < self._read * self._record.itemsize:
            self._rows, self._read, self._inode = {}, 0, found.st_ino
        count = found.st_size // self._record.itemsize
        if count <= self._read:
            return
        records = np.memmap(self._path, self._record, "r", shape=(count,))
        fresh = records["key"][self._read :].tobytes()
        for at in range(count - self._read):
            self._rows[fresh[16 * at : 16 * at + 16]] = self._read + at
        self._read = count


def _key(kind: Kind, text: str) -> bytes:
    said = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=16).digest()
