from __future__ import annotations

import pytest

from adunion.publishers import default_exposures


def test_exposures_start_at_one_and_fall() -> None:
    exposures = default_exposures(12)
    assert exposures[0] == 1.0
    assert exposures[5] == pytest.approx(1 / 1.6)
    assert list(exposures) == sorted(exposures, reverse=True)
    assert len(set(exposures)) == 12
