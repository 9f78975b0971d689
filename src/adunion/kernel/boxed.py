"""Columns in a box: numba takes a box in half a microsecond, a tuple of arrays in 0.1 for each.

What many calls of a kernel have in common is boxed once; within the kernel `box.value` is the named
tuple that was put in. Its arrays are the same as outside: what one writes the other sees.
"""

from __future__ import annotations

from typing import Any

from numba import njit, types
from numba.experimental import structref


@structref.register
class _BoxType(types.StructRef):
    """Numba's type of a box, by the type of what is in it."""


class Box(structref.StructRefProxy):
    """Holds one named tuple; made by `boxed`."""

    value: Any  # to be read in kernels


structref.define_proxy(Box, _BoxType, ["value"])  # type: ignore[no-untyped-call]


@njit(cache=True)
def boxed(value: Any) -> Box:
    """A box of a named tuple of arrays, numbers and further tuples."""
    return Box(value)  # type: ignore[no-untyped-call]
