"""The errors of reading files: always the file, the line, the field, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from adunion.kernel.errors import AdUnionError

from .types import Problem

_SHOWN_MAX = 10


def broken_file(
    name: str, what: str, hint: str, line: int | None = None, field: str | None = None
) -> AdUnionError:
    """The file as a whole cannot be read; nothing of it was imported."""
    where = name if line is None else f"{name}:{line}"
    return AdUnionError(
        "import_broken_file",
        f"{where}: {what}",
        422,
        field=field,
        hint=f"{hint} Nothing was imported.",
        extra={"file": name, "line": line},
    )


def cut_file(name: str, what: str, line: int) -> AdUnionError:
    """The last line has no end and is no whole row, so that more must be missing."""
    said = f"{what}: the file ends in the middle of this row."
    return broken_file(name, said, "Get the whole file again.", line)


def bad_rows(name: str, problems: Sequence[Problem]) -> AdUnionError:
    """Rows that are wrong, the first ones told; nothing was imported."""
    shown = [_tell(name, problem) for problem in problems[:_SHOWN_MAX]]
    more = len(problems) - len(shown)
    if more:
        shown.append(f"... and at least {more} more.")
    first = problems[0]
    return AdUnionError(
        "import_bad_rows",
        "\n".join(shown),
        422,
        field=first.field or None,
        hint="Nothing was imported. Mend the file, or use --skip-bad to leave such rows out.",
        extra={
            "file": name,
            "line": first.line,
            "problems": [problem[:3] for problem in problems[:_SHOWN_MAX]],
        },
    )


def _tell(name: str, problem: Problem) -> str:
    field = f"field {problem.field!r}: " if problem.field else ""
    return f"{name}:{problem.line}: {field}{problem.message}"
