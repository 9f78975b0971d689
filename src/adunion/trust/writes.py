"""Writes done once: the answer to an idempotency key is kept and given again.

Follows the IETF draft "The Idempotency-Key HTTP Header Field": the same key and request gives the
first answer again, the same key with another request is an error, and while the first still runs
a second one is told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine, and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from adunion.kernel.clock import Clock
from adunion.kernel.errors import AdUnionError, conflict

from .tables import idempotent_writes as writes

KEPT = timedelta(hours=24)
_ABANDONED = timedelta(seconds=60)  # a claim of a killed program is free again after this


@dataclass(frozen=True, slots=True)
class Answer:
    """The stored answer of a write."""

    status: int
    body: bytes


class Writes:
    """Claims a key before the work and keeps the answer after it."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def claim(self, scope: str, key: str, request_hash: bytes) -> Answer | None:
        """None: ours to do now. Otherwise the answer of the first time.

        Raises:
            AdUnionError: `idempotency_key_reused` (422) for another request under the same key,
                `in_progress` (409) while the first one runs.

        """
        now = self._clock.now()
        with self._engine.begin() as conn:
            conn.execute(delete(writes).where(writes.c.created_at < now - KEPT))
            claim = insert(writes).values(
                scope=scope,
                key=key,
                request_hash=request_hash,
                status=0,
                body=b"",
                created_at=now,
            )
            claim = claim.on_conflict_do_update(
                index_elements=["scope", "key"],
                set_={"created_at": now},
                where=and_(
                    writes.c.status == 0,
                    writes.c.created_at < now - _ABANDONED,
                    writes.c.request_hash == request_hash,
                ),
            )
            if conn.execute(claim.returning(writes.c.key)).first() is not None:
                return None
            found = conn.execute(
                select(writes).where(writes.c.scope == scope, writes.c.key == key)
            ).first()
        if found is not None and found.request_hash != request_hash:
            raise AdUnionError(
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request.",
                422,
                field="Idempotency-Key",
                hint="Use a new key for each new request.",
            )
        if found is None or found.status == 0:
            raise conflict(
                "in_progress",
                "A request with this Idempotency-Key is running.",
                "Wait, then send it again to read its answer.",
            )
        return Answer(found.status, found.body)

    def finish(self, scope: str, key: str, answer: Answer) -> None:
        """Keep the answer for `KEPT`."""
        with self._engine.begin() as conn:
            conn.execute(
                update(writes)
                .where(writes.c.scope == scope, writes.c.key == key)
                .values(status=answer.status, body=answer.body)
            )

    def abandon(self, scope: str, key: str) -> None:
        """Free a key whose work failed, so that it may be tried again."""
        with self._engine.begin() as conn:
            conn.execute(
                delete(writes).where(
                    writes.c.scope == scope, writes.c.key == key, writes.c.status == 0
                )
            )
