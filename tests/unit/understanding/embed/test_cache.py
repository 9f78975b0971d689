from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from adunion.understanding.embed import Cached, Floats, Kind
from adunion.understanding.embed import cache as cache_module
from adunion.understanding.embed.cache import VectorFile


class Counting:
    """Vectors that depend on text and kind; keeps what it was asked."""

    name = "counting"
    dimension = 3

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], kind: Kind = "query") -> Floats:
        self.asked += texts
        rows = [[len(text), sum(map(ord, text)) % 11, kind == "query"] for text in texts]
        return np.array(rows, np.float32).reshape(len(texts), 3)


def test_no_text_is_worked_out_twice_nor_after_a_restart(tmp_path: Path) -> None:
    inner = Counting()
    kept = Cached(inner, tmp_path)
    first = kept.embed(["a", "手机壳", "a"])
    assert inner.asked == ["a", "手机壳"]
    assert np.array_equal(kept.embed(["手机壳", "a"]), first[[1, 0]])
    later = Cached(Counting(), tmp_path)
    assert np.array_equal(later.embed(["a", "手机壳", "a"]), first)
    assert later._inner.asked == []  # type: ignore[attr-defined]


def test_a_query_is_not_a_document(tmp_path: Path) -> None:
    kept = Cached(Counting(), tmp_path)
    assert not np.array_equal(kept.embed(["a"], "query"), kept.embed(["a"], "document"))
    assert kept.known("a", "document")
    assert not kept.known("b", "document")


def test_nothing_gives_no_rows() -> None:
    assert Cached(Counting()).embed([]).shape == (0, 3)


def test_memory_is_bounded_and_keeps_the_last_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MEMORY_MAX", 2)
    kept = Cached(Counting())
    kept.embed(["a", "b"])
    kept.embed(["a"])
    kept.embed(["c"])
    assert [kept.known(text) for text in "abc"] == [True, False, True]


def test_a_record_cut_off_or_damaged_is_worked_out_again(tmp_path: Path) -> None:
    Cached(Counting(), tmp_path).embed(["a", "b"])
    (path,) = tmp_path.iterdir()
    size = path.stat().st_size // 2
    damaged = bytearray(path.read_bytes())
    damaged[20] ^= 0xFF  # in the vector of "a"
    path.write_bytes(bytes(damaged[: 2 * size - 5]))  # "b" is cut off
    inner = Counting()
    again = Cached(inner, tmp_path).embed(["a", "b"])
    assert inner.asked == ["a", "b"]
    assert path.stat().st_size == 3 * size
    fresh = Counting()
    assert np.array_equal(Cached(fresh, tmp_path).embed(["b", "a"]), again[[1, 0]])
    assert fresh.asked == []


def test_a_full_file_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "FILE_BYTES_MAX", 100)
    kept = Cached(Counting(), tmp_path)
    for text in "abcdefgh":
        kept.embed([text])
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 140
    assert np.array_equal(kept.embed(["c"]), Counting().embed(["c"]))


_WRITER = """
import sys
from pathlib import Path
import numpy as np
from adunion.understanding.embed.cache import VectorFile
path, letter = Path(sys.argv[1]), sys.argv[2]
for number in range(80):
    key = f"{letter}{number:015}".encode()
    VectorFile(path, 3).append({key: np.full(3, number, np.float32)})
"""


def test_two_processes_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "shared.vectors"
    both = [subprocess.Popen([sys.executable, "-c", _WRITER, path, letter]) for letter in "xy"]
    assert [each.wait() for each in both] == [0, 0]
    keys = [f"{letter}{number:015}".encode() for letter in "xy" for number in range(80)]
    found = VectorFile(path, 3).read(keys)
    assert [found[key][0] for key in keys] == [*range(80), *range(80)]


def test_a_folder_that_cannot_be_written_only_slows(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = Cached(Counting(), tmp_path / "file" / "below")
    assert len(kept.embed(["a"])) == 1
