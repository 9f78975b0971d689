from __future__ import annotations

import numpy as np
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.simulation.world import generate, load, save


@pytest.fixture(scope="module")
def small():
    return generate(5, 120, 10, 50, 6)


def test_a_world_comes_back_as_it_was(small, tmp_path):
    save(small, tmp_path)
    back = load(tmp_path)
    assert back.view.items.title == small.view.items.title
    assert back.view.items.attributes == small.view.items.attributes
    assert back.truth.utc_offset_hours == 8
    for name in ("item_words", "aipl_stage", "need_leaf", "leaf_complement"):
        ours, theirs = getattr(small.truth, name), getattr(back.truth, name)
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)


def test_the_same_seed_writes_the_same_bytes(small, tmp_path):
    save(small, tmp_path / "a")
    save(generate(5, 120, 10, 50, 6), tmp_path / "b")
    for name in ("arrays.npz", "texts.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("harm", ["absent", "cut", "other_format", "not_json"])
def test_what_is_no_world_is_refused_with_the_way_out(small, tmp_path, harm):
    if harm != "absent":
        save(small, tmp_path)
    if harm == "cut":
        path = tmp_path / "arrays.npz"
        path.write_bytes(path.read_bytes()[:1000])
    if harm == "other_format":
        (tmp_path / "texts.json").write_text('{"format": 99}')
    if harm == "not_json":
        (tmp_path / "texts.json").write_text("{")
    with pytest.raises(AdUnionError, match="adunion world new"):
        load(tmp_path)
