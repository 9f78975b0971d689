"""What was taught, by heart: a taught title, or a stretch of one, comes back as it was labelled.

This is memory and not reading: it says nothing of titles unlike those that were taught.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from adunion.kernel.clock import generator

from .chain import LABELS, Chances
from .corpus import Title, bounds, marked
from .features import lowered

BESIDE = 4
"""Characters to each side of one that must stand there as they were taught."""
TRUST = 0.98
"""Chance of a remembered label: of titles kept from learning, 95 to 98 % are right."""
Keys = npt.NDArray[np.uint64]
_LABEL = np.uint64(15)
"""The lowest bits of a key are a label's column; the rest is the hash of a window."""
_WINDOW = 2 * BESIDE + 1
_FACTORS = generator(0, 0x7A6).integers(1 << 64, size=_WINDOW, dtype=np.uint64) | np.uint64(1)


@dataclass(frozen=True)
class Memory:
    """Sorted hashes of windows of characters, each with the label of the one in the middle."""

    keys: Keys = field(repr=False)

    def correct(self, title: str, chances: Chances) -> Chances:
        """The chances of labels [length, labels], with what is remembered of this title."""
        if not len(self.keys):
            return chances
        wanted = _hashes(title)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        known = (self.keys[at] & ~_LABEL) == wanted
        found = chances.copy()
        found[known] *= 1 - TRUST
        found[known, (self.keys[at[known]] & _LABEL).astype(np.int64)] += TRUST
        return found


def memory(titles: Iterable[Title]) -> Memory:
    """Of what was taught differently the more frequent holds, then the later."""
    votes: dict[int, Counter[int]] = {}
    for text, labels in reversed(list(titles)):
        sound = marked(bounds(labels), len(text))
        for key, label in zip(_hashes(text).tolist(), sound, strict=True):
            votes.setdefault(key, Counter())[LABELS.index(label)] += 1
    keys = [key | count.most_common(1)[0][0] for key, count in votes.items()]
    return Memory(np.sort(np.array(keys, np.uint64)))


def _hashes(title: str) -> Keys:
    """Of each character with those beside it (multiply-shift; Dietzfelbinger et al. 1997)."""
    codes = np.zeros(len(title) + 2 * BESIDE, np.uint64)
    codes[BESIDE : BESIDE + len(title)] = [ord(character) for character in lowered(title)]
    windows = np.lib.stride_tricks.sliding_window_view(codes, _WINDOW)
    return np.asarray((windows * _FACTORS).sum(1) & ~_LABEL, np.uint64)
