"""What every command prints by, and how it is stopped."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from adunion.cli import output
from adunion.kernel.errors import invalid

SWALLOWED = """
import gc, os, signal
from adunion.cli import output
from adunion.kernel.errors import invalid

class Last:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1_000):
            pass  # the handler runs here

signal.signal(signal.SIGINT, output.stop)
Last()
print("swallowed", flush=True)
with output.progress(quiet=True) as report:
    report("work", 1, 2)
print("went on")
"""


def test_a_ctrl_c_that_python_dropped_is_raised_at_the_next_report() -> None:
    found = subprocess.run(
        [sys.executable, "-c", SWALLOWED], capture_output=True, text=True, timeout=120
    )
    assert found.stdout == "swallowed\n"
    assert "Exception ignored" in found.stderr  # the finaliser's own
    assert found.returncode == -signal.SIGINT


def test_without_a_signal_reports_are_just_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_signals", [])
    with output.progress(quiet=True) as report:
        report("work", 1, 2)
        report("work", 2, 0)


def test_in_a_pipe_progress_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 1.0, 9.0, 11.0, 12.0, 13.0, 14.0])
    monkeypatch.setattr(output, "_signals", [])
    monkeypatch.setattr(output, "monotonic_s", lambda: next(clock))
    with output.progress() as report:
        for done in (1, 2, 3, 4):  # 0, 1, 9 and 11 s after the beginning
            report("hours", done, 1_500)
        report("orders", 7, 0)
        report("hours", 1_500, 1_500)
        report("hours", 1_500, 1_500)
        assert capsys.readouterr().err.splitlines() == [
            "hours: 1 of 1,500", "hours: 4 of 1,500", "orders: 7", "hours: 1,500 of 1,500",
        ]  # fmt: skip


CUT_OFF = """
import os, signal, sys
from adunion import cli

def app():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        raise RuntimeError("the connection was cut off")

cli.app = app
cli.main()
"""


def test_what_a_library_raises_since_it_was_cut_off_is_the_ctrl_c() -> None:
    found = subprocess.run(
        [sys.executable, "-c", CUT_OFF], capture_output=True, text=True, timeout=120
    )
    assert (found.returncode, found.stderr) == (130, "")


def test_words_of_others_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert output.plain("\x1b[31m红\x1b[0m [b]\n2") == "[31m红[0m \\[b]2"
    output.fail(invalid("title", "What \x1b[2J is\nthat?"))
    said = capsys.readouterr().err
    assert "\x1b[2J" not in said
    assert "is\nthat?" in said
