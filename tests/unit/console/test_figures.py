"""The figures of a plan: what its return is, and what colour that has."""

from __future__ import annotations

import pytest

from adunion.console.formats import Formats
from adunion.console.reports import result_stats
from adunion.insight.types import Result


def say(text: str, **given: str) -> str:
    return text % given


@pytest.mark.parametrize(
    ("come", "note", "tone"),
    [
        (1.0, "target 3.00, attained 85.0%", "warn"),
        (0.75, "target 3.00, attained 85.0%; 113.3% with orders still to come", "good"),
        (3.0, "target 3.00, attained 85.0%", "warn"),  # more came late than is still to come
    ],
)
def test_a_young_plans_return_is_told_with_its_orders_to_come(
    come: float, note: str, tone: str
) -> None:
    result = Result("CNY", spend_minor=1_000, gmv_minor=2_550)
    roi = result_stats(say, Formats("en"), result, 3.0, come)[2]
    assert (roi.note, roi.tone) == (note, tone)
