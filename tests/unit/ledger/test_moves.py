"""What postings do to balances."""

import pytest

from adunion.ledger.moves import Account, Effect, apply, effects, is_bounded
from adunion.ledger.types import Balance, Posting

ACCOUNTS = {
    (code, "CNY"): Account(number, code, "CNY", is_bounded(code), 0, 0, 0)
    for number, code in enumerate(("a:wallet", "b:held"))
}


def posting(kind: str, amount: int) -> Posting:
    settles = "p" if kind in ("post_pending", "void_pending") else None
    return Posting(f"{kind}{amount}", "a:wallet", "b:held", amount, "CNY", kind, settles)


@pytest.mark.parametrize(
    ("kind", "debit", "credit"),
    [
        ("post", Effect(-7, 0, 0), Effect(7, 0, 0)),
        ("pending", Effect(0, 0, 7), Effect(0, 7, 0)),
        ("post_pending", Effect(-7, 0, -7), Effect(7, -7, 0)),
        ("void_pending", Effect(0, 0, -7), Effect(0, -7, 0)),
    ],
)
def test_each_kind_moves_what_it_says(kind, debit, credit):
    assert effects([posting(kind, 7)], ACCOUNTS) == {0: debit, 1: credit}


def test_effects_of_a_batch_add_up():
    batch = [posting("pending", 10), posting("post_pending", 6), posting("void_pending", 4)]
    assert effects(batch, ACCOUNTS) == {0: Effect(-6, 0, 0), 1: Effect(6, 0, 0)}
    after = apply(ACCOUNTS["b:held", "CNY"], Effect(6, 2, 1))
    assert (after.posted_minor, after.pending_in_minor, after.pending_out_minor) == (6, 2, 1)


def test_only_held_and_paid_are_bounded():
    codes = ["publisher:p:held", "publisher:p:paid", "publisher:p:payable", "merchant:m:wallet"]
    assert [is_bounded(code) for code in codes] == [True, True, False, False]


def test_balance_tells_net_pending_and_what_could_leave():
    balance = Balance("a", "CNY", 100, 5, 30)
    assert (balance.pending_minor, balance.available_minor) == (-25, 70)
