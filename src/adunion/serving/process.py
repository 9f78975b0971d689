"""How a process that serves is set, once all is loaded: for short and even answers."""

from __future__ import annotations

import gc
import sys

_YOUNG_MAX = 20_000  # objects between two collections; a decision keeps some fifty for a while
_SWITCH_SECONDS = 0.0005


def settle() -> None:
    """Leave what was loaded out of collections, and let threads take turns quickly.

    Kernels let go of the interpreter; whoever takes it up in the meantime, the consumer or the
    tick, may keep it for the switch interval, which is 5 ms unless it is told otherwise.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_MAX, 10, 10)
    sys.setswitchinterval(_SWITCH_SECONDS)
