"""Statements tie to the ledger, line by line and in sum, in every paper that is written."""

import csv
import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from adunion.catalog.tables import merchants
from adunion.commission import Commissions, CreditedLine, RefundedLine
from adunion.kernel.errors import AdUnionError
from adunion.ledger import PLATFORM_MEDIA, Ledger, Posting, merchant_wallet, publisher_account
from adunion.settlement import Settlement, settle

pytestmark = pytest.mark.integration
DAY = timedelta(days=1)


@pytest.fixture
def books(engine, ids, clock):
    ledger = Ledger(ids, clock)
    return engine, ids, clock, ledger, Commissions(ids, clock, ledger)


def credited(order: str, amount: int, at: datetime) -> CreditedLine:
    return CreditedLine(order, 1, "lnk_1", "pub_1", "mer_1", "pets", amount, "CNY", at)


def trade(books) -> None:
    """A top-up, media, and three orders: one kept, one refunded in hold, one in flight."""
    engine, _, clock, ledger, commissions = books
    with engine.begin() as conn:
        conn.execute(
            merchants.insert(),
            {
                "id": "mer_1",
                "external_id": "m",
                "name": "<b>猫</b> & Co",
                "created_at": clock.now(),
            },
        )
        ledger.top_up(conn, "mer_1", 500_000, "CNY", "bank-1")
        media = Posting("media:1", merchant_wallet("mer_1"), PLATFORM_MEDIA, 12_345, "CNY")
        ledger.post(conn, [media])
        lines = [credited(f"ord_{i}", 100_000, clock.now()) for i in (1, 2, 3)]
        commissions.on_orders(conn, lines)
    clock.advance(DAY)
    with engine.begin() as conn:
        commissions.on_receipt(conn, ["ord_1", "ord_2"], clock.now())
        commissions.on_refund(conn, [RefundedLine("ord_2", 1, 1, 50_000, clock.now())])
    clock.advance(8 * DAY)


def test_statements_tie_to_the_ledger(books, tmp_path):
    engine, ids, clock, ledger, commissions = books
    trade(books)
    with engine.begin() as conn:
        assert commissions.release(conn, clock.now()) == 2
    clock.advance(DAY)
    report = settle(engine, clock, ids, clock.now(), tmp_path)
    by_party = {s.party_id: s for s in report.statements}
    merchant, publisher = by_party["mer_1"], by_party["pub_1"]
    assert merchant.by_kind() == [
        ("top_up", 1, 500_000),
        ("media", 1, -12_345),
        ("commission", 2, -16_000),
        ("commission_refund", 1, 4_000),
    ]
    assert (merchant.closing_minor, merchant.estimated_minor) == (475_655, 8_000)
    assert publisher.by_kind() == [
        ("commission", 2, 16_000),
        ("fee", 2, -1_200),
        ("commission_refund", 1, -4_000),
    ]
    assert (publisher.closing_minor, publisher.payable_minor) == (10_800, 10_800)
    assert [(p.publisher_id, p.amount_minor) for p in report.payouts] == [("pub_1", 10_800)]
    with engine.connect() as conn:
        wallet = ledger.balance(conn, merchant_wallet("mer_1"), "CNY")
        assert (wallet.posted_minor, wallet.pending_out_minor) == (475_655, 8_000)
        assert ledger.balance(conn, publisher_account("pub_1", "payable"), "CNY").posted_minor == 0
        assert ledger.balance(conn, publisher_account("pub_1", "paid"), "CNY").posted_minor == 10800
        assert ledger.check(conn).ok
        assert Settlement().payouts(conn, "pub_1") == report.payouts


def test_a_second_run_changes_nothing_and_the_next_period_opens_where_this_closed(books, tmp_path):
    engine, ids, clock, ledger, commissions = books
    trade(books)
    until = clock.now()
    first = settle(engine, clock, ids, until, tmp_path / "a")
    again = settle(engine, clock, ids, until, tmp_path / "b")
    assert again.statements == again.payouts == []
    assert again.released == 0
    assert [f.name for f in again.files] == [f.name for f in first.files]
    assert [f.read_bytes() for f in again.files] == [f.read_bytes() for f in first.files]
    clock.advance(DAY)
    with engine.begin() as conn:
        commissions.on_refund(conn, [RefundedLine("ord_1", 1, 1, 100_000, clock.now())])
    clock.advance(DAY)
    second = settle(engine, clock, ids, clock.now(), tmp_path / "c")
    before = {s.party_id: s for s in first.statements}
    for statement in second.statements:
        assert statement.opening_minor == before[statement.party_id].closing_minor
        assert statement.since == until
        pots = ("wallet",) if statement.role == "merchant" else ("held", "payable")
        with engine.connect() as conn:
            balances = ledger.balances(conn, f"{statement.role}:{statement.party_id}:")
            held = sum(b.posted_minor for b in balances if b.code.split(":")[2] in pots)
        paid = sum(p.amount_minor for p in second.payouts if p.publisher_id == statement.party_id)
        assert statement.closing_minor == held + paid


def test_payout_takes_no_more_than_is_payable_now(books, tmp_path):
    engine, ids, clock, _, commissions = books
    trade(books)
    with engine.begin() as conn:
        commissions.release(conn, clock.now())
    clock.advance(DAY)
    until = clock.now()
    clock.advance(DAY)
    with engine.begin() as conn:
        commissions.on_refund(conn, [RefundedLine("ord_1", 1, 1, 100_000, clock.now())])
    report = settle(engine, clock, ids, until, tmp_path)
    assert [s.payable_minor for s in report.statements if s.role == "publisher"] == [10_800]
    assert [p.amount_minor for p in report.payouts] == [3_600]


def test_a_payable_below_the_minimum_waits(books, tmp_path):
    engine, ids, clock, _, commissions = books
    trade(books)
    with engine.begin() as conn:
        commissions.release(conn, clock.now())
    clock.advance(DAY)
    assert settle(engine, clock, ids, clock.now(), tmp_path, payout_min_major=109).payouts == []


def test_papers_agree_with_one_another(books, tmp_path):
    engine, ids, clock, _, _ = books
    trade(books)
    report = settle(engine, clock, ids, clock.now(), tmp_path)
    folder = tmp_path / "2026-11-10"
    stems = {f.name.split(".")[0] for f in report.files}
    assert {f.parent for f in report.files} == {folder}
    assert stems == {"merchant-mer_1-CNY", "publisher-pub_1-CNY"}
    for stem in stems:
        said = json.loads((folder / f"{stem}.json").read_text())
        rows = list(csv.DictReader((folder / f"{stem}.csv").read_text().splitlines()))
        amounts = [Decimal(row["amount"]) for row in rows]
        assert sum(amounts[:-1]) == amounts[-1]
        assert amounts[-1] * 100 == said["closing"]["amount_minor"]
        moved = sum(line["amount"]["amount_minor"] for line in said["lines"])
        assert said["opening"]["amount_minor"] + moved == said["closing"]["amount_minor"]
    page = (folder / "merchant-mer_1-CNY.zh-CN.html").read_text()
    assert "商家对账单" in page
    assert "&lt;b&gt;猫&lt;/b&gt; &amp; Co" in page
    assert "5,000.00" in page
    assert "Promotion spend" in (folder / "merchant-mer_1-CNY.en.html").read_text()


def test_statement_pages_by_party(books, tmp_path):
    engine, ids, clock, _, _ = books
    trade(books)
    settle(engine, clock, ids, clock.now(), tmp_path)
    with engine.connect() as conn:
        found, more = Settlement().page(conn, role="merchant", party_id="mer_1")
        assert not more
        assert [s.name for s in found] == ["<b>猫</b> & Co"]
        assert Settlement().get(conn, found[0].id) == found[0]
        with pytest.raises(AdUnionError, match="No statement"):
            Settlement().get(conn, "stm_x")


def test_a_time_without_a_zone_is_refused(books, tmp_path):
    engine, ids, clock, _, _ = books
    with pytest.raises(AdUnionError, match="no time zone"):
        settle(engine, clock, ids, datetime(2026, 11, 8), tmp_path)
    assert settle(engine, clock, ids, clock.now(), tmp_path).files == []


def test_a_period_that_is_not_over_cannot_be_closed(books, tmp_path):
    engine, ids, clock, _, _ = books
    with pytest.raises(AdUnionError, match="in the future"):
        settle(engine, clock, ids, clock.now() + timedelta(days=1), tmp_path)
