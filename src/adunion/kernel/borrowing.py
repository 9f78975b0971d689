"""Kernels that only borrow arrays, so that no reference to them is counted.

Numba counts a reference to every array of a tuple whenever the tuple is named or handed over, an
atomic step each: in kernels that name tuples for each candidate or slot, half of their time. One
under `borrowing` counts none: who calls it holds the arrays until it returns. So it makes no array
and returns none, it writes into those that it is given; what it calls borrows too, or takes and
returns numbers.
"""

from __future__ import annotations

from functools import partial

from numba import njit

borrowing = partial(njit, cache=True, nogil=True, _nrt=False)
"""`@borrowing()` in place of `@njit`; with `inline="always"` no tuple is copied to hand it over."""
