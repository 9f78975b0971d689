"""Use cases of the return guarantee: judge what is final and pay it once; show what is not yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from adunion.ledger import PLATFORM_GUARANTEE, Ledger, Posting, merchant_wallet

from . import repository
from .guarantee import Judgement, Sales, Spend, edited_on, final_before, judge, target_on
from .repository import Guaranteed


def compensate(
    conn: Connection, ledger: Ledger, spends: Sequence[Spend], now: datetime
) -> list[Judgement]:
    """Judge the plan-days that are final and were not judged before; pay what they are owed.

    All in the caller's transaction: a judgement and its transfer are written together or not at
    all, and a second run, or one at the same time, finds nothing to do. The event log must have
    been applied up to `now`, or late sales would be missed.
    """
    plans, judged = _judge(conn, [one for one in spends if one.day < final_before(now)])
    fresh = repository.add_judgements(conn, judged, now)
    new = [replace(one, judged_at=now) for one in judged if (one.plan_id, one.day) in fresh]
    ledger.post(conn, [_posting(one, plans[one.plan_id]) for one in new if one.credit_minor])
    return new


def days_of_plan(conn: Connection, plan_id: str, spends: Sequence[Spend]) -> list[Judgement]:
    """The days of a plan, newest first: judged ones, and of `spends` those that may yet change."""
    judged = repository.judged_days(conn, plan_id)
    known = {one.day for one in judged}
    _, open_ = _judge(conn, [one for one in spends if one.day not in known])
    return sorted([*judged, *open_], key=lambda one: one.day, reverse=True)


def _judge(
    conn: Connection, spends: Sequence[Spend]
) -> tuple[dict[str, Guaranteed], list[Judgement]]:
    """The plans concerned, and each plan-day judged by what is known now, in a fixed order."""
    if not spends:
        return {}, []
    plan_ids = sorted({one.plan_id for one in spends})
    days = [one.day for one in spends]
    plans = repository.guaranteed(conn, plan_ids)
    sales = repository.sales_of_clicks(conn, plan_ids, min(days), max(days))
    judged = []
    for one in sorted(spends, key=lambda spend: (spend.plan_id, spend.day)):
        plan = plans[one.plan_id]
        sold = sales.get((one.plan_id, one.day), Sales())
        target = target_on(one.day, plan.target_roi, plan.changes)
        edited = edited_on(one.day, plan.changes)
        judged.append(judge(one, sold, plan.goal, target, edited=edited, boost=plan.boost))
    return plans, judged


def _posting(one: Judgement, plan: Guaranteed) -> Posting:
    return Posting(
        key=f"guarantee:{one.plan_id}:{one.day.isoformat()}",
        debit=PLATFORM_GUARANTEE,
        credit=merchant_wallet(plan.merchant_id),
        amount_minor=one.credit_minor,
        currency=plan.currency,
        memo="guarantee",
        reference=one.plan_id,
    )
