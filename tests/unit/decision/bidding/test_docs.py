"""The examples of docs/bidding.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from adunion.decision.bidding import bidder

PAGE = Path(__file__).parents[4] / "docs" / "bidding.md"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_the_doors_example_holds_its_target(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    exec(examples()[0], names)
    printed = capsys.readouterr().out
    assert re.fullmatch(
        r"(on_target|budget_bound|spent): spent \d+, [\d.]+ a conversion\n", printed
    )
    today = names["today"]
    assert today.spent <= 400
    assert today.spent / today.value <= 70 / 0.9


def test_the_example_of_a_new_bidder_registers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bidder, "_found", dict(bidder._found))
    exec(examples()[1], {})

    class Outlook:
        target_roi = np.ones(3)

    np.testing.assert_array_equal(bidder.get("half")(None, None, Outlook), [0.5] * 3)
