"""The examples of docs/api.md are run as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration
PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def _examples() -> list[tuple[str, int]]:
    """(command, the status in its comment) of each curl in the page."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.S))
    return [(m[1], int(m[2])) for m in re.finditer(r"(?ms)^(curl .*?) +# (\d{3})$", blocks)]


def test_every_example_answers_as_the_page_says(api: Any) -> None:
    examples = _examples()
    assert len(examples) == PAGE.read_text("utf-8").count("curl $") + 3  # three are quoted
    last = {}
    for command, status in examples:
        url, *words = shlex.split(command.replace("$MARKET", "").replace("\\\n", " "))[1:]
        options = list(zip(words[::2], words[1::2], strict=True))
        headers = dict(v.split(": ") for o, v in options if o == "-H")
        if "Authorization" in headers:
            headers["Authorization"] = f"Bearer {api.secrets['merchant']}"
        body = next((json.loads(v) for o, v in options if o == "--json"), None)
        method = "GET" if body is None else "POST"
        answer = api.send(None, method, url, key="", headers=headers, json=body)
        assert answer.status_code == status, (command, answer.text)
        last = answer.json()
    assert last == json.loads(re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.S)[0])


def test_every_code_the_api_makes_itself_is_on_the_page() -> None:
    room = Path(__file__).parents[3] / "src" / "adunion" / "api"
    text = "".join(path.read_text("utf-8") for path in [room / "route.py", room / "problems.py"])
    codes = set(re.findall(r'AdUnionError\(\s*"(\w+)"', text))
    assert codes
    assert {code for code in codes if f"`{code}`" not in PAGE.read_text("utf-8")} == set()
