"""A small market that lives through a scenario, in a home and records of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adunion.bootstrap.records import open_records
from adunion.bootstrap.simulator import simulate
from adunion.kernel.config import Settings
from adunion.simulation.scenario import parse


@pytest.fixture(scope="session")
def lived() -> Callable[..., dict[str, Any]]:
    """Call it with a scenario for its report."""

    def report(**scenario: Any) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="adunion-test-") as home:
            settings = Settings(home=Path(home), database_url=None)
            with open_records(settings):
                return simulate(settings, parse(scenario), 3, lambda *_: None)

    return report
