"""Examine the machine: what AdUnion needs, and whether it is here."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError

from .records import open_records

DISK_GB_MIN = 2


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str
    hint: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at Python, disk, the home, PostgreSQL and the console's assets."""
    home = settings.home.expanduser().resolve()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    free_gb = shutil.disk_usage(home).free / 1e9
    vendor = Path(__file__).parents[1] / "console" / "static" / "vendor"
    python = ".".join(map(str, sys.version_info[:3]))
    return [
        Finding("Python", sys.version_info >= (3, 11), python, "Install Python 3.11 or newer."),
        Finding(
            "home", os.access(home, os.W_OK), str(home), "Set ADUNION_HOME to a folder of yours."
        ),
        Finding("disk", free_gb > DISK_GB_MIN, f"{free_gb:.0f} GB free", "Make room."),
        _postgres(settings),
        Finding("console assets", any(vendor.glob("*.js")), str(vendor), "Build them: make serve."),
    ]


def _postgres(settings: Settings) -> Finding:
    where = "ADUNION_DATABASE_URL" if settings.database_url else "embedded"
    try:
        with open_records(settings) as server, server.engine.connect() as conn:
            version = conn.execute(text("show server_version")).scalar_one()
    except AdUnionError as error:
        return Finding("PostgreSQL", False, str(error), error.hint or "")
    return Finding("PostgreSQL", True, f"{version} ({where})")
