"""Use cases of plans: create, edit, pause, end; every edit is recorded and can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine

from adunion.catalog.repository import get_merchant
from adunion.kernel.clock import Clock, rfc3339
from adunion.kernel.errors import conflict, invalid, not_found
from adunion.kernel.ids import Ids
from adunion.ledger import Posting

from . import checks, repository, shared_budgets
from .charges import charge
from .exclusive import exclusive
from .selection import Goods, check_goods, selected
from .stages import ADJUSTING, changes_much, day_ago, next_stage
from .types import Edit, LivePlan, Page, Plan, PlanDraft, Pool

PAGE_MAX = 200
_FIELDS = (
    "name", "target_roi", "target_cost_minor", "new_customer_minor", "budget_minor",
    "min_new_share", "shared_budget_id", "start_at", "end_at", "dayparts", "item_ids",
)  # fmt: skip


@dataclass(frozen=True)
class Advanced:
    """What the passing of time did."""

    ended: list[str]
    stages: dict[str, str]  # plan id -> its new stage


class Plans:
    """Whole-site plans (全站推广). Each method is one transaction unless it is given `conn`."""

    def __init__(self, engine: Engine, clock: Clock, ids: Ids, currency: str | None = None) -> None:
        """`currency` is the market's: items of another take no part. None: any, one in a plan."""
        self._engine = engine
        self._clock = clock
        self._ids = ids
        self._currency = currency

    def create(self, draft: PlanDraft, by: str = "merchant") -> Plan:
        """Start a plan; raises 422 for a bad field, 409 `item_in_other_plan`."""
        with self._engine.begin() as conn:
            return self._create(conn, draft, by)

    def check(self, draft: PlanDraft) -> tuple[str, ...]:
        """The items that a draft would take; raises what `create` would, and keeps nothing."""
        with self._engine.connect() as conn:
            try:
                plan = self._create(conn, draft, "check")
                return tuple(repository.item_ids(conn, plan.id))
            finally:
                conn.rollback()

    def get(self, plan_id: str, merchant_id: str | None = None) -> Plan:
        """A plan; one of another merchant than the given is not found."""
        with self._engine.begin() as conn:
            return self._get(conn, plan_id, merchant_id)

    def list(
        self,
        merchant_id: str | None = None,
        status: str | None = None,
        limit: int = 50,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> Page[Plan]:
        """A page of plans, newest first."""
        if not 1 <= limit <= PAGE_MAX:
            raise invalid("limit", f"A page has 1 to {PAGE_MAX} plans.")
        if status not in (None, "active", "paused", "ended"):
            raise invalid("status", f"{status!r} is not active, paused or ended.")
        with self._engine.begin() as conn:
            rows = repository.page(
                conn, merchant_id=merchant_id, status=status, limit=limit + 1,
                starting_after=starting_after, ending_before=ending_before,
            )  # fmt: skip
        more = len(rows) > limit
        if more:
            rows = rows[1:] if ending_before is not None else rows[:limit]
        return Page(rows, more)

    def check_amounts(
        self, merchant_id: str, item_ids: Sequence[str], cost_minor: int | None,
        new_minor: int | None,
    ) -> None:  # fmt: skip
        """Refuse a cost of an order or a worth of a new customer out of proportion to the items."""
        with self._engine.connect() as conn:
            goods = check_goods(conn, merchant_id, item_ids, self._currency)
        checks.in_proportion("target_cost", cost_minor, goods.dearest_minor, goods.currency)
        checks.in_proportion("new_customer", new_minor, goods.dearest_minor, goods.currency)

    def item_ids(self, plan_id: str, merchant_id: str | None = None) -> tuple[str, ...]:
        """The items of a plan."""
        with self._engine.begin() as conn:
            self._get(conn, plan_id, merchant_id)
            return repository.item_ids(conn, plan_id)

    def edits(
        self, plan_id: str, merchant_id: str | None = None, limit: int = 50,
        before: str | None = None,
    ) -> Sequence[Edit]:  # fmt: skip
        """The newest edits of a plan, the creation included."""
        with self._engine.begin() as conn:
            self._get(conn, plan_id, merchant_id)
            return repository.edits(conn, plan_id, limit, before)

    def other_plans(self, item_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Which items are in an active plan already: item id -> (plan id, plan name)."""
        with self._engine.begin() as conn:
            return {row[0]: (row[1], row[2]) for row in repository.taken(conn, item_ids)}

    def update(
        self, plan_id: str, changes: Mapping[str, Any], by: str = "merchant",
        merchant_id: str | None = None,
    ) -> Plan:  # fmt: skip
        """Edit name, what the goal asks for, budget_minor, start_at, end_at, dayparts or item_ids.

        An edit of the target by more than 20 % or the budget by more than 50 %, at once or in all
        over the last 24 hours, makes the plan `adjusting` for 24 hours. What is already as asked
        is no edit.
        """
        unknown = sorted(set(changes) - set(_FIELDS))
        if unknown:
            raise invalid(unknown[0], "This cannot be changed.", f"Choose from {list(_FIELDS)}.")
        with self._engine.begin() as conn:
            plan = self._locked(conn, plan_id, merchant_id)
            if plan.status == "ended":
                raise conflict("plan_ended", f"Plan {plan.name!r} has ended.", "Make a new plan.")
            return self._apply(conn, plan, changes, by)

    def pause(self, plan_id: str, by: str = "merchant", merchant_id: str | None = None) -> Plan:
        """Stop bidding; the plan keeps its items."""
        return self._set_status(plan_id, "paused", by, merchant_id)

    def resume(self, plan_id: str, by: str = "merchant", merchant_id: str | None = None) -> Plan:
        """Bid again."""
        return self._set_status(plan_id, "active", by, merchant_id)

    def end(self, plan_id: str, by: str = "merchant", merchant_id: str | None = None) -> Plan:
        """Stop for good and free the items for other plans."""
        return self._set_status(plan_id, "ended", by, merchant_id)

    def undo(self, edit_id: str, by: str = "merchant", merchant_id: str | None = None) -> Plan:
        """Put back what an edit changed, as a new edit; an ended plan takes its items again."""
        with self._engine.begin() as conn:
            edit = repository.find_edit(conn, edit_id)
            if edit is None:
                raise not_found("edit", edit_id)
            plan = self._locked(conn, edit.plan_id, merchant_id)
            before = {field: values[0] for field, values in edit.changes.items()}
            status = before.pop("status", plan.status)
            if status is None:
                raise conflict("not_undoable", "A creation cannot be undone.", "End the plan.")
            if status != plan.status:
                self._move(conn, plan, status, by)
            return self._apply(conn, replace(plan, status=status), _values(before), by)

    def advance(self, conn: Connection, now: datetime, orders_7d: Mapping[str, int]) -> Advanced:
        """End what is over (freeing its items) and move stages on.

        `orders_7d` is the attributed orders of the last 7 days by plan id; absent is none.
        """
        ended = repository.due(conn, now)
        for plan_id in ended:
            plan = repository.find(conn, plan_id)
            assert plan is not None
            self._move(conn, plan, "ended", "clock")
        stages = {}
        for plan_id, stage, since in repository.started(conn, now):
            after = next_stage(stage, since, orders_7d.get(plan_id, 0), now)
            if after != stage:
                stages[plan_id] = str(after)
                repository.change_plan(conn, plan_id, {"stage": after, "stage_since": now})
        return Advanced(ended, stages)

    def live(self, conn: Connection, currency: str, now: datetime) -> Sequence[LivePlan]:
        """Active plans of a currency, by id, those that start later included."""
        return repository.live(conn, currency, now)

    def keep_handicaps(self, conn: Connection, handicaps: Mapping[str, float]) -> None:
        """Keep what plans take off their bids for people who bought before, by plan id."""
        repository.keep_handicaps(conn, handicaps)

    def pools(self, conn: Connection, currency: str, now: datetime) -> Sequence[Pool]:
        """What is left of the budgets that plans share."""
        return shared_budgets.pools(conn, currency, now)

    def charge(
        self, conn: Connection, spend_micros: Mapping[str, int], key: str,
        at: datetime | None = None,
    ) -> Sequence[Posting]:  # fmt: skip
        """See `charges.charge`; `at` is now if it is not told."""
        return charge(conn, spend_micros, key, at or self._clock.now())

    def _create(self, conn: Connection, draft: PlanDraft, by: str) -> Plan:
        now = self._clock.now()
        goal, target, cost, new = checks.goal(
            draft.goal, draft.target_roi, draft.target_cost_minor, draft.new_customer_minor
        )
        start = now if draft.start_at is None else max(checks.time("start_at", draft.start_at), now)
        end = None if draft.end_at is None else checks.time("end_at", draft.end_at)
        checks.span(start, end, now, needed=goal == "volume")
        hours = checks.dayparts(draft.dayparts)
        checks.occur(hours, start, end)
        checks.volume(goal, draft.budget_minor, end)
        chosen, goods = self._goods(conn, draft)
        currency, order_minor = goods.currency, cost or goods.cheapest_minor
        checks.in_proportion("target_cost", cost, goods.dearest_minor, currency)
        checks.in_proportion("new_customer", new, goods.dearest_minor, currency)
        if draft.shared_budget_id is not None:
            shared_budgets.joinable(
                conn, draft.shared_budget_id, draft.merchant_id, currency, now,
                checks.click_minor(target, order_minor),
            )  # fmt: skip
        plan_id = self._ids("cmp")
        budget = checks.budget_minor(
            draft.budget_minor, target, order_minor, currency, needed=goal == "volume"
        )
        values: dict[str, Any] = {
            "id": plan_id, "merchant_id": draft.merchant_id, "kind": "whole_site",
            "name": checks.name(draft.name or goods.title[: checks.NAME_LETTERS_MAX]),
            "goal": goal, "target_roi": target, "target_cost_minor": cost,
            "new_customer_minor": new, "min_new_share": checks.min_new_share(draft.min_new_share),
            "shared_budget_id": draft.shared_budget_id,
            "currency": currency, "budget_minor": budget,
            "start_at": start, "end_at": end,
            "dayparts": None if hours is None else list(hours), "status": "active",
            "stage": "learning", "stage_since": start, "created_at": now, "updated_at": now,
        }  # fmt: skip
        repository.insert_plan(conn, values)
        with exclusive(conn, chosen, plan_id):
            repository.add_items(conn, plan_id, chosen)
        self._record(conn, plan_id, by, {"status": [None, "active"]}, large=False)
        return self._get(conn, plan_id, None)

    def _get(self, conn: Connection, plan_id: str, merchant_id: str | None) -> Plan:
        plan = repository.find(conn, plan_id)
        if plan is None or plan.parent_id or merchant_id not in (None, plan.merchant_id):
            raise not_found("plan", plan_id)
        return plan

    def _locked(self, conn: Connection, plan_id: str, merchant_id: str | None) -> Plan:
        plan = repository.find(conn, plan_id, lock=True)
        if plan is None or plan.parent_id or merchant_id not in (None, plan.merchant_id):
            raise not_found("plan", plan_id)
        return plan

    def _goods(self, conn: Connection, draft: PlanDraft) -> tuple[tuple[str, ...], Goods]:
        """The items that a draft chooses, and what they cost."""
        get_merchant(conn, draft.merchant_id)
        if bool(draft.item_ids) == (draft.selector is not None):
            raise invalid("item_ids", "Choose items by id or by a selector, one of the two.")
        if draft.selector is not None:
            chosen = selected(conn, draft.merchant_id, draft.selector, self._currency)
        else:
            chosen = checks.item_ids(draft.item_ids)
        return chosen, check_goods(conn, draft.merchant_id, chosen, self._currency)

    def _set_status(self, plan_id: str, status: str, by: str, merchant_id: str | None) -> Plan:
        with self._engine.begin() as conn:
            plan = self._locked(conn, plan_id, merchant_id)
            if plan.status == "ended" and status != "ended":
                raise conflict("plan_ended", f"Plan {plan.name!r} has ended.", "Make a new plan.")
            if plan.status != status:
                self._move(conn, plan, status, by)
            return self._get(conn, plan_id, None)

    def _move(self, conn: Connection, plan: Plan, status: str, by: str) -> None:
        now = self._clock.now()
        if plan.status == "ended":
            checks.span(plan.start_at, plan.end_at, now)
            with exclusive(conn, repository.item_ids(conn, plan.id), plan.id):
                repository.hold_items(conn, [plan.id], active=True)
        if status == "ended":
            repository.hold_items(conn, [plan.id], active=False)
            repository.end_boosts(conn, plan.id, now)
        repository.change_plan(conn, plan.id, {"status": status, "updated_at": now})
        self._record(conn, plan.id, by, {"status": [plan.status, status]}, large=False)

    def _apply(self, conn: Connection, plan: Plan, changes: Mapping[str, Any], by: str) -> Plan:
        held = repository.item_ids(conn, plan.id)
        before = {field: getattr(plan, field) for field in _FIELDS if field != "item_ids"}
        before["item_ids"] = held
        after = _checked(conn, plan, {**before, **changes}, changes, self._clock.now())
        diff = {field: after[field] for field in _FIELDS if after[field] != before[field]}
        if not diff:
            return self._get(conn, plan.id, None)
        if "item_ids" in diff:
            self._swap_items(conn, plan, held, after["item_ids"])
        now = self._clock.now()
        recent = repository.edits_since(conn, plan.id, now - ADJUSTING)
        old = {field: value for field, value in day_ago(before, recent).items() if field in diff}
        large = changes_much(before, after) or changes_much({**after, **old}, after)
        values = {field: value for field, value in diff.items() if field != "item_ids"}
        if after["min_new_share"] is None:
            values["handicap"] = 0.0
        if large:
            values |= {"stage": "adjusting", "stage_since": now}
        repository.change_plan(conn, plan.id, {**values, "updated_at": now})
        changed = {field: [_json(before[field]), _json(diff[field])] for field in diff}
        self._record(conn, plan.id, by, changed, large=large)
        return self._get(conn, plan.id, None)

    def _swap_items(
        self, conn: Connection, plan: Plan, held: Sequence[str], wanted: Sequence[str]
    ) -> None:
        added = sorted(set(wanted) - set(held))
        repository.remove_items(conn, plan.id, set(held) - set(wanted))
        with exclusive(conn, added, plan.id):
            repository.add_items(conn, plan.id, added)

    def _record(
        self, conn: Connection, plan_id: str, by: str, changes: dict[str, Any], *, large: bool
    ) -> None:
        edit = Edit(self._ids("edt"), plan_id, self._clock.now(), by, changes, large)
        repository.insert_edit(conn, edit)


def _checked(
    conn: Connection, plan: Plan, wanted: Mapping[str, Any], changes: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The wanted values, clean; only what changes is checked against the present."""
    after = dict(wanted)
    after["name"] = checks.name(wanted["name"])
    _check_goal(plan, after, changes)
    after["min_new_share"] = checks.min_new_share(wanted["min_new_share"])
    after["dayparts"] = checks.dayparts(wanted["dayparts"])
    for field in ("start_at", "end_at"):
        if wanted[field] is not None or field == "start_at":
            after[field] = checks.time(field, wanted[field])
    if after["start_at"] != plan.start_at and min(after["start_at"], plan.start_at) < now:
        raise invalid("start_at", "A start that is past cannot be changed, nor set.")
    if {"start_at", "end_at"} & set(changes):
        checks.span(after["start_at"], after["end_at"], now, needed=plan.goal == "volume")
    if {"start_at", "end_at", "dayparts"} & set(changes):
        checks.occur(after["dayparts"], max(after["start_at"], now), after["end_at"])
    checks.volume(plan.goal, after["budget_minor"], after["end_at"])
    joined = after["shared_budget_id"]
    if joined is not None and joined != plan.shared_budget_id:
        order_minor = after["target_cost_minor"] or repository.cheapest(conn, plan.id)
        click = checks.click_minor(after["target_roi"], order_minor)
        shared_budgets.joinable(conn, joined, plan.merchant_id, plan.currency, now, click)
    after["item_ids"] = checks.item_ids(wanted["item_ids"])
    money = {"budget_minor", "target_roi", "target_cost_minor", "new_customer_minor"}
    if (money | {"item_ids"}) & set(changes):
        _check_money(conn, plan, after, changes)
    return after


def _check_goal(plan: Plan, after: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """A plan keeps its goal; what it asks for may change."""
    target = (
        None
        if plan.goal == "cost_per_order" and "target_roi" not in changes
        else (after["target_roi"])
    )
    _, after["target_roi"], after["target_cost_minor"], after["new_customer_minor"] = checks.goal(
        plan.goal, target, after["target_cost_minor"], after["new_customer_minor"]
    )


def _check_money(
    conn: Connection, plan: Plan, after: Mapping[str, Any], changes: Mapping[str, Any]
) -> None:
    if "item_ids" in changes:
        goods = check_goods(conn, plan.merchant_id, after["item_ids"])
        if goods.currency != plan.currency:
            raise invalid(
                "item_ids", f"The plan is in {plan.currency}, the items in {goods.currency}."
            )
        cheapest, dearest = goods.cheapest_minor, goods.dearest_minor
    else:
        prices = [row.price_minor for row in repository.goods(conn, after["item_ids"])]
        cheapest, dearest = min(prices), max(prices)
    for field in ("target_cost", "new_customer"):
        if f"{field}_minor" in changes:
            checks.in_proportion(field, after[f"{field}_minor"], dearest, plan.currency)
    order_minor = after["target_cost_minor"] or cheapest
    budget = checks.budget_minor(
        after["budget_minor"], after["target_roi"], order_minor, plan.currency,
        needed=plan.goal == "volume",
    )  # fmt: skip
    if budget is not None and budget < plan.spend_minor:
        raise invalid("budget", "The budget is below what is already spent.", "Raise it.")


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, int | str) else str(value)


def _values(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Values of an edit's record as `update` takes them."""
    return {
        field: datetime.fromisoformat(value).astimezone(UTC)
        if field in ("start_at", "end_at") and value is not None
        else value
        for field, value in recorded.items()
    }
