"""Any history of transfers, reserves, settlements and repeats: the books agree with a model."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from adunion.kernel.errors import AdUnionError
from adunion.ledger import Ledger, Posting

pytestmark = pytest.mark.integration

NAMES = ["m:1:wallet", "m:2:wallet", "p:1:held", "p:2:held", "p:1:payable", "platform:cash"]
pairs = st.permutations(NAMES).map(lambda names: (names[0], names[1]))
amounts = st.integers(1, 100)


class Books(RuleBasedStateMachine):
    """The model: balances and open reserves in dicts, and every posting by key."""

    engine = None
    ledger = None
    histories = 0

    def __init__(self) -> None:
        super().__init__()
        Books.histories += 1
        self.prefix = f"h{Books.histories}:"
        self.posted: dict[str, int] = defaultdict(int)
        self.reserved: dict[str, int] = defaultdict(int)
        self.done: dict[str, tuple[str, Posting]] = {}
        self.open: dict[str, int] = {}

    def posting(self, debit, credit, amount, kind="post", of=None, number=0) -> Posting:
        key = f"{self.prefix}{len(self.done) + number}"
        return Posting(key, debit, credit, amount, "CNY", kind, of)

    def account(self, name: str) -> str:
        return self.prefix + name

    def would_break(self, batch: list[Posting]) -> bool:
        posted, reserved = self.after(batch)
        return any(
            name.endswith(":held") and posted[name] < reserved[name]
            for name in set(posted) | set(reserved)
        )

    def after(self, batch: list[Posting]) -> tuple[dict[str, int], dict[str, int]]:
        posted, reserved = self.posted.copy(), self.reserved.copy()
        for p in batch:
            if p.kind in ("post", "post_pending"):
                posted[p.debit] -= p.amount_minor
                posted[p.credit] += p.amount_minor
            if p.kind != "post":
                reserved[p.debit] += p.amount_minor if p.kind == "pending" else -p.amount_minor
        return posted, reserved

    def post(self, batch: list[Posting]) -> None:
        """Post in one transaction; the model follows if and only if the books took it."""
        if self.would_break(batch):
            with pytest.raises(AdUnionError, match="short"), self.engine.begin() as conn:
                self.ledger.post(conn, batch)
            return
        with self.engine.begin() as conn:
            answered = self.ledger.post(conn, batch)
        self.posted, self.reserved = self.after(batch)
        for id_, p in zip(answered, batch, strict=True):
            self.done[p.key] = (id_, p)
            if p.kind == "pending":
                self.open[p.key] = p.amount_minor
            elif p.pending_key:
                self.open[p.pending_key] -= p.amount_minor

    @rule(moves=st.lists(st.tuples(pairs, amounts, st.booleans()), min_size=1, max_size=5))
    def transfer_or_reserve(self, moves) -> None:
        self.post(
            [
                self.posting(
                    self.account(debit),
                    self.account(credit),
                    amount,
                    "pending" if reserve else "post",
                    number=number,
                )
                for number, ((debit, credit), amount, reserve) in enumerate(moves)
            ]
        )

    @rule(
        which=st.integers(0), amount=amounts, kind=st.sampled_from(["post_pending", "void_pending"])
    )
    def settle_part(self, which, amount, kind) -> None:
        if not self.open:
            return
        key = sorted(self.open)[which % len(self.open)]
        pending = self.done[key][1]
        batch = [self.posting(pending.debit, pending.credit, amount, kind, key)]
        if amount > self.open[key]:
            with pytest.raises(AdUnionError, match="what is left"), self.engine.begin() as conn:
                self.ledger.post(conn, batch)
            return
        self.post(batch)

    @rule(which=st.integers(0))
    def repeat_or_contradict(self, which) -> None:
        if not self.done:
            return
        id_, posting = list(self.done.values())[which % len(self.done)]
        with self.engine.begin() as conn:
            assert self.ledger.post(conn, [posting]) == [id_]
        other = Posting(posting.key, posting.credit, posting.debit, 1, "CNY")
        with pytest.raises(AdUnionError, match="other content"), self.engine.begin() as conn:
            self.ledger.post(conn, [other])

    @invariant()
    def books_agree_with_the_model(self) -> None:
        with self.engine.connect() as conn:
            found = self.ledger.balances(conn, self.prefix)
            count = conn.scalar(
                text("select count(*) from transfers where starts_with(key, :p)"),
                {"p": self.prefix},
            )
        assert count == len(self.done)
        for balance in found:
            assert balance.posted_minor == self.posted[balance.code]
            assert balance.pending_out_minor == self.reserved[balance.code]
        assert sum(b.posted_minor for b in found) == 0
        assert sum(b.pending_minor for b in found) == 0

    def teardown(self) -> None:
        with self.engine.connect() as conn:
            assert self.ledger.check(conn).problems == []


def test_any_history_keeps_the_books(engine, ids, clock):
    Books.engine, Books.ledger = engine, Ledger(ids, clock)
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
