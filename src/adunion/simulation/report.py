"""What a run brought: per plan, for the market, against the control arm, and the books.

Figures named `expected` are the simulator's truth, which a real market never knows; all others
come from the production records. Money is in minor units. `docs/simulate.md` defines every key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adunion.insight.types import MarketPoint, Point, Result
from adunion.kernel.clock import micros, rfc3339
from adunion.kernel.money import micros_per_minor, to_minor

from .choose import Planned
from .run import Run
from .scenario import BoostPart
from .sides import Launched
from .tally import ArmTally, PlanTally
from .types import Billed

_HOUR_US = 3_600_000_000
NOTHING = Billed(0, 0, {})


def report(run: Run) -> dict[str, Any]:
    """The OUT document of `adunion simulate`; equal runs give equal documents."""
    scenario, view = run.scenario, run.world.view
    billed = run.market.billed()
    plans = [_plan(run, plan, billed) for plan in run.launched]
    out: dict[str, Any] = {
        "scenario": scenario.name,
        "seed": run.seed,
        "currency": view.currency,
        "from": rfc3339(run.started),
        "until": rfc3339(run.ended),
        "orders_until": rfc3339(run.horizon),
        "world": {
            "source": run.world.source,
            "items": len(view.items),
            "merchants": len(view.merchants.name),
            "shoppers": len(view.shoppers),
        },
        "plans": plans,
        "market": _market(run, plans),
        "publishers": _publishers(run),
        "treated": _arm(run.treated.tally),
        "shared_budgets": _shared_budgets(run),
        "ledger": _ledger(run),
        "prediction": run.metrics,
    }
    if run.control is not None:
        out["control"] = _arm(run.control.tally)
        out["lift"] = _lift(run.treated.tally, run.control.tally, run.launched)
    return out


def _plan(run: Run, launched: Launched, all_billed: Mapping[str, Billed]) -> dict[str, Any]:
    billed = all_billed.get(launched.id, NOTHING)
    found = run.market.insight.plan_report(launched.id, run.started, run.horizon)
    result, truth = found.result, run.treated.tally.plans[launched.id]
    plan, spend = launched.plan, billed.spend_minor
    target, net = plan.part.asked_roi or 1.0, result.gmv_minor - result.refunds_minor
    promised = _promised(launched, billed)
    counted, expected = _counted(plan, result, truth)
    return {
        "id": launched.id,
        "name": plan.name,
        "rival": plan.rival,
        "merchant": run.world.view.merchants.name[plan.merchant],
        "merchant_number": plan.merchant,
        "items": len(plan.items),
        "start": rfc3339(launched.start),
        "end": None if launched.end is None else rfc3339(launched.end),
        "status": found.status,
        "stage": found.stage,
        "goal": plan.part.goal,
        "target_roi": target,
        "target_cost_minor": plan.cost_minor,
        "new_customer_minor": plan.new_minor,
        "shared_budget": plan.part.shared_budget,
        "spend_minor": spend,
        "budget_minor": plan.budget_minor,
        "budget_use": None if plan.budget_minor is None else _ratio(spend, plan.budget_minor),
        "over_budget_micros": billed.over_micros,
        "promised_minor": round(promised),
        "gmv_minor": result.gmv_minor,
        "gmv_net_minor": net,
        "gmv_added_minor": result.gmv_added_minor,
        "gmv_item_minor": result.gmv_item_minor,
        "expected_gmv_minor": round(truth.expected_gmv),
        "expected_net_minor": round(truth.expected_net),
        "expected_added_minor": round(truth.expected_added),
        "orders": result.orders,
        "new_orders": result.new_orders,
        "new_share": _ratio(result.new_orders, result.orders),
        "min_new_share": plan.part.min_new_share,
        "new_share_status": found.new_share_status,
        "expected_orders": round(truth.expected_orders, 2),
        "clicks": result.clicks,
        "impressions": result.impressions,
        "moved_impressions": result.moved_impressions,
        "first_slot_share": _ratio(result.first_slot, result.moved_impressions),
        "attainment": _ratio(counted, promised),
        "attainment_net": _ratio(net, promised),
        "attainment_expected": _ratio(expected, promised),
        "edits": [
            {"at": rfc3339(at)} | part.model_dump(exclude_none=True, exclude={"at_hour"})
            for at, part in launched.edits
        ],
        "boosts": [_boost(run, id_, part, all_billed) for id_, part in launched.boosts],
        "hours": _hours(run, launched, truth, billed),
    }


def _promised(launched: Launched, billed: Billed) -> float:
    """What should count, minor units: of each hour's spend, times the target at its beginning.

    An edited cost of an order asks for as much more as it lets an order cost less.
    """
    plan = launched.plan.part
    target = plan.asked_roi or 1.0
    promised = billed.spend_minor * target
    for at, edit in launched.edits:
        if plan.target_cost and edit.target_cost:
            asked = plan.target_cost / edit.target_cost
        else:
            asked = edit.target_roi or target
        first = -(-micros(at) // _HOUR_US)
        since = sum(spent for hour, spent in billed.hours.items() if hour >= first)
        promised, target = promised + since * (asked - target), asked
    return promised


def _boost(
    run: Run, boost_id: str, part: BoostPart, billed: Mapping[str, Billed]
) -> dict[str, Any]:
    """What a boost brought, apart from its plan."""
    found = run.market.insight.plan_report(boost_id, run.started, run.horizon)
    truth, spend = run.treated.tally.plans[boost_id], billed.get(boost_id, NOTHING).spend_minor
    return {
        "id": boost_id,
        "status": found.status,
        "factor": part.factor,
        "regions": part.regions,
        "floor_roi": found.target_roi,
        "spend_minor": spend,
        "budget_minor": to_minor(str(part.budget), run.world.view.currency, exact=False),
        "gmv_minor": found.result.gmv_minor,
        "expected_gmv_minor": round(truth.expected_gmv),
        "orders": found.result.orders,
        "moved_impressions": found.result.moved_impressions,
        "roi_expected": _ratio(truth.expected_gmv, spend),
    }


def _shared_budgets(run: Run) -> list[dict[str, Any]]:
    spent = run.market.shared_spend()
    currency = run.world.view.currency
    return [
        {
            "name": part.name,
            "period": part.period,
            "amount_minor": to_minor(str(part.amount), currency, exact=False),
            "spend_minor": spent.get(run.shared_budgets[part.name], 0)
            // micros_per_minor(currency),
        }
        for part in run.scenario.shared_budgets
        if part.name in run.shared_budgets
    ]


def _counted(plan: Planned, result: Result, truth: PlanTally) -> tuple[float, float]:
    """What counts towards the plan's goal: (as it came, as it was to be expected)."""
    if plan.cost_minor is not None:
        return result.orders * plan.cost_minor, truth.expected_orders * plan.cost_minor
    if plan.part.goal == "net_roi":
        return result.gmv_minor - result.refunds_minor, truth.expected_net
    new, worth = result.new_orders, plan.new_minor or 0
    expected_new = truth.expected_orders * new / result.orders if result.orders else 0.0
    return result.gmv_minor + new * worth, truth.expected_gmv + expected_new * worth


def _hours(run: Run, plan: Launched, truth: PlanTally, billed: Billed) -> list[dict[str, Any]]:
    points = run.market.insight.plan_hours(plan.id, run.started, run.horizon)
    by_hour: dict[int, Result] = {_hour(point): point.result for point in points}
    alphas = {micros(at) // _HOUR_US: alpha for at, alpha in plan.alphas}
    nothing = Result(run.market.catalog.currency)
    hours = sorted(set(by_hour) | set(truth.hours) | set(alphas))
    return [
        {
            "hour": rfc3339(run.hour(hour)),
            "spend_minor": billed.hours.get(hour, 0),
            "gmv_minor": result.gmv_minor,
            "orders": result.orders,
            "moved_impressions": result.moved_impressions,
            "expected_gmv_minor": round(truth.hours.get(hour, 0.0)),
            "alpha": round(alphas[hour], 4) if hour in alphas else None,
        }
        for hour, result in ((hour, by_hour.get(hour, nothing)) for hour in hours)
    ]


def _hour(point: Point) -> int:
    return micros(point.at) // _HOUR_US


def _market(run: Run, plans: list[dict[str, Any]]) -> dict[str, Any]:
    insight = run.market.insight
    found = insight.market_total(run.started, run.horizon)
    moves, tally = run.market.ledger_moves(), run.treated.tally
    media = sum(each["spend_minor"] for plan in plans for each in (plan, *plan["boosts"]))
    fee = moves.get("platform fee", 0) - moves.get("platform fee refunded", 0)
    promised = sum(plan["promised_minor"] for plan in plans)
    return {
        "requests": found.requests,
        "impressions": found.impressions,
        "sponsored_impressions": found.sponsored_impressions,
        "clicks": found.clicks,
        "orders": found.orders,
        "gmv_minor": found.gmv_minor,
        "gmv_organic_minor": found.gmv_organic_minor,
        "gmv_promoted_minor": found.gmv_promoted_minor,
        "refunds_minor": found.refunds_minor,
        "gmv_net_minor": found.gmv_minor - found.refunds_minor,
        "expected_gmv_minor": round(tally.expected_gmv),
        "experience": _ratio(tally.experience_sum, tally.impressions),
        "media_minor": media,
        "platform_fee_minor": fee,
        "platform_revenue_minor": media + fee,
        "attainment": _ratio(sum(plan["gmv_minor"] for plan in plans), promised),
        "placements": {
            kind: _sums(point)
            for kind, point in sorted(insight.market_placements(run.started, run.horizon))
        },
        "hours": [
            {"hour": rfc3339(point.at), **_sums(point)}
            for point in insight.market_points(run.started, run.horizon)
            if point.at is not None
        ],
    }


def _sums(point: MarketPoint) -> dict[str, int]:
    return {
        "requests": point.requests,
        "impressions": point.impressions,
        "clicks": point.clicks,
        "orders": point.orders,
        "gmv_minor": point.gmv_minor,
        "gmv_organic_minor": point.gmv_organic_minor,
    }


def _publishers(run: Run) -> dict[str, Any]:
    """The publishers' side over the whole run, the days without plans included."""
    found = run.market.earned()
    kept = {name: found[f"{name}_minor"] for name in ("estimated", "held", "payable", "fee")}
    return {
        "links": run.links,
        **{name: found[name] for name in ("clicks", "orders", "gmv_minor", "refunds_minor")},
        "commissions": found["commissions"],
        "commission_minor": sum(kept.values()),
        **{f"commission_{name}_minor": minor for name, minor in kept.items()},
    }


def _ledger(run: Run) -> dict[str, Any]:
    books = run.market.check_ledger()
    return {
        "balanced": books.ok,
        "problems": list(books.problems),
        "totals": [
            {
                "currency": total.currency,
                "accounts": total.accounts,
                "transfers": total.transfers,
                "debits_minor": total.debits_minor,
                "credits_minor": total.credits_minor,
                "reserved_minor": total.pending_minor,
            }
            for total in books.totals
        ],
        "posted_minor_by_memo": run.market.ledger_moves(),
    }


def _arm(tally: ArmTally) -> dict[str, Any]:
    return {
        "requests": tally.requests,
        "impressions": tally.impressions,
        "sponsored_impressions": tally.sponsored,
        "clicks": tally.clicks,
        "orders": tally.orders,
        "gmv_minor": tally.gmv_minor,
        "gmv_net_minor": tally.gmv_minor - tally.refunds_minor,
        "expected_gmv_minor": round(tally.expected_gmv),
        "experience": _ratio(tally.experience_sum, tally.impressions),
    }


def _lift(
    treated: ArmTally, control: ArmTally, plans: Sequence[Launched]
) -> dict[str, float | None]:
    """Relative change against the control arm, of all and of the plans' items."""
    rows = sorted({int(row) for launched in plans for row in launched.plan.items})
    held = int(control.gmv_by_item[rows].sum()) if rows else 0
    promoted = int(treated.gmv_by_item[rows].sum()) if rows else 0
    return {
        "gmv": _change(treated.gmv_minor, control.gmv_minor),
        "expected_gmv": _change(treated.expected_gmv, control.expected_gmv),
        "plan_items_gmv": _change(promoted, held),
        "orders": _change(treated.orders, control.orders),
        "experience": _change(
            treated.experience_sum / max(treated.impressions, 1),
            control.experience_sum / max(control.impressions, 1),
        ),
    }


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _change(after: float, before: float) -> float | None:
    if after == before:
        return 0.0
    return round(after / before - 1, 4) if before else None
