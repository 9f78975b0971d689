"""What becomes of bad rows: the import stops at the first, or leaves them out and reports them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .errors import bad_rows
from .types import Problem


class SkipReport:
    """Collects bad rows into a CSV of line, field, reason and row; without `skip_bad` raises."""

    def __init__(self, file_name: str, path: Path, *, skip_bad: bool = False) -> None:
        self._file_name = file_name
        self._path = path
        self._skip_bad = skip_bad
        self.skipped = 0
        self.ignored: Counter[str] = Counter()  # rows left out by the mapping's rules, by reason

    @property
    def path(self) -> str | None:
        """The report, if a row was skipped."""
        return str(self._path) if self.skipped else None

    def add(self, problems: Sequence[Problem]) -> None:
        """Report rows that cannot be taken, or refuse the file."""
        if not problems:
            return
        if not self._skip_bad:
            raise bad_rows(self._file_name, problems)
        with self._path.open("a" if self.skipped else "w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)
            if not self.skipped:
                rows.writerow(("line", "field", "reason", "row"))
            rows.writerows(problems)
        self.skipped += len(problems)
