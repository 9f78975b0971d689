"""Files of trained models: whole, of their kind, or refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.understanding.modelfile import Arrays, ModelFile

FILE = ModelFile("kettle", "kettle", "Boil one.", format=2)


def _sum(held: Arrays) -> int:
    return int(held["a"].sum() + held["b"])


def test_what_is_saved_is_loaded_and_no_half_file_is_left(tmp_path: Path) -> None:
    FILE.save(tmp_path / "deep" / "k.npz", a=np.arange(4), b=5)
    assert FILE.load(tmp_path / "deep" / "k.npz", _sum) == 11
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["k.npz"]
    with pytest.raises(AdUnionError, match=r"\.npz"):
        FILE.save(tmp_path / "k.txt", a=1)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (lambda whole: b"", "no .npz file"),
        (lambda whole: b"junk" * 9, "no .npz file"),
        (lambda whole: whole[: len(whole) // 2], "no .npz file"),
        (lambda whole: whole[:60] + b"\xff" * 20 + whole[80:], "k.npz is no kettle"),
    ],
)
def test_a_broken_file_is_refused_with_what_to_do(tmp_path: Path, broken, says: str) -> None:
    file = tmp_path / "k.npz"
    FILE.save(file, a=np.arange(4_000) % 7, b=5)
    file.write_bytes(broken(file.read_bytes()))
    with pytest.raises(AdUnionError, match=says) as caught:
        FILE.load(file, _sum)
    assert (caught.value.code, caught.value.field, caught.value.hint) == (
        "bad_model", "kettle", "Boil one.",
    )  # fmt: skip


def test_a_file_of_another_kind_or_format_or_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "k.npz"
    np.savez(file, a=1)
    with pytest.raises(AdUnionError, match="no part 'format'"):
        FILE.load(file, _sum)
    ModelFile("kettle", "kettle", "", format=1).save(file, a=1, b=1)
    with pytest.raises(AdUnionError, match="format 1, not 2"):
        FILE.load(file, _sum)
    FILE.save(file, a=np.arange(3))
    with pytest.raises(AdUnionError, match="no part 'b'"):
        FILE.load(file, _sum)
    with pytest.raises(AdUnionError, match="No such file"):
        FILE.load(tmp_path / "none.npz", _sum)
