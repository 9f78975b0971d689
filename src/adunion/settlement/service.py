"""Settlement: close a period, pay publishers, write the papers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from adunion.commission import Commissions
from adunion.kernel.clock import Clock
from adunion.kernel.errors import invalid, not_found
from adunion.kernel.ids import Ids
from adunion.kernel.money import to_minor
from adunion.ledger import Ledger, Posting, publisher_account

from . import repository
from .compensation import compensate
from .guarantee import Spend
from .lines import Movement, estimated_change, payable_change, statement_lines
from .papers import write
from .repository import Party
from .types import PAYOUT_MIN_MAJOR, Payout, Role, SettleReport, Statement


class Settlement:
    """Statements and payouts as parties read them."""

    def page(
        self,
        conn: Connection,
        *,
        role: Role | None = None,
        party_id: str | None = None,
        limit: int = 50,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> tuple[list[Statement], bool]:
        """Newest first, and whether more follow; cursors are statement ids."""
        return repository.page(conn, role, party_id, limit, starting_after, ending_before)

    def get(self, conn: Connection, id_: str) -> Statement:
        """One statement; raises `not_found`."""
        found = repository.get(conn, id_)
        if found is None:
            raise not_found("statement", id_)
        return found

    def payouts(self, conn: Connection, publisher_id: str, limit: int = 50) -> list[Payout]:
        """A publisher's payouts, newest first."""
        return repository.payouts_of(conn, publisher_id, limit)


def settle(
    engine: Engine,
    clock: Clock,
    ids: Ids,
    until: datetime,
    out_dir: Path,
    *,
    payout_min_major: int = PAYOUT_MIN_MAJOR,
    spends: Sequence[Spend] = (),
) -> SettleReport:
    """Close the period up to `until` (exclusive) for every party that has moved money in it.

    In one transaction: commissions whose hold ended are released, the guarantee judges what plans
    spent on days that are final (`spends`), statements are written, and each publisher is paid the
    payable of their statement (or what is left of it by now) if it reaches the minimum. Payouts,
    releases and credits happen now, so where `until` is past they are in the next statement. Then
    all papers of that `until` are written to `out_dir`; a second run writes the same papers and
    changes nothing else. Raises `invalid` (422) for a time without a zone.
    """
    if until.tzinfo is None:
        raise invalid("until", f"{until} has no time zone.", "Write it like 2026-11-08T00:00Z.")
    if until > clock.now():
        raise invalid("until", f"{until} is in the future.", "A period is closed when it is over.")
    ledger = Ledger(ids, clock)
    with engine.begin() as conn:
        released = Commissions(ids, clock, ledger).release(conn, until)
        judged = compensate(conn, ledger, spends, clock.now())
        written = _close(conn, ids, clock, until)
        paid = _pay(conn, ids, clock, ledger, written, payout_min_major)
    with engine.connect() as conn:
        papers = repository.of_period(conn, until)
    files = write(papers, out_dir)
    return SettleReport(until, released, written, paid, judged, files)


def _close(conn: Connection, ids: Ids, clock: Clock, until: datetime) -> list[Statement]:
    moved = repository.movements(conn, until)
    before = repository.last_statements(conn)
    names = repository.names(conn, list(moved))
    written = [
        (_statement(ids("stm"), party, names[party], before.get(party), until, movements), cut)
        for party, (movements, cut) in moved.items()
    ]
    repository.add_statements(conn, written, clock.now())
    return [statement for statement, _ in written]


def _statement(
    id_: str,
    party: Party,
    name: str,
    before: Statement | None,
    until: datetime,
    movements: list[Movement],
) -> Statement:
    lines = statement_lines(party.role, movements)
    opening = before.closing_minor if before else 0
    return Statement(
        id=id_,
        role=party.role,
        party_id=party.id,
        name=name,
        currency=party.currency,
        since=before.until if before else None,
        until=until,
        opening_minor=opening,
        closing_minor=opening + sum(line.amount_minor for line in lines),
        payable_minor=(before.payable_minor if before else 0) + payable_change(movements),
        estimated_minor=(before.estimated_minor if before else 0) + estimated_change(movements),
        lines=lines,
    )


def _pay(
    conn: Connection,
    ids: Ids,
    clock: Clock,
    ledger: Ledger,
    statements: list[Statement],
    payout_min_major: int,
) -> list[Payout]:
    left = repository.payables(conn)
    made = []
    for s in statements:
        amount = min(s.payable_minor, left.get((s.party_id, s.currency), 0))
        if s.role == "publisher" and amount >= max(to_minor(payout_min_major, s.currency), 1):
            made.append(Payout(ids("pay"), s.id, s.party_id, s.currency, amount, clock.now()))
    repository.add_payouts(conn, made)
    ledger.post(
        conn,
        [
            Posting(
                f"payout:{p.statement_id}",
                publisher_account(p.publisher_id, "payable"),
                publisher_account(p.publisher_id, "paid"),
                p.amount_minor,
                p.currency,
                memo="payout",
                reference=p.id,
            )
            for p in made
        ],
    )
    return made
