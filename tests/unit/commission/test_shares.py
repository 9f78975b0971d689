"""Where a commission's money belongs, and that the postings bring exactly that about."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from adunion.commission.shares import postings, shares_of
from adunion.commission.types import Commission, Shares, Terms

AT = datetime(2026, 11, 1, tzinfo=UTC)
bps = st.integers(0, 10_000)


def start(base: int, terms: Terms) -> Commission:
    return Commission(
        "com_1", "ord_1", 1, "lnk_1", "pub_1", "mer_1", "", base, 0, "CNY", terms, AT, None,
        False, 0, Shares(),
    )  # fmt: skip


def test_a_commission_of_eight_percent_with_a_tenth_as_fee():
    terms = Terms(rate_bps=800, fee_bps=1000)
    assert shares_of(10_000, 0, terms, received=False, released=False) == Shares(800, 0, 0, 0)
    assert shares_of(10_000, 2_500, terms, received=True, released=False) == Shares(0, 600, 0, 0)
    assert shares_of(10_000, 2_500, terms, received=True, released=True) == Shares(0, 0, 540, 60)
    assert shares_of(10_000, 10_000, terms, received=True, released=True) == Shares()


@given(
    base=st.integers(0, 10**9),
    terms=st.builds(Terms, bps, bps, st.just(7)),
    steps=st.lists(
        st.one_of(st.just("receipt"), st.just("release"), st.integers(1, 10**9)), max_size=6
    ),
)
def test_any_steps_move_money_to_exactly_where_it_belongs(base, terms, steps):
    commission = start(base, terms)
    account: dict[str, int] = defaultdict(int)
    reserved = 0
    keys: set[str] = set()
    for step in ["first", *steps]:
        refunded, received = commission.refunded_minor, commission.received_at
        released = commission.released
        if step == "receipt":
            received = AT
        elif step == "release" and received:
            released = True
        elif isinstance(step, int):
            refunded = min(base, refunded + step)
        after = shares_of(base, refunded, terms, received=bool(received), released=released)
        commission = replace(commission, refunded_minor=refunded, received_at=received)
        for p in postings(commission, after):
            assert p.key not in keys
            keys.add(p.key)
            assert p.amount_minor > 0
            if p.kind in ("post", "post_pending"):
                account[p.debit] -= p.amount_minor
                account[p.credit] += p.amount_minor
            reserved += {"post": 0, "pending": 1}.get(p.kind, -1) * p.amount_minor
            assert reserved >= 0
            assert account["publisher:pub_1:held"] >= 0
        commission = replace(
            commission, shares=after, released=released, changes=commission.changes + 1
        )
    end = commission.shares
    assert reserved == end.estimated_minor
    assert account["publisher:pub_1:held"] == end.held_minor
    assert account["publisher:pub_1:payable"] == end.payable_minor
    assert account["platform:fee"] == end.fee_minor
    assert account["merchant:mer_1:wallet"] == end.estimated_minor - end.total_minor
    assert sum(account.values()) == 0


@given(
    base=st.integers(1, 10**9),
    refunds=st.lists(st.integers(1, 10**9), max_size=4),
    terms=st.builds(Terms, bps, bps, st.just(7)),
)
def test_a_refund_never_gives_anyone_more(base, refunds, terms):
    flags = [(False, False), (True, False), (True, True)]
    for received, released in flags:
        before = shares_of(base, 0, terms, received=received, released=released)
        for i in range(len(refunds)):
            after = shares_of(
                base, sum(refunds[: i + 1]), terms, received=received, released=released
            )
            change = after - before
            assert max(change.estimated_minor, change.held_minor) <= 0
            assert max(change.payable_minor, change.fee_minor) <= 0
            before = after


def test_states_by_what_happened():
    one = start(100, Terms())
    assert replace(one, shares=Shares(8)).state == "estimated"
    assert replace(one, received_at=AT, shares=Shares(0, 8)).state == "held"
    assert replace(one, received_at=AT, released=True, shares=Shares(0, 0, 7, 1)).state == "payable"
    assert replace(one, refunded_minor=100).state == "refunded"
