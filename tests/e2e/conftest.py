"""A small demo, built and served by the program itself, and a real browser to visit it with."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

SIZE = (
    "--items 600 --merchants 24 --shoppers 1500 --requests-per-day 3000"
    " --history-days 2 --days 1 --plans 6 --quiet"
).split()
START_SECONDS_MAX = 420
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A running demo; `report` is what it printed."""

    url: str
    home: Path
    log: Path


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The demo on a free port, ended by Ctrl-C as a person would.

    Not under pytest's own folder: another pytest run would close it to PostgreSQL's account.
    """
    home = Path(tempfile.mkdtemp(prefix="adunion-e2e-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = home.with_suffix(".log")  # the demo clears its home
    with log.open("w") as out:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "adunion"), "demo", "--port", str(port), *SIZE],
            env={**os.environ, "ADUNION_HOME": str(home), "COLUMNS": "160"},
            stdout=out, stderr=out,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, log)
        yield Server(url, home, log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    assert process.returncode == 0, log.read_text()[-3000:]
    assert not re.search(r"Traceback", log.read_text()), log.read_text()[-3000:]
    shutil.rmtree(home)
    log.unlink()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/sign-in", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise AssertionError(f"the demo did not come up:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless; of one file, since it holds the thread's event loop."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
        )
        yield chromium
        chromium.close()


@pytest.fixture(params=["zh-CN", "en"])
def locale(request: pytest.FixtureRequest) -> str:
    """Both languages."""
    return str(request.param)


@pytest.fixture
def page(browser: Browser, server: Server, locale: str) -> Iterator[Page]:
    """A fresh visitor on a desktop, whose console errors fail the test."""
    context = browser.new_context(
        base_url=server.url, locale=locale, viewport={"width": 1360, "height": 900}
    )
    fresh = context.new_page()
    errors: list[str] = []
    fresh.on("pageerror", lambda error: errors.append(str(error)))
    yield fresh
    context.close()
    assert errors == []


@pytest.fixture(scope="module")
def sessions() -> dict[str, Any]:
    """The cookies of each role once it has signed in."""
    return {}


@pytest.fixture
def visit(
    browser: Browser, server: Server, sessions: dict[str, Any]
) -> Iterator[Callable[..., Page]]:
    """Opens a page as a role, or as nobody; a script error or a refused load fails the test."""
    problems: list[str] = []
    contexts = []

    def told(said: str) -> None:
        if "status of 4" not in said:  # an answer of 404 or 422 is the page's own affair
            problems.append(said)

    def open_page(path: str, role: str | None = None, width: int = 1360, lang: str = "en") -> Page:
        context = browser.new_context(
            base_url=server.url, viewport={"width": width, "height": 844},
            timezone_id="Asia/Shanghai", storage_state=sessions.get(role or ""),
        )  # fmt: skip
        contexts.append(context)
        fresh = context.new_page()
        fresh.on("pageerror", lambda error: told(str(error)))
        fresh.on("console", lambda said: told(said.text) if said.type == "error" else None)
        context.add_cookies([{"name": "lang", "value": lang, "url": server.url}])
        if role is not None and role not in sessions:
            fresh.goto("/sign-in")
            fresh.locator("form.body input[name=email]").fill(f"{role}@demo.example")
            fresh.locator("form.body input[name=password]").fill(f"demo-{role}")
            fresh.locator("form.body button").click()
            fresh.wait_for_url(f"**/{role}")
            sessions[role] = context.storage_state()
        fresh.goto(path)
        return fresh

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
