"""A merchant changes plans while they run: targets, budgets, pauses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adunion.kernel.errors import AdUnionError
from adunion.simulation.scenario import parse

BASE = {
    "days": 1, "history_days": 2, "drain_hours": 6, "requests_per_day": 2_000, "control": False,
    "world": {"items": 200, "merchants": 4, "shoppers": 800, "seed": 5},
    "publishers": {"count": 0},
}  # fmt: skip
PAUSE = [{"at_hour": 8, "paused": True}, {"at_hour": 16, "paused": False}]


def test_edits_hold_from_their_hour_and_attainment_follows_the_target(
    lived: Callable[..., dict[str, Any]],
) -> None:
    edits = [{"at_hour": 12, "target_roi": 6}, {"at_hour": 20, "budget": 900_000}]
    plans = [{"target_roi": 3, "edits": edits}, {"target_roi": 3, "edits": PAUSE}]
    edited, paused = lived(**BASE, plans=plans)["plans"]

    assert [edit["at"][11:16] for edit in edited["edits"]] == ["12:00", "20:00"]
    assert edited["stage"] == "adjusting"  # twice the target is a large edit
    spend = _by_hour(edited)
    promised = 3 * sum(spend[:12]) + 6 * sum(spend[12:])
    assert 0 < sum(spend[12:]) < sum(spend[:12])
    assert edited["promised_minor"] == pytest.approx(promised, abs=1)
    assert edited["attainment"] == pytest.approx(edited["gmv_minor"] / promised, rel=1e-3)

    spend = _by_hour(paused)
    assert sum(spend[8:16]) == 0 < min(sum(spend[:8]), sum(spend[16:24]))


def _by_hour(plan: dict[str, Any]) -> list[int]:
    """Spend of the live day's hours; a report leaves out those in which nothing was."""
    spent = {hour["hour"][:13]: hour["spend_minor"] for hour in plan["hours"]}
    day = plan["start"][:11]
    return [spent.get(f"{day}{hour:02}", 0) for hour in range(24)]


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        ({"edits": [{"at_hour": 3}]}, "changes something"),
        ({"edits": [{"at_hour": 3, "target_cost": 5}]}, "cost_per_order"),
        ({"end_hour": 9, "edits": PAUSE}, "hour 16"),
        ({"start_hour": 9, "edits": PAUSE}, "hour 8"),
        ({"edits": [{"at_hour": 3, "target_roi": 10_000}]}, "target_roi"),
        ({"goal": "cost_per_order", "target_cost": 5, "edits": [{"at_hour": 3, "target_roi": 2}]},
         "no target_roi"),
    ],
)  # fmt: skip
def test_a_bad_edit_is_refused_by_what_is_wrong(plan: dict[str, Any], word: str) -> None:
    with pytest.raises(AdUnionError, match=word):
        parse({**BASE, "plans": [plan]})
