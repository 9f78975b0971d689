"""Posting: all or nothing, once per key, never changed, never below a bound."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adunion.kernel.errors import AdUnionError
from adunion.ledger import PLATFORM_CASH, PLATFORM_MEDIA, Ledger, Posting

pytestmark = pytest.mark.integration
WALLET, HELD = "merchant:mer_1:wallet", "publisher:pub_1:held"


@pytest.fixture
def ledger(ids, clock):
    return Ledger(ids, clock)


def reserve(key: str, amount: int, kind: str = "pending", of: str | None = None) -> Posting:
    return Posting(key, WALLET, HELD, amount, "CNY", kind, of)


def balances(ledger, engine) -> dict[str, tuple[int, int, int]]:
    with engine.connect() as conn:
        assert ledger.check(conn).ok
        return {
            b.code: (b.posted_minor, b.pending_in_minor, b.pending_out_minor)
            for b in ledger.balances(conn)
        }


def test_the_same_key_posts_once_and_answers_the_same_id(ledger, engine):
    with engine.begin() as conn:
        first = ledger.top_up(conn, "mer_1", 100, "CNY", "bank-1")
    with engine.begin() as conn:
        assert ledger.top_up(conn, "mer_1", 100, "CNY", "bank-1") == first
    assert balances(ledger, engine) == {WALLET: (100, 0, 0), PLATFORM_CASH: (-100, 0, 0)}


def test_a_batch_with_known_new_and_repeated_keys_posts_only_the_new(ledger, engine):
    a = Posting("a", PLATFORM_CASH, WALLET, 5, "CNY")
    b = replace(a, key="b", amount_minor=7)
    with engine.begin() as conn:
        [known] = ledger.post(conn, [a])
        answered = ledger.post(conn, [b, a, b])
    assert answered[1] == known
    assert answered[0] == answered[2] != known
    assert balances(ledger, engine)[WALLET] == (12, 0, 0)


@pytest.mark.parametrize("change", [{"amount_minor": 6}, {"memo": "x"}, {"credit": HELD}])
def test_a_key_with_other_content_is_a_conflict(ledger, engine, change):
    a = Posting("a", PLATFORM_CASH, WALLET, 5, "CNY")
    with engine.begin() as conn:
        ledger.post(conn, [a])
    for batch in ([replace(a, **change)], [a, replace(a, **change)]):
        with pytest.raises(AdUnionError, match="other content"), engine.begin() as conn:
            ledger.post(conn, batch)
    assert balances(ledger, engine)[WALLET] == (5, 0, 0)


def test_pending_reserves_then_parts_are_posted_and_voided(ledger, engine):
    with engine.begin() as conn:
        ledger.post(conn, [reserve("p", 100)])
    assert balances(ledger, engine) == {WALLET: (0, 0, 100), HELD: (0, 100, 0)}
    with engine.begin() as conn:
        ledger.post(conn, [reserve("p1", 30, "post_pending", "p")])
        ledger.post(conn, [reserve("v1", 50, "void_pending", "p")])
    assert balances(ledger, engine) == {WALLET: (-30, 0, 20), HELD: (30, 20, 0)}
    with pytest.raises(AdUnionError, match="at most what is left"), engine.begin() as conn:
        ledger.post(conn, [reserve("p2", 21, "post_pending", "p")])
    with engine.begin() as conn:
        ledger.post(conn, [reserve("p2", 20, "post_pending", "p")])
    assert balances(ledger, engine) == {WALLET: (-50, 0, 0), HELD: (50, 0, 0)}


def test_a_pending_may_be_settled_in_its_own_batch(ledger, engine):
    with engine.begin() as conn:
        ledger.post(conn, [reserve("p", 9), reserve("q", 9, "post_pending", "p")])
    assert balances(ledger, engine) == {WALLET: (-9, 0, 0), HELD: (9, 0, 0)}


def test_settling_what_is_not_pending_or_between_others_is_refused(ledger, engine):
    with engine.begin() as conn:
        ledger.post(conn, [reserve("p", 9), Posting("t", PLATFORM_CASH, WALLET, 5, "CNY")])
    for key in ("nothing", "t"):
        with pytest.raises(AdUnionError, match="No pending transfer"), engine.begin() as conn:
            ledger.post(conn, [reserve("x", 1, "post_pending", key)])
    other = Posting("x", WALLET, PLATFORM_MEDIA, 1, "CNY", "post_pending", "p")
    with pytest.raises(AdUnionError, match="other accounts"), engine.begin() as conn:
        ledger.post(conn, [other])


def test_one_bad_posting_leaves_nothing_of_its_batch(ledger, engine):
    good = Posting("good", PLATFORM_CASH, WALLET, 5, "CNY")
    bad = Posting("bad", HELD, WALLET, 1, "CNY")
    with pytest.raises(AdUnionError, match="1 CNY minor units short"), engine.begin() as conn:
        ledger.post(conn, [good, bad])
    assert balances(ledger, engine) == {}


def test_reserved_money_cannot_leave_a_bounded_account(ledger, engine):
    with engine.begin() as conn:
        ledger.post(conn, [Posting("in", WALLET, HELD, 10, "CNY")])
        ledger.post(conn, [Posting("hold", HELD, WALLET, 8, "CNY", "pending")])
    with pytest.raises(AdUnionError, match="1 CNY minor units short"), engine.begin() as conn:
        ledger.post(conn, [Posting("out", HELD, WALLET, 3, "CNY")])
    with engine.begin() as conn:
        ledger.post(conn, [Posting("out", HELD, WALLET, 2, "CNY")])


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 0},
        {"amount_minor": -5},
        {"amount_minor": 1.5},
        {"amount_minor": 10**16},
        {"currency": "XXX"},
        {"currency": "cny"},
        {"credit": PLATFORM_CASH},
        {"debit": ""},
        {"key": ""},
        {"kind": "refund"},
        {"kind": "post_pending"},
        {"pending_key": "p"},
    ],
)
def test_a_posting_that_cannot_be_is_refused(ledger, engine, change):
    a = Posting("a", PLATFORM_CASH, WALLET, 5, "CNY")
    with pytest.raises(AdUnionError) as caught, engine.begin() as conn:
        ledger.post(conn, [replace(a, **change)])
    assert caught.value.status == 422


def test_currencies_are_kept_apart(ledger, engine):
    with engine.begin() as conn:
        ledger.top_up(conn, "mer_1", 100, "CNY", "1")
        ledger.top_up(conn, "mer_1", 7, "JPY", "2")
        assert ledger.balance(conn, WALLET, "JPY").posted_minor == 7
        assert ledger.balance(conn, WALLET, "USD").posted_minor == 0
        totals = ledger.totals(conn)
    assert [(t.currency, t.debits_minor, t.credits_minor) for t in totals] == [
        ("CNY", 100, 100),
        ("JPY", 7, 7),
    ]


def test_history_pages_from_the_newest_with_signs(ledger, engine):
    with engine.begin() as conn:
        for i in range(5):
            ledger.top_up(conn, "mer_1", 10 + i, "CNY", str(i))
        ledger.post(conn, [Posting("m", WALLET, PLATFORM_MEDIA, 3, "CNY", memo="plan")])
        newest = ledger.history(conn, WALLET, limit=2)
        older = ledger.history(conn, WALLET, limit=10, before=newest[-1].id)
        with pytest.raises(AdUnionError, match="No transfer"):
            ledger.history(conn, WALLET, before="txn_x")
    assert [(e.amount_minor, e.other) for e in newest] == [
        (-3, PLATFORM_MEDIA),
        (14, PLATFORM_CASH),
    ]
    assert [e.amount_minor for e in older] == [13, 12, 11, 10]


@pytest.mark.parametrize(
    "sql", ["update transfers set amount_minor = 1", "delete from transfers", "truncate transfers"]
)
def test_transfers_are_immutable(ledger, engine, sql):
    with engine.begin() as conn:
        ledger.top_up(conn, "mer_1", 100, "CNY", "1")
    with pytest.raises(DBAPIError, match="never changed"), engine.begin() as conn:
        conn.execute(text(sql))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "update accounts set posted_minor = posted_minor + 1 where code = 'platform:cash'",
            "differ",
        ),
        ("update accounts set pending_out_minor = 5 where code = 'platform:cash'", "its transfers"),
        ("update accounts set currency = 'USD' where code = 'platform:cash'", "in CNY"),
    ],
)
def test_check_finds_a_tampered_balance(ledger, engine, sql, said):
    with engine.begin() as conn:
        ledger.top_up(conn, "mer_1", 100, "CNY", "1")
        assert ledger.check(conn).ok
        conn.execute(text(sql))
        report = ledger.check(conn)
    assert not report.ok
    assert any(said in problem for problem in report.problems)


def test_check_finds_a_pending_settled_twice_over(ledger, engine):
    with engine.begin() as conn:
        ledger.post(conn, [reserve("p", 10), reserve("q", 10, "post_pending", "p")])
        conn.execute(
            text(
                "insert into transfers (id, key, debit_id, credit_id, amount_minor, currency, kind,"
                " pending_key, memo, reference, at) select 'txn_bad', 'bad', debit_id, credit_id,"
                " 3, currency, kind, pending_key, '', '', at from transfers where key = 'q'"
            )
        )
        assert "p: 13 settled of 10 reserved" in ledger.check(conn).problems


def test_writers_at_once_lose_nothing_and_double_nothing(ledger, engine):
    def work(worker: int) -> None:
        for i in range(20):
            with engine.begin() as conn:
                ledger.post(
                    conn,
                    [
                        Posting(f"shared:{i}", PLATFORM_CASH, WALLET, 100, "CNY"),
                        Posting(f"{worker}:{i}", WALLET, f"merchant:{i % 3}:wallet", 1, "CNY"),
                    ],
                )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with engine.connect() as conn:
        report = ledger.check(conn)
    assert report.ok
    assert report.totals[0].transfers == 20 + 4 * 20
    assert balances(ledger, engine)[WALLET] == (20 * 100 - 80, 0, 0)
