"""The arithmetic of chains and of the network, against all ways counted out and small steps."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from adunion.understanding.tagging import learn
from adunion.understanding.tagging.chain import LABELS, chances, parts, slopes

COUNT = len(LABELS)


def _scores(seed: int, length: int):
    chance = np.random.default_rng(seed)
    return (chance.standard_normal((length, COUNT)) * 2, chance.standard_normal((COUNT, COUNT)),
            chance.standard_normal(COUNT))  # fmt: skip


def _every_way(scores, turn, first):
    ways = np.array(list(product(range(COUNT), repeat=len(scores))))
    total = first[ways[:, 0]] + sum(scores[at, ways[:, at]] for at in range(len(scores)))
    total = total + sum(turn[ways[:, at - 1], ways[:, at]] for at in range(1, len(scores)))
    return ways, np.exp(total)


def test_chances_are_those_of_all_ways_counted_out() -> None:
    scores, turn, first = _scores(1, 4)
    ways, weight = _every_way(scores, turn, first)
    wanted = [[weight[ways[:, at] == k].sum() for k in range(COUNT)] for at in range(4)]
    np.testing.assert_allclose(chances(scores, turn, first), wanted / weight.sum(), atol=1e-9)


def test_the_loss_is_that_of_all_ways_and_its_slopes_are_true() -> None:
    scores, turn, first = _scores(2, 4)
    labels, lengths = np.array([[1, 2, 0, 3], [0, 1, 0, 0]]), np.array([4, 2])
    wanted, taught = np.eye(COUNT)[labels], np.array([True, True])
    both = np.stack([scores, scores[::-1]])
    total, by_scores, by_turn, by_first = slopes(both, wanted, lengths, taught, turn, first)
    ways, weight = _every_way(scores, turn, first)
    alone = slopes(both[:1], wanted[:1], lengths[:1], taught[:1], turn, first)[0]
    mine = weight[(ways == labels[0]).all(1)][0]
    assert alone == pytest.approx(-np.log(mine / weight.sum()))
    assert (by_scores[1, 2:] == 0).all()
    step = 1e-5
    for held, slope, at in (
        (both, by_scores, (1, 1, 4)), (turn, by_turn, (1, 2)), (turn, by_turn, (0, 1)),
        (first, by_first, (0,)),
    ):  # fmt: skip
        held[at] += step
        more = slopes(both, wanted, lengths, taught, turn, first)[0]
        held[at] -= step
        assert (more - total) / step == pytest.approx(slope[at], abs=1e-3)


def test_of_chances_that_a_network_gave_the_scores_learn_and_the_turns_do_not() -> None:
    scores, turn, first = _scores(3, 4)
    likely = chances(scores, turn, first)
    lengths, taught = np.array([4]), np.array([False])
    _, by_scores, by_turn, by_first = slopes(
        scores[None], likely[None], lengths, taught, turn, first
    )
    np.testing.assert_allclose(by_scores, 0, atol=1e-12)  # it is already what is wanted
    _, by_scores, _, _ = slopes(scores[None] + 1, likely[None, ::-1], lengths, taught, turn, first)
    assert np.abs(by_scores).max() > 0.1
    assert not by_turn.any()
    assert not by_first.any()


def test_parts_are_said_where_they_are_sure_and_never_overlap() -> None:
    found = np.full((5, COUNT), 0.01)
    found[0, LABELS.index("B-HPPX")] = found[1, LABELS.index("I-HPPX")] = 0.9
    found[2, LABELS.index("O")] = 0.9
    found[3, LABELS.index("B-HCCX")] = found[4, LABELS.index("I-HCCX")] = 0.5
    found[3:, LABELS.index("O")] = 0.4
    found /= found.sum(1, keepdims=True)
    said = parts(found)
    assert [part for part, _ in said] == [(0, 2, "HPPX"), (3, 5, "HCCX")]
    assert said[0][1] > 0.8 > said[1][1] > 0.42
    found[3, LABELS.index("B-HCCX")] = 0.3
    assert [part for part, _ in parts(found)] == [(0, 2, "HPPX")]


def test_the_networks_slopes_are_those_of_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "FEATURES_OUT", 0.0)
    monkeypatch.setattr(learn, "STATES_OUT", 0.0)
    monkeypatch.setattr(learn, "ENCODER_OUT", 0.0)
    chance = np.random.default_rng(0)
    weights = {name: each.astype(np.float64) for name, each in learn._begin(chance, 5).items()}
    vectors = chance.standard_normal((9, learn.WIDTH)) * 0.3
    titles = [(np.arange(5), np.array([2, 1, 0, 2])), (np.array([5, 6, 7, 2]), np.array([1, 3]))]
    lessons = [
        learn.taught([], ["B-HCCX", "I-HCCX", "O", "B-HPPX"], chance.random((4, 5)).astype("f2")),
        learn.taught([], ["O", "B-HCCX"], chance.random((2, 5)).astype("f2")),
    ]
    batch = learn._batch(titles, lessons, chance)

    def loss() -> float:
        summed = np.hstack([batch.features @ vectors[batch.used], batch.states])
        state = np.maximum(summed @ weights["in"] + weights["in_bias"], 0) * batch.there
        for layer, reach in enumerate(learn.REACH):
            seen = learn.beside(state, reach) @ weights[f"layer{layer}"]
            state = state + np.maximum(seen + weights[f"bias{layer}"], 0) * batch.there
        scores = (state @ weights["out"] + weights["out_bias"])[batch.at]
        total = slopes(scores, batch.wanted, batch.lengths, batch.taught, weights["turn"],
                       weights["first"])[0]  # fmt: skip
        return total / batch.lengths.sum()

    by_weights, by_vectors = learn._gradient(weights, vectors, batch, chance)
    step = 1e-5
    for held, slope, at in (
        (weights["in"], by_weights["in"], (3, 5)),
        (weights["in"], by_weights["in"], (learn.WIDTH + 2, 7)),
        (weights["layer0"], by_weights["layer0"], (7, 9)),
        (weights["layer2"], by_weights["layer2"], (150, 2)),
        (weights["bias1"], by_weights["bias1"], (11,)),
        (weights["out"], by_weights["out"], (4, 1)),
        (weights["turn"], by_weights["turn"], (1, 2)), (vectors, by_vectors, (4, 6)),
        (vectors, by_vectors, (2, 5)),
    ):  # fmt: skip
        before = held[at]
        held[at] = before + step
        more = loss()
        held[at] = before - step
        less = loss()
        held[at] = before
        assert (more - less) / (2 * step) == pytest.approx(slope[at], abs=3e-4, rel=0.02)
