"""Which terms an order line falls under."""

from datetime import UTC, datetime, timedelta

import pytest

from adunion.commission.rates import Agreed, check, terms_for
from adunion.commission.types import Terms
from adunion.kernel.errors import AdUnionError

AT = datetime(2026, 11, 1, tzinfo=UTC)
AGREED = [
    Agreed("mer_1", "", AT, Terms(500)),
    Agreed("mer_1", "pets", AT, Terms(600)),
    Agreed("mer_1", "pets > food", AT, Terms(700)),
    Agreed("mer_1", "pets > food", AT + timedelta(days=1), Terms(750)),
]


@pytest.mark.parametrize(
    ("merchant", "category", "days", "rate"),
    [
        ("mer_1", "toys", 0, 500),
        ("mer_1", "pets", 0, 600),
        ("mer_1", "pets > toys", 0, 600),
        ("mer_1", "pets > food > cats", 0, 700),
        ("mer_1", "pets > foods", 0, 600),
        ("mer_1", "pets > food", 1, 750),
        ("mer_1", "pets > food", -1, 800),
        ("mer_2", "pets", 0, 800),
    ],
)
def test_the_nearest_category_and_the_latest_terms_before_the_order(merchant, category, days, rate):
    assert terms_for(AGREED, merchant, category, AT + timedelta(days=days)).rate_bps == rate


@pytest.mark.parametrize(
    "terms", [Terms(-1), Terms(10_001), Terms(fee_bps=-1), Terms(hold_days=-1)]
)
def test_terms_that_cannot_be_are_refused(terms):
    with pytest.raises(AdUnionError, match="not between"):
        check(terms)
