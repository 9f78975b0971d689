"""An index in a folder: one manifest that names the files of one generation, checked when read.

A new generation is written beside the old one and takes its place by replacing the manifest, so a
reader sees one or the other, and a stopped build leaves what was there.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from pyarrow import ipc

from adunion.kernel.clock import random_bytes
from adunion.kernel.errors import AdUnionError

from .index import Entry, SearchIndex
from .synonyms import Synonyms
from .types import FIELDS, SearchItem

FORMAT = 3
_KIND = "adunion search index"
_AGAIN = "Build it again: adunion search build --catalog FILE --mapping NAME."


def save(index: SearchIndex, folder: Path, embedder: str | None = None) -> None:
    """Write an index; its vectors are those of the embedder of that name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder):
        place = folder / f"g{random_bytes(6).hex()}"
        place.mkdir()
        try:
            _write(place / "items.arrow", _items(index))
            words = pa.array(list(index.vocabulary), pa.string())
            _write(place / "words.arrow", pa.table({"word": words}))
            if index.vectors is not None:
                np.save(place / "vectors.npy", index.vectors)
            manifest = {
                "kind": _KIND, "format": FORMAT, "items": len(index), "place": place.name,
                "embedder": embedder if index.vectors is not None else None,
                "sha256": {file.name: _digest(file) for file in sorted(place.iterdir())},
            }  # fmt: skip
            fresh = folder / "manifest.new"
            fresh.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
            fresh.replace(folder / "manifest.json")
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        for old in folder.glob("g" + "?" * 12):
            if old != place:
                shutil.rmtree(old, ignore_errors=True)


def load(folder: Path, synonyms: Synonyms | None = None) -> tuple[SearchIndex, str | None]:
    """An index and the name of its embedder, if it has vectors.

    Raises AdUnionError where there is none, or one that is damaged or of another version.
    """
    for _ in range(2):  # a build may replace the files while they are read
        manifest = _manifest(folder)
        try:
            return _read(folder / manifest["place"], manifest, synonyms), manifest["embedder"]
        except FileNotFoundError:
            continue
        except (OSError, KeyError, ValueError, TypeError, pa.ArrowInvalid) as error:
            raise _damaged(folder, str(error)) from None
    raise _damaged(folder, "files are missing")


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    if not path.is_file():
        raise AdUnionError("no_index", f"{folder} holds no search index.", 404, hint=_AGAIN)
    try:
        manifest = orjson.loads(path.read_bytes())
        kind, version = manifest["kind"], manifest["format"]
        place, _, _ = manifest["place"], manifest["embedder"], manifest["sha256"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise _damaged(folder, "manifest.json cannot be read") from None
    if kind != _KIND or not isinstance(place, str) or "/" in place or "." in place:
        raise _damaged(folder, "manifest.json is not of a search index")
    if version != FORMAT:
        raise AdUnionError(
            "index_version", f"{folder} is of version {version}; this program reads {FORMAT}.",
            409, hint=_AGAIN,
        )  # fmt: skip
    return dict(manifest)


def _read(place: Path, manifest: dict[str, Any], synonyms: Synonyms | None) -> SearchIndex:
    for name, digest in manifest["sha256"].items():
        if _digest(place / Path(name).name) != digest:
            raise ValueError(f"{name} is not as it was written")
    words = _open(place / "words.arrow")["word"].to_pylist()
    table = _open(place / "items.arrow")
    columns = {name: table[name].to_pylist() for name in _names()}
    tokens = [_split(table[f"tokens_{field}"]) for field in FIELDS]
    entries = {}
    for row in range(table.num_rows):
        item = SearchItem(**{name: column[row] for name, column in columns.items()})
        a, b, c, d = (field[row] for field in tokens)
        entries[item.id] = Entry(item, (a, b, c, d))
    vectors = None
    if "vectors.npy" in manifest["sha256"]:
        found = np.load(place / "vectors.npy", allow_pickle=False)
        vectors = dict(zip(entries, found, strict=True))
    vocabulary = {word: row for row, word in enumerate(words)}
    return SearchIndex(entries, vocabulary, vectors, synonyms)


def _items(index: SearchIndex) -> pa.Table:
    items = [entry.item for entry in index.entries.values()]
    columns: dict[str, Any] = {name: [getattr(i, name) for i in items] for name in _names()}
    for place, field in enumerate(FIELDS):
        lists = [entry.tokens[place] for entry in index.entries.values()]
        offsets = np.concatenate(([0], np.cumsum([len(ids) for ids in lists]))).astype(np.int32)
        ids = np.concatenate([np.zeros(0, np.int32), *lists])
        columns[f"tokens_{field}"] = pa.ListArray.from_arrays(offsets, ids)
    return pa.table(columns)


def _split(column: pa.ChunkedArray) -> list[Any]:
    lists = column.combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], lists.type)
    offsets = lists.offsets.to_numpy()
    return np.split(lists.values.to_numpy(), offsets[1:-1]) if len(lists) else []


def _names() -> list[str]:
    return [field.name for field in fields(SearchItem)]


def _write(path: Path, table: pa.Table) -> None:
    with ipc.new_file(path, table.schema) as out:
        out.write_table(table)


def _open(path: Path) -> pa.Table:
    with ipc.open_file(path) as file:
        return file.read_all()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _damaged(folder: Path, why: str) -> AdUnionError:
    return AdUnionError(
        "index_damaged", f"The search index in {folder} cannot be read: {why}.", 409, hint=_AGAIN
    )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
