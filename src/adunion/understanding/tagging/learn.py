"""Learn a network: back-propagation by hand through three convolutions and a chain of labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.kernel.clock import generator

from .chain import LABELS, slopes
from .encoder import encoder
from .features import Features
from .net import REACH, Floats, Net, beside, few_bits

WIDTH, STATES = 64, 160
"""Numbers of a feature's vector, and of a character's state."""
EPOCHS, TITLES, RATE = 12, 32, 2e-3
SEEN_LEAST = 2
"""Features rarer than this have no vector."""
FEATURES_OUT, STATES_OUT, ENCODER_OUT = 0.4, 0.3, 0.5
"""Dropped at random while learning, so that no feature and no state is relied on alone."""
DECAY, KEEP = 1e-2, (0.9, 0.99)
PLACES = {1: "0", 2: "56"}
"""First letters of the features that are a piece of so many characters: here, before, behind."""
MEANING = 1.2
"""Length of a piece's vector at first; others are of 0.8."""
GAP = max(REACH)
"""Empty rows between titles that are learnt from together, so that none sees another."""
Ints = npt.NDArray[np.int64]
Halves = npt.NDArray[np.float16]
Rows = tuple[Ints, Ints]
"""Of a title the rows of all its characters' features, and how many each character has."""


@dataclass(frozen=True)
class Lesson:
    """A title to learn from."""

    features: Features = field(repr=False)
    wanted: npt.NDArray[np.float64] = field(repr=False)
    """Chances of labels [characters, labels]."""
    taught: bool = True
    """Whether people labelled it, and no other network."""
    states: Halves | None = field(default=None, repr=False)
    """Of an encoder [characters, d]: for all lessons or for none."""


def taught(found: Features, labels: Sequence[str], states: Halves | None = None) -> Lesson:
    """A title that people labelled."""
    wanted = np.eye(len(LABELS))[[LABELS.index(label) for label in labels]]
    return Lesson(found, wanted, True, states)


def train_net(
    lessons: Sequence[Lesson], seed: int = 0, told: Callable[[str], None] | None = None
) -> Net:
    """A network; `told` hears of every epoch."""
    seen = Counter(name for each in lessons for one in each.features for name in one)
    row, meaning = encoder().reduced(WIDTH)
    own = {name for name, times in seen.items() if times >= SEEN_LEAST}
    names = sorted(own | {place + piece for piece in row for place in PLACES[len(piece)]})
    at = {name: place for place, name in enumerate(names)}
    titles = [_rows(each.features, at) for each in lessons]
    chance = generator(seed, 0x7A6)
    weights = _begin(chance, 0 if lessons[0].states is None else lessons[0].states.shape[1])
    vectors = _vectors(names, row, meaning, chance)
    adam = _Adam(weights, vectors, EPOCHS * -(-len(titles) // TITLES))
    for epoch in range(EPOCHS):
        for some in _batches(titles, chance):
            batch = _batch([titles[k] for k in some], [lessons[k] for k in some], chance)
            adam.step(*_gradient(weights, vectors, batch, chance), batch.used)
        if told:
            told(f"epoch {epoch + 1} of {EPOCHS}")
    small, scale = few_bits(vectors)
    half = {name: each.astype(np.float16).astype(np.float32) for name, each in weights.items()}
    return Net(tuple(names), small, scale, half)


@dataclass(frozen=True)
class _Batch:
    features: Any
    """CSR [rows, used]: a row a character, GAP empty ones between titles."""
    used: Ints
    """Features that occur, in the order of those columns."""
    states: Floats | None
    """[rows, d] of the encoder."""
    there: Floats
    """[rows, 1], 0 in the gaps."""
    at: Ints
    """[titles, longest]: the row of each character; 0 beyond a title's end."""
    wanted: npt.NDArray[np.float64]
    """[titles, longest, labels]."""
    taught: npt.NDArray[np.bool_]
    lengths: Ints


def _begin(chance: np.random.Generator, deep: int) -> dict[str, Floats]:
    def drawn(rows: int, columns: int, by: float) -> Floats:
        found = chance.standard_normal((rows, columns)) * by / np.sqrt(max(rows, 1))
        return np.asarray(found, np.float32)

    count = len(LABELS)
    into = np.vstack([drawn(WIDTH, STATES, 1.4), drawn(deep, STATES, 0.5)])
    weights = {"in": into, "in_bias": np.zeros(STATES, np.float32)}
    for layer in range(len(REACH)):
        weights[f"layer{layer}"] = drawn(3 * STATES, STATES, 1.0)
        weights[f"bias{layer}"] = np.zeros(STATES, np.float32)
    return weights | {
        "out": drawn(STATES, count, 0.7), "out_bias": np.zeros(count, np.float32),
        "turn": np.zeros((count, count), np.float32), "first": np.zeros(count, np.float32),
    }  # fmt: skip


def _vectors(
    names: Sequence[str], row: Mapping[str, int], meaning: Floats, chance: np.random.Generator
) -> Floats:
    """A piece's own vector, turned another way for each place; chance for other features."""
    found = (chance.standard_normal((len(names), WIDTH)) * 0.1).astype(np.float32)
    for place in sorted({place for places in PLACES.values() for place in places}):
        turn, _ = np.linalg.qr(chance.standard_normal((WIDTH, WIDTH)))
        mine = [at for at, name in enumerate(names) if name[0] == place and name[1:] in row]
        found[mine] = (MEANING * meaning[[row[names[at][1:]] for at in mine]]) @ turn
    return found


def _batches(titles: Sequence[Rows], chance: np.random.Generator) -> Iterator[Ints]:
    """Titles of like length together, in an order drawn anew."""
    lengths = np.array([len(counts) for _, counts in titles])
    order = np.argsort(lengths + chance.random(len(titles)) * 6, kind="stable")
    starts = chance.permutation(np.arange(0, len(order), TITLES))
    return (order[start : start + TITLES] for start in starts)


def _rows(features: Features, at: Mapping[str, int]) -> Rows:
    known = [[at[name] for name in one if name in at] for one in features]
    return (np.array([row for one in known for row in one], np.int64),
            np.array([len(one) for one in known], np.int64))  # fmt: skip


def _batch(
    titles: Sequence[Rows], lessons: Sequence[Lesson], chance: np.random.Generator
) -> _Batch:
    import scipy.sparse as sparse

    lengths = np.array([len(own) for _, own in titles])
    begins = GAP + np.cumsum(lengths + GAP) - (lengths + GAP)
    rows = int(begins[-1] + lengths[-1] + GAP)
    at = np.zeros((len(titles), int(lengths.max())), np.int64)
    wanted = np.zeros((*at.shape, len(LABELS)))
    counts, there = np.zeros(rows, np.int64), np.zeros((rows, 1), np.float32)
    deep = lessons[0].states
    states = None if deep is None else np.zeros((rows, deep.shape[1]), np.float32)
    for k, ((_, often), begin, lesson) in enumerate(zip(titles, begins, lessons, strict=True)):
        own = np.arange(begin, begin + len(often))
        at[k, : len(own)], wanted[k, : len(own)] = own, lesson.wanted
        counts[own], there[own] = often, 1
        if states is not None and lesson.states is not None:
            states[own] = lesson.states
    used, ids = np.unique(np.concatenate([ids for ids, _ in titles]), return_inverse=True)
    value = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts)
    value *= chance.random(len(value)) >= FEATURES_OUT
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    held = (value.astype(np.float32), ids.astype(np.int32), starts)
    found = sparse.csr_matrix(held, shape=(rows, len(used)))
    by_people = np.array([lesson.taught for lesson in lessons])
    return _Batch(found, used, states, there, at, wanted, by_people, lengths)


def _gradient(
    weights: Mapping[str, Floats], vectors: Floats, batch: _Batch, chance: np.random.Generator
) -> tuple[dict[str, Floats], Floats]:
    """Of the mean loss a character: by weights, and by the vectors of features that occur."""

    def kept(like: Floats, out: float = STATES_OUT) -> Floats:
        drawn = chance.random(like.shape, dtype=np.float32) >= out
        return drawn.astype(np.float32) / np.float32(1 - out)

    summed = batch.features @ vectors[batch.used]
    if batch.states is not None:
        summed = np.hstack([summed, batch.states * kept(batch.states, ENCODER_OUT)])
    state = np.maximum(summed @ weights["in"] + weights["in_bias"], 0) * batch.there
    begun, tape = state, []
    for layer, reach in enumerate(REACH):
        mask = kept(state)
        seen = beside(state * mask, reach)
        added = np.maximum(seen @ weights[f"layer{layer}"] + weights[f"bias{layer}"], 0)
        added *= batch.there
        tape.append((mask, seen, added))
        state = state + added
    mask = kept(state)
    state = state * mask
    scores = (state @ weights["out"] + weights["out_bias"]).astype(np.float64)
    within = np.arange(batch.at.shape[1]) < batch.lengths[:, None]
    _, by_scores, by_turn, by_first = slopes(
        scores[batch.at], batch.wanted, batch.lengths, batch.taught,
        weights["turn"].astype(np.float64), weights["first"].astype(np.float64),
    )  # fmt: skip
    size = float(batch.lengths.sum())
    back = np.zeros(scores.shape, np.float32)
    back[batch.at[within]] = by_scores[within] / size
    found = {"turn": by_turn / size, "first": by_first / size,
             "out": state.T @ back, "out_bias": back.sum(0)}  # fmt: skip
    down = (back @ weights["out"].T) * mask
    for layer in reversed(range(len(REACH))):
        mask, seen, added = tape[layer]
        here = down * (added > 0)
        found |= {f"layer{layer}": seen.T @ here, f"bias{layer}": here.sum(0)}
        down = down + _together(here @ weights[f"layer{layer}"].T, REACH[layer]) * mask
    down *= begun > 0
    found |= {"in": summed.T @ down, "in_bias": down.sum(0)}
    return found, np.asarray(batch.features.T @ (down @ weights["in"][: vectors.shape[1]].T))


def _together(wide: Floats, reach: int) -> Floats:
    """The inverse way of `beside`: slopes of the three parts added where they came from."""
    width = wide.shape[1] // 3
    found = wide[:, width : 2 * width].copy()
    found[:-reach] += wide[reach:, :width]
    found[reach:] += wide[:-reach, 2 * width :]
    return found


class _Adam:
    """Adam with decoupled decay (Loshchilov & Hutter 2019); vectors only where they were used."""

    def __init__(self, weights: dict[str, Floats], vectors: Floats, steps: int) -> None:
        self._weights, self._vectors, self._steps = weights, vectors, steps
        self._mean = {name: np.zeros_like(each) for name, each in weights.items()}
        self._square = {name: np.zeros_like(each) for name, each in weights.items()}
        self._of_rows = np.zeros(len(vectors), np.float32)
        self._step = 0

    def step(self, by_weights: Mapping[str, Floats], by_vectors: Floats, rows: Ints) -> None:
        """One step along the gradient; the rate rises for 100 steps and falls to 0."""
        self._step += 1
        at, (keep, keep_square) = self._step, KEEP
        rate = np.float32(RATE * min(1, at / 100) * (1 - at / (self._steps + 1)))
        whole, whole_square = np.float32(1 - keep**at), np.float32(1 - keep_square**at)
        for name, held in self._weights.items():
            slope = by_weights[name].astype(np.float32)
            self._mean[name] = keep * self._mean[name] + (1 - keep) * slope
            self._square[name] = keep_square * self._square[name] + (1 - keep_square) * slope**2
            way = self._mean[name] / whole / (np.sqrt(self._square[name] / whole_square) + 1e-8)
            held -= rate * (way + DECAY * held * (held.ndim > 1 and name != "turn"))
        square = keep_square * self._of_rows[rows] + (1 - keep_square) * (by_vectors**2).mean(1)
        self._of_rows[rows] = square
        way = by_vectors / (np.sqrt(square / whole_square) + 1e-8)[:, None]
        self._vectors[rows] -= rate * (way + DECAY * self._vectors[rows])
