"""What chance alone costs the guarantee."""

from __future__ import annotations

import math

import pytest

from adunion.settlement.luck import credit_floor, floors


def test_alike_orders_cost_what_poisson_says() -> None:
    exact = sum(
        math.exp(k * math.log(60) - 60 - math.lgamma(k + 1)) * max(0.0, 1 - k / 60 / 0.9)
        for k in range(21, 200)
    )
    assert credit_floor(60, 1.0, 0.0) == pytest.approx(exact, rel=0.02)


def test_more_orders_and_a_margin_cost_less_and_spread_values_more() -> None:
    table = {(one.attainment, one.orders): one for one in floors()}
    assert table[1.0, 40].spread > table[1.0, 100].spread > table[1.0, 400].spread > 0
    assert all(table[1.05, orders].alike <= table[1.0, orders].alike for orders in (40, 100))
    assert all(one.spread > one.alike for one in table.values())
