from __future__ import annotations

import numpy as np

from adunion.prediction.halves import halves


def test_every_half_and_what_lies_between_two_is_rounded_as_numpy_rounds_it() -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    every = every[~np.isnan(every)]
    ordered = np.sort(every[np.isfinite(every)])
    middle = (ordered[1:] / 2 + ordered[:-1] / 2).astype(np.float32)
    beside = np.nextafter(middle, np.float32(np.inf)), np.nextafter(middle, np.float32(-np.inf))
    x = np.concatenate([every, middle, *beside, np.float32([1e30, 65_519.99, 65_520, 1e-45])])
    with np.errstate(over="ignore"):
        expected = x.astype(np.float16)
    np.testing.assert_array_equal(halves(x).view(np.uint16), expected.view(np.uint16))


def test_what_is_no_number_stays_so_and_the_shape_is_kept() -> None:
    found = halves(np.full((3, 2), np.nan, np.float32))
    assert found.shape == (3, 2)
    assert np.isnan(found).all()
