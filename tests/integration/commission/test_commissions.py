"""Commissions over a real ledger: any order of events, each any number of times, the same end."""

from datetime import timedelta
from itertools import permutations

import numpy as np
import pytest

from adunion.commission import Commissions, CreditedLine, RefundedLine, Shares, Terms
from adunion.kernel.errors import AdUnionError
from adunion.ledger import (
    PLATFORM_FEE,
    Ledger,
    Posting,
    merchant_wallet,
    publisher_account,
)

pytestmark = pytest.mark.integration
DAY = timedelta(days=1)


@pytest.fixture
def ledger(ids, clock):
    return Ledger(ids, clock)


@pytest.fixture
def commissions(ids, clock, ledger):
    return Commissions(ids, clock, ledger)


def credited(clock, order="ord_1", line=1, amount=10_000) -> CreditedLine:
    return CreditedLine(order, line, "lnk_1", "pub_1", "mer_1", "pets", amount, "CNY", clock.now())


def held_by(ledger, conn) -> dict[str, int]:
    assert ledger.check(conn).ok
    return {b.code: b.posted_minor for b in ledger.balances(conn)}


def test_the_life_of_a_commission(commissions, ledger, engine, clock):
    wallet, held = merchant_wallet("mer_1"), publisher_account("pub_1", "held")
    payable = publisher_account("pub_1", "payable")
    with engine.begin() as conn:
        commissions.on_orders(conn, [credited(clock)])
        assert ledger.balance(conn, wallet, "CNY").pending_out_minor == 800
        assert held_by(ledger, conn)[wallet] == 0
        commissions.on_receipt(conn, ["ord_1"], clock.now())
        assert held_by(ledger, conn) == {wallet: -800, held: 800}
        assert commissions.release(conn, clock.now() + 6 * DAY) == 0
        assert commissions.release(conn, clock.now() + 7 * DAY) == 1
        assert commissions.release(conn, clock.now() + 9 * DAY) == 0
        assert held_by(ledger, conn) == {wallet: -800, held: 0, payable: 720, PLATFORM_FEE: 80}
        [after] = commissions.of_orders(conn, ["ord_1"])
    assert (after.state, after.shares) == ("payable", Shares(0, 0, 720, 80))


def test_a_refund_after_the_payout_leaves_the_publisher_owing(commissions, ledger, engine, clock):
    payable, paid = publisher_account("pub_1", "payable"), publisher_account("pub_1", "paid")
    with engine.begin() as conn:
        commissions.on_orders(conn, [credited(clock)])
        commissions.on_receipt(conn, ["ord_1"], clock.now())
        commissions.release(conn, clock.now() + 7 * DAY)
        ledger.post(conn, [Posting("payout", payable, paid, 720, "CNY")])
        commissions.on_refund(conn, [RefundedLine("ord_1", 1, 1, 10_000, clock.now())])
        after = held_by(ledger, conn)
    assert (after[payable], after[paid], after[PLATFORM_FEE]) == (-720, 720, 0)
    assert after[merchant_wallet("mer_1")] == 0


def test_every_order_of_events_ends_the_same(commissions, engine, clock):
    clock.advance(DAY)
    seen = set()
    for number, order in enumerate(permutations(range(4))):
        name = f"ord_{number}"
        steps = [
            lambda c, o=name: commissions.on_orders(c, [credited(clock, o), credited(clock, o, 2)]),
            lambda c, o=name: commissions.on_receipt(c, [o], clock.now()),
            lambda c, o=name: commissions.on_refund(c, [RefundedLine(o, 1, 1, 3_333, clock.now())]),
            lambda c, o=name: commissions.on_refund(
                c,
                [RefundedLine(o, 1, 2, 99_999, clock.now()), RefundedLine(o, 2, 1, 1, clock.now())],
            ),
        ]
        with engine.begin() as conn:
            for step in order:
                steps[step](conn)
                steps[step](conn)
            seen.add(tuple((c.state, c.shares) for c in commissions.of_orders(conn, [name])))
    assert seen == {(("refunded", Shares()), ("held", Shares(0, 800, 0, 0)))}


@pytest.mark.parametrize("seed", range(3))
def test_random_histories_balance_to_zero_over_all_parties(
    commissions, ledger, engine, clock, seed
):
    rng = np.random.default_rng(seed)
    lines = [credited(clock, f"ord_{i}", 1, int(rng.integers(0, 50_000))) for i in range(40)]
    events: list[tuple[str, object]] = [("order", line) for line in lines]
    events += [("receipt", f"ord_{i}") for i in range(40) if rng.random() < 0.7]
    events += [
        ("refund", RefundedLine(f"ord_{i}", 1, n, int(rng.integers(1, 40_000)), clock.now()))
        for i in range(40)
        for n in range(int(rng.integers(0, 3)))
    ]
    events += [events[i] for i in rng.integers(0, len(events), 20)]
    start = clock.now()
    for i in rng.permutation(len(events)):
        kind, what = events[i]
        with engine.begin() as conn:
            if kind == "order":
                commissions.on_orders(conn, [what])
            elif kind == "receipt":
                commissions.on_receipt(conn, [what], start)
            else:
                commissions.on_refund(conn, [what])
            if rng.random() < 0.1:
                commissions.release(conn, start + 8 * DAY)
    with engine.begin() as conn:
        commissions.release(conn, start + 8 * DAY)
        after = held_by(ledger, conn)
        all_of = commissions.of_orders(conn, [line.order_id for line in lines])
        wallet = ledger.balance(conn, merchant_wallet("mer_1"), "CNY")
    assert sum(after.values()) == 0
    assert len(all_of) == 40
    estimated = sum(c.shares.estimated_minor for c in all_of)
    assert wallet.pending_out_minor == estimated
    assert -wallet.posted_minor == sum(c.shares.total_minor for c in all_of) - estimated
    assert after[PLATFORM_FEE] == sum(c.shares.fee_minor for c in all_of)
    assert after[publisher_account("pub_1", "held")] == 0
    for c in all_of:
        assert c.state == (
            "refunded" if not c.shares.total_minor and c.refunded_minor
            else "payable" if c.received_at else "estimated"
        )  # fmt: skip


def test_terms_apply_to_orders_placed_after_them(commissions, engine, clock):
    with engine.begin() as conn:
        early = credited(clock, "ord_1")
        clock.advance(DAY)
        commissions.agree(conn, "mer_1", Terms(2_000, 0, 1), "pets")
        commissions.on_orders(conn, [early, credited(clock, "ord_2")])
        found = commissions.of_orders(conn, ["ord_1", "ord_2"])
        assert commissions.terms(conn, "mer_1", "pets > food") == Terms(2_000, 0, 1)
        assert commissions.terms(conn, "mer_1", "toys") == Terms()
    assert [c.shares.estimated_minor for c in found] == [800, 2_000]


def test_pages_by_party_newest_first(commissions, engine, clock):
    with engine.begin() as conn:
        for i in range(5):
            clock.advance(DAY)
            commissions.on_orders(conn, [credited(clock, f"ord_{i}")])
        first, more = commissions.page(conn, publisher_id="pub_1", limit=3)
        rest, last = commissions.page(
            conn, publisher_id="pub_1", limit=3, starting_after=first[-1].id
        )
        assert commissions.page(conn, merchant_id="mer_2") == ([], False)
        assert commissions.get(conn, first[0].id) == first[0]
        with pytest.raises(AdUnionError, match="No commission"):
            commissions.get(conn, "com_x")
    assert [c.order_id for c in first + rest] == [f"ord_{i}" for i in (4, 3, 2, 1, 0)]
    assert (more, last) == (True, False)


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_must_be_positive(commissions, engine, clock, amount):
    with pytest.raises(AdUnionError, match="not positive"), engine.begin() as conn:
        commissions.on_refund(conn, [RefundedLine("ord_1", 1, 1, amount, clock.now())])
