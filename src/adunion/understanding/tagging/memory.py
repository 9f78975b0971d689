"""What was taught, by heart: a taught title, or a stretch of one, comes back as it was labelled.

This is memory and not reading: it says nothing of titles unlike those that were taught.
"""

from __future__ import annotations

from collections import Counter, defaultdict
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
    """Sorted hashes, each with the label of a character.

    They are of windows, and of whole titles that were labelled otherwise than their windows mostly.
    """

    keys: Keys = field(repr=False)

    def correct(self, title: str, chances: Chances) -> Chances:
        """The chances of labels [length, labels], with what is remembered of this title."""
        if not len(self.keys):
            return chances
        near, whole = _hashes(title)
        found, known = self._recalled(near, chances)
        return self._recalled(whole, found)[0] if known.all() else found

    def _recalled(self, wanted: Keys, chances: Chances) -> tuple[Chances, npt.NDArray[np.bool_]]:
        """The chances with the labels of these hashes, and of which there is one."""
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        known = (self.keys[at] & ~_LABEL) == wanted
        if not known.any():
            return chances, known
        found = chances.copy()
        found[known] *= 1 - TRUST
        found[known, (self.keys[at[known]] & _LABEL).astype(np.int64)] += TRUST
        return found, known


def memory(titles: Iterable[Title]) -> Memory:
    """Of what was taught differently the more frequent holds, then the later."""
    votes: defaultdict[int, Counter[int]] = defaultdict(Counter)
    window: dict[int, int] = {}
    for text, labels in reversed(list(titles)):
        sound = marked(bounds(labels), len(text))
        near, whole = (keys.tolist() for keys in _hashes(text))
        window |= zip(whole, near, strict=True)
        for key in (near, whole):
            for one, label in zip(key, sound, strict=True):
                votes[one][LABELS.index(label)] += 1
    best = {key: count.most_common(1)[0][0] for key, count in votes.items()}
    # of whole titles only what their windows do not say
    keys = [key | label for key, label in best.items()
            if key not in window or best[window[key]] != label]  # fmt: skip
    return Memory(np.sort(np.array(keys, np.uint64)))


def _hashes(title: str) -> tuple[Keys, Keys]:
    """Of each character with those beside it, and with the whole title.

    By multiply-shift (Dietzfelbinger et al. 1997).
    """
    codes = np.zeros(len(title) + 2 * BESIDE, np.uint64)
    codes[BESIDE : BESIDE + len(title)] = [ord(character) for character in lowered(title)]
    windows = np.lib.stride_tricks.sliding_window_view(codes, _WINDOW)
    near = np.asarray((windows * _FACTORS).sum(1) & ~_LABEL, np.uint64)
    return near, near ^ ((near * _FACTORS[0]).sum() & ~_LABEL)
