from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import (
    Money,
    exponent,
    micros_per_minor,
    parse_price,
    share_bps,
    split_proportionally,
    to_major,
    to_minor,
)


@pytest.mark.parametrize(
    ("code", "digits"), [("CNY", 2), ("JPY", 0), ("VND", 0), ("KWD", 3), ("CLF", 4)]
)
def test_minor_units_follow_iso_4217(code: str, digits: int) -> None:
    assert exponent(code) == digits
    assert micros_per_minor(code) * 10**digits == 1_000_000


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [("15.00 USD", 1500, "USD"), ("USD 1,299.5", 129950, "USD"), ("1200 JPY", 1200, "JPY")],
)
def test_feed_prices_are_read_exactly(text: str, minor: int, currency: str) -> None:
    assert parse_price(text) == (minor, currency)


@pytest.mark.parametrize("text", ["", "abc", "15", "15.005 USD", "1.5 JPY", "NaN USD", "9 XXX"])
def test_prices_that_cannot_be_exact_are_refused(text: str) -> None:
    with pytest.raises(AdUnionError):
        parse_price(text)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_minor_and_major_are_inverse(minor: int, currency: str) -> None:
    assert to_minor(to_major(minor, currency), currency) == minor


@pytest.mark.parametrize(
    "amount", ["1e999999999", "-1e999999999", "1e30", "9" * 400, "0e999999999"]
)
def test_an_amount_that_no_ledger_holds_is_refused(amount: str) -> None:
    with pytest.raises(AdUnionError, match="too large"):
        to_minor(amount, "CNY")


def test_a_long_amount_is_quoted_by_its_beginning() -> None:
    with pytest.raises(AdUnionError) as refused:
        to_minor("0." + "1" * 100_000, "CNY")
    assert len(str(refused.value)) < 200


def test_amounts_finer_than_the_minor_unit_round_half_even_when_told() -> None:
    assert to_minor(Decimal("0.125"), "USD", exact=False) == 12
    assert to_minor(Decimal("0.135"), "USD", exact=False) == 14


@given(st.integers(0, 10**9), st.lists(st.integers(1, 1000), min_size=1, max_size=8))
def test_a_split_loses_nothing(total: int, weights: list[int]) -> None:
    parts = split_proportionally(total, weights)
    assert sum(parts) == total
    assert all(abs(p - total * w / sum(weights)) < 1 for p, w in zip(parts, weights, strict=True))


def test_shares_round_half_even_and_keep_their_sign() -> None:
    assert share_bps(1_000, 800) == 80
    assert share_bps(-1_000, 800) == -80
    assert share_bps(125, 1_000) == 12


def test_currencies_do_not_mix() -> None:
    with pytest.raises(AdUnionError, match="Cannot add"):
        Money(1, "CNY") + Money(1, "USD")
