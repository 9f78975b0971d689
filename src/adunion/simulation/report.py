"""What a run brought: per plan, for the market, against the control arm, and the books.

`realised` figures are what the production records say; `expected` ones are the simulator's truth,
which a real market never knows. Money is in minor units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adunion.insight.types import Point, Result
from adunion.kernel.clock import micros, rfc3339

from .run import Launched, Run
from .tally import ArmTally, PlanTally


def report(run: Run) -> dict[str, Any]:
    """The OUT document of `adunion simulate`; equal runs give equal documents."""
    scenario, currency = run.scenario, run.market.catalog.currency
    plans = [_plan(run, plan) for plan in run.launched]
    treated = run.treated.tally
    market = run.market.insight.market_total(run.started, run.horizon)
    books = run.market.check_ledger()
    moves = run.market.ledger_moves()
    out: dict[str, Any] = {
        "scenario": scenario.name,
        "seed": run.seed,
        "currency": currency,
        "from": rfc3339(run.started),
        "until": rfc3339(run.ended),
        "world": {
            "source": run.world.source,
            "items": len(run.world.view.items),
            "merchants": len(run.world.view.merchants.name),
            "shoppers": len(run.world.view.shoppers),
        },
        "plans": plans,
        "market": {
            **_arm(treated),
            "gmv_realised_minor": market.gmv_minor,
            "gmv_organic_minor": market.gmv_organic_minor,
            "gmv_promoted_minor": market.gmv_promoted_minor,
            "media_minor": market.spend_minor,
            "platform_revenue_minor": market.spend_minor + moves.get("fee", 0),
            "attainment": _weighted(plans),
        },
        "ledger": {
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
            "posted_minor_by_memo": moves,
        },
        "prediction": run.metrics,
    }
    if run.control is not None:
        out["control"] = _arm(run.control.tally)
        out["lift"] = _lift(treated, run.control.tally, run.launched)
    return out


def _plan(run: Run, plan: Launched) -> dict[str, Any]:
    found = run.market.insight.plan_report(plan.id, run.started, run.horizon)
    result, truth = found.result, run.treated.tally.plans[plan.id]
    target, spend = plan.part.target_roi, result.spend_minor
    budget = run.budget_minor(plan)
    return {
        "id": plan.id,
        "name": plan.name,
        "rival": plan.rival,
        "merchant": run.world.view.merchants.name[plan.merchant],
        "items": len(plan.items),
        "start": rfc3339(plan.start),
        "end": None if plan.end is None else rfc3339(plan.end),
        "status": found.status,
        "stage": found.stage,
        "target_roi": target,
        "spend_minor": spend,
        "gmv_minor": result.gmv_minor,
        "gmv_net_minor": result.gmv_minor - result.refunds_minor,
        "gmv_added_minor": result.gmv_added_minor,
        "gmv_item_minor": result.gmv_item_minor,
        "expected_gmv_minor": round(truth.expected_gmv),
        "expected_net_minor": round(truth.expected_net),
        "expected_added_minor": round(truth.expected_added),
        "orders": result.orders,
        "expected_orders": round(truth.expected_orders, 2),
        "clicks": result.clicks,
        "impressions": result.impressions,
        "moved_impressions": result.moved_impressions,
        "attainment": _attained(result.gmv_minor, spend, target),
        "attainment_net": _attained(result.gmv_minor - result.refunds_minor, spend, target),
        "attainment_expected": _attained(truth.expected_gmv, spend, target),
        "budget_minor": budget,
        "budget_use": None if budget is None else round(spend / budget, 4),
        "first_slot_share": _ratio(result.first_slot, result.moved_impressions),
        "hours": _hours(run, plan, truth),
    }


def _hours(run: Run, plan: Launched, truth: PlanTally) -> list[dict[str, Any]]:
    points = run.market.insight.plan_hours(plan.id, run.started, run.horizon)
    by_hour: dict[int, Result] = {_hour(point): point.result for point in points}
    alphas = {micros(at) // 3_600_000_000: alpha for at, alpha in plan.alphas}
    return [
        {
            "hour": rfc3339(run.hour(hour)),
            "spend_minor": by_hour[hour].spend_minor if hour in by_hour else 0,
            "gmv_minor": by_hour[hour].gmv_minor if hour in by_hour else 0,
            "orders": by_hour[hour].orders if hour in by_hour else 0,
            "moved_impressions": by_hour[hour].moved_impressions if hour in by_hour else 0,
            "expected_gmv_minor": round(truth.hours.get(hour, 0.0)),
            "alpha": None if hour not in alphas else round(alphas[hour], 4),
        }
        for hour in sorted(set(by_hour) | set(truth.hours) | set(alphas))
    ]


def _hour(point: Point) -> int:
    return micros(point.at) // 3_600_000_000


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
    rows = sorted({int(row) for plan in plans for row in plan.items})
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


def _weighted(plans: list[dict[str, Any]]) -> float | None:
    """All plans' GMV over what their spend was promised to bring."""
    promised = sum(plan["spend_minor"] * plan["target_roi"] for plan in plans)
    return _ratio(sum(plan["gmv_minor"] for plan in plans), promised)


def _attained(gmv: float, spend: float, target: float) -> float | None:
    return _ratio(gmv, spend * target)


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _change(after: float, before: float) -> float | None:
    return round(after / before - 1, 4) if before else None
