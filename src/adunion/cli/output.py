"""What commands print: results to stdout (tables or JSON), progress and errors to stderr."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from adunion.kernel.clock import monotonic_s
from adunion.kernel.errors import AdUnionError

_signals: list[int] = []  # that asked to stop
WIDTH_PIPED = 120  # where nobody can say how wide the reader's screen is


def _console(stderr: bool) -> Console:
    found = Console(stderr=stderr)
    return found if found.is_terminal else Console(stderr=stderr, width=WIDTH_PIPED)


out = _console(stderr=False)
err = _console(stderr=True)


class Report(Protocol):
    """Tells how far long work is: `(what, done, total)`; total 0 where it is not known."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Called often; cheap."""
        ...


def fail(error: AdUnionError) -> None:
    """One error, with its code and what to do."""
    err.print(f"[bold red]error[/] [dim]{error.code}[/]: ", end="")
    err.print(printable(str(error)), markup=False, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Machine-readable results: one JSON document on stdout."""
    print_raw(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())


def print_raw(text: str) -> None:
    """A line of stdout as it is."""
    out.out(text, highlight=False)


def printable(text: str) -> str:
    """Without the signs that steer a terminal; lines stay."""
    return "".join(c for c in text if c.isprintable() or c == "\n")


def plain(text: str) -> str:
    """Text of others in a line or a cell: printable, with no markup of its own and in one line."""
    return escape(printable(text.replace("\n", "")))


def stop(signum: int, _frame: object) -> None:
    """Handle SIGINT: raise KeyboardInterrupt.

    Python drops what is raised within a finaliser or a weak reference's callback, and under load
    many of those run; so the next report of progress raises it again. What libraries then log of
    work that was cut off, such as a connection in the middle of a reset, tells nobody anything.
    """
    _signals.append(signum)
    logging.disable(logging.ERROR)
    raise KeyboardInterrupt


def asked_to_stop() -> bool:
    """Whether Ctrl-C was pressed since the command began."""
    return bool(_signals)


PLAIN_EVERY_S = 10.0
"""Between lines of progress where nobody sees a bar move."""


@contextmanager
def progress(quiet: bool = False) -> Iterator[Report]:
    """Progress on stderr, a bar for each `what`; in a pipe or a file a line now and then.

    A report ends what was asked to `stop`.
    """
    if quiet or not err.is_terminal:
        yield _Lines(quiet)
        return
    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
    )
    tasks: dict[str, Any] = {}

    def report(what: str, done: int, total: int) -> None:
        if asked_to_stop():
            raise KeyboardInterrupt
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total or None)
        bars.update(tasks[what], completed=done, total=total or None)

    with bars:
        yield report


class _Lines:
    """Progress as lines: the first report of each `what`, its end, and one every few seconds."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        self._next_s = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        """One report."""
        if asked_to_stop():
            raise KeyboardInterrupt
        if self._quiet or what in self._ended:
            return
        ends, now = 0 < total <= done, monotonic_s()
        if not ends and what in self._begun and now < self._next_s:
            return
        self._begun.add(what)
        if ends:
            self._ended.add(what)
        self._next_s = now + PLAIN_EVERY_S
        err.print(f"{what}: {done:,}" + (f" of {total:,}" if total else ""), markup=False)
