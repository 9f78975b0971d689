"""Load every room's `tables.py`, so that the shared metadata knows them all."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

import adunion


def load_tables() -> None:
    """Import `adunion.<room>.tables` wherever there is one."""
    for room in iter_modules(adunion.__path__, "adunion."):
        if room.ispkg and find_spec(f"{room.name}.tables"):
            import_module(f"{room.name}.tables")
