"""Many reviews of one file teach each other; a few, or of one side only, do not."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.understanding.reviews import together as module
from adunion.understanding.reviews.together import LEAST, together


def _reviews(count: int):
    """Half of the reviews say good or bad; all say a word of this product that goes with it."""
    chance = np.random.default_rng(0)
    praises = np.arange(count) % 2 == 0
    known = chance.random(count) < 0.75
    filler = chance.choice(list("鞋子买了穿着今天收到看上去"), (count, 4))
    texts = [
        ("好" if good else "差") * int(knows) + "".join(some) + ("透气" if good else "闷脚")
        for good, knows, some in zip(praises, known, filler, strict=True)
    ]
    alone = np.where(known, np.where(praises, 2.0, -2.0), chance.standard_normal(count) * 0.1)
    return texts, praises, known, alone


def test_words_of_the_product_are_learnt_from_reviews_that_are_sure() -> None:
    texts, praises, known, alone = _reviews(600)
    found = together(texts, alone)
    assert ((found > 0) == praises)[~known].mean() > 0.95
    assert ((alone > 0) == praises)[~known].mean() < 0.65
    assert (together(texts, alone) == found).all()


def test_vectors_teach_too() -> None:
    _, praises, known, alone = _reviews(600)
    vectors = np.where(praises[:, None], [[1.0, 0.0]], [[0.0, 1.0]]).astype(np.float32)
    found = together(["字"] * 600, alone, vectors)
    assert ((found > 0) == praises)[~known].mean() > 0.95


def test_a_second_round_learns_from_what_the_first_made_sure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts, praises, known, alone = _reviews(600)
    alone = np.where(np.random.default_rng(1).random(600) < 0.2, -alone, alone)
    right = ((together(texts, alone) > 0) == praises)[~known].mean()
    monkeypatch.setattr(module, "ROUNDS", 1)
    assert right >= ((together(texts, alone) > 0) == praises)[~known].mean()
    assert right > 0.85


def test_few_reviews_or_praise_alone_are_read_each_by_itself() -> None:
    texts, _, _, alone = _reviews(LEAST - 2)
    assert (together(texts, alone) == alone).all()
    texts, _, _, alone = _reviews(600)
    assert (together(texts, np.abs(alone)) == np.abs(alone)).all()


def test_where_most_praise_what_says_little_is_read_as_praise_sooner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts, praises, _, alone = _reviews(900)
    kept = np.flatnonzero(praises | (np.arange(900) % 6 == 1))
    said, unsure = [texts[row] for row in kept] + ["今天收到鞋子"] * 20, np.zeros(20)
    found = together(said, np.append(alone[kept], unsure))
    monkeypatch.setattr(module, "LEAN", 0.0)
    assert found[-20:].min() > together(said, np.append(alone[kept], unsure))[-20:].max() + 0.2
