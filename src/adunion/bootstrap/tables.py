"""Load every room's `tables.py`, so that the shared metadata knows them all."""

from importlib import import_module
from pathlib import Path

import adunion


def load_tables() -> None:
    """Import `adunion.<room>.tables` wherever there is one."""
    for path in sorted(Path(adunion.__path__[0]).glob("*/tables.py")):
        import_module(f"adunion.{path.parent.name}.tables")
