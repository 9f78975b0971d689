"""The operator's settings reach the auction, from the environment and from a scenario."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from adunion.bootstrap.rules import decision_rules
from adunion.decision.settings import DecisionSettings
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.simulation.scenario import COSTLY, parse


def test_unset_they_are_the_engines_own() -> None:
    assert decision_rules(Settings(), "CNY") == DecisionSettings()
    plain = DecisionSettings(bidder="constant")
    assert decision_rules(parse({"retrievals_off": []}), "CNY", "constant") == plain
    assert decision_rules(parse({}), "CNY", "constant") == replace(plain, retrievals_off=COSTLY)


@pytest.mark.parametrize(
    ("currency", "micros"), [("CNY", 20_500), ("JPY", 20_500), ("KWD", 20_500)]
)
def test_a_reserve_is_in_major_units_of_a_thousand_impressions(currency: str, micros: int) -> None:
    rules = decision_rules(Settings(reserve_per_thousand=Decimal("20.5")), currency)
    assert rules.reserve_micros == micros
    assert rules.rules.reserve_micros == micros


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADUNION_EXPERIENCE_BPS", "400")
    monkeypatch.setenv("ADUNION_PRICING", "gsp")
    rules = decision_rules(Settings(), "CNY")
    assert (rules.experience_bps, rules.pricing) == (400, "gsp")


def test_a_pricing_that_is_not_registered_is_refused() -> None:
    with pytest.raises(AdUnionError):
        decision_rules(Settings(pricing="second"), "CNY")
