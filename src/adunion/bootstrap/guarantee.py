"""The return guarantee of a market: which days are final, and that nothing of them is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Engine

from adunion.engines.eventlog import EventLog
from adunion.insight import repository
from adunion.kernel.config import Settings
from adunion.kernel.errors import conflict
from adunion.ledger import Ledger
from adunion.settlement import Judgement, compensate
from adunion.settlement.guarantee import Spend, final_before
from adunion.tracking import EVENT_SCHEMA, position

from .consumer import CONSUMER


class Guarantee:
    """Pays once a day what the guarantee owes; a restart only looks again."""

    def __init__(self, engine: Engine, ledger: Ledger) -> None:
        self._engine = engine
        self._ledger = ledger
        self._before: date | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether a day may have become final since it was last paid."""
        return final_before(now) != self._before

    def pay(self, now: datetime) -> list[Judgement]:
        """Judge the final days; the event log must have been applied up to `now`."""
        with self._engine.begin() as conn:
            spends = repository.billed_days(conn, final_before(now))
            paid = compensate(conn, self._ledger, spends, now)
        self._before = final_before(now)
        return paid


def final_spends(settings: Settings, engine: Engine, now: datetime) -> Sequence[Spend]:
    """What a settlement has to judge; raises 409 `events_waiting` where sales could be missed."""
    waiting = _waiting(settings, engine)
    with engine.connect() as conn:
        spends = repository.billed_days(conn, final_before(now))
    if spends and waiting:
        raise conflict(
            "events_waiting",
            f"{waiting:,} events of the log are not applied yet, and the guarantee would miss "
            "their sales.",
            "Run adunion serve for a moment, which applies them, then settle again.",
        )
    return spends


def _waiting(settings: Settings, engine: Engine) -> int:
    """Events of the home's log that are not in the records yet."""
    folder = settings.home / "events"
    if not folder.exists():
        return 0
    with engine.begin() as conn:
        applied = position(conn, CONSUMER)
    log = EventLog(folder, EVENT_SCHEMA, read_only=True)
    try:
        return max(log.rows - applied, 0)
    finally:
        log.close()
