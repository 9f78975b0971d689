from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adunion.kernel.clock import ManualClock, from_micros, micros, rfc3339, rfc3339_micros
from adunion.kernel.config import Settings


def test_micros_and_times_are_inverse() -> None:
    at = datetime(2026, 11, 11, 8, 0, 0, 123456, tzinfo=UTC)
    assert from_micros(micros(at)) == at
    assert rfc3339(at) == rfc3339_micros(micros(at)) == "2026-11-11T08:00:00.123456Z"
    whole = at.replace(microsecond=0)
    assert rfc3339(whole) == rfc3339_micros(micros(whole)) == "2026-11-11T08:00:00Z"


def test_a_manual_clock_never_runs_backwards(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="backwards"):
        clock.set(clock.now() - timedelta(seconds=1))


def test_the_signing_key_is_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, secret=None)
    key = settings.signing_key()
    assert settings.signing_key() == key
    assert len(key) == 32
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
