"""The wizard: items, target ROI, time and budget. A draft in the database carries the choices."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from adunion.campaigns import PlanDraft
from adunion.kernel.errors import AdUnionError, invalid, not_found
from adunion.kernel.money import to_major, to_minor
from adunion.ledger import merchant_wallet
from adunion.trust import Principal, Role

from . import repository
from .components import Chart, Empty, Series
from .context import Context, party
from .formats import zone_of
from .i18n import N_
from .messages import explain
from .reports import major
from .repository import Draft, ItemFilter
from .security import require
from .views import redirect

router = APIRouter(prefix="/merchant/promote")
Merchant = Annotated[Principal, Depends(require(Role.MERCHANT))]
PAGE = 25
TARGET_DEFAULT = Decimal(4)
_NOTHING = Empty(N_("No items match"), N_("Search for fewer words, or choose all categories."))


@router.get("")
def start(request: Request, who: Merchant) -> Response:
    """A new draft."""
    it = Context(request)
    draft_id = it.services.ids("drf")
    with it.services.engine.begin() as conn:
        repository.add_draft(conn, draft_id, party(who), it.services.clock.now())
    return redirect(f"/merchant/promote/{draft_id}/items")


@router.get("/{draft}/items")
def choose_items(request: Request, who: Merchant, draft: str) -> Any:
    """Step 1."""
    it = Context(request)
    return it.page("promote_items.html", **_items(it, _draft(it, draft, who)))


@router.post("/{draft}/items")
def change_items(
    request: Request,
    who: Merchant,
    draft: str,
    do: Annotated[str, Form()],
    item: Annotated[str, Form(max_length=40)] = "",
    q: Annotated[str, Form(max_length=200)] = "",
    category: Annotated[str, Form(max_length=200)] = "",
    page: Annotated[int, Form(ge=0, le=100_000)] = 0,
) -> Any:
    """Choose or drop one item, all that match, or none."""
    it = Context(request)
    found = _draft(it, draft, who)
    chosen = dict.fromkeys(found.item_ids)
    with it.services.engine.begin() as conn:
        if do == "none":
            chosen = {}
        elif do == "all":
            wanted = ItemFilter(party(who), q, category, free_only=True)
            chosen |= dict.fromkeys(repository.matching_item_ids(conn, wanted))
        elif item in chosen:
            del chosen[item]
        else:
            wanted = ItemFilter(party(who), free_only=True, ids=[item])
            chosen |= dict.fromkeys(repository.matching_item_ids(conn, wanted))
        repository.change_draft(conn, draft, item_ids=list(chosen))
    shown = _items(it, _draft(it, draft, who), q, category, page)
    return it.page("promote_items.html", **shown)


@router.get("/{draft}/target")
def choose_target(request: Request, who: Merchant, draft: str) -> Any:
    """Step 2."""
    it = Context(request)
    found = _draft(it, draft, who)
    if not found.item_ids:
        return redirect(f"/merchant/promote/{draft}/items")
    return _target_page(it, found)


@router.post("/{draft}/target")
def set_target(
    request: Request, who: Merchant, draft: str, target: Annotated[str, Form(max_length=20)]
) -> Any:
    """Keep the target."""
    it = Context(request)
    found = _draft(it, draft, who)
    try:
        value = Decimal(target.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not Decimal("0.1") <= value <= 1000:
        wrong = it.say(N_("The target ROI is a number from 0.1 to 1,000."))
        return _target_page(it, found, 422, wrong)
    with it.services.engine.begin() as conn:
        repository.change_draft(conn, draft, target_roi=value)
    return redirect(f"/merchant/promote/{draft}/time")


@router.get("/{draft}/time")
def choose_time(request: Request, who: Merchant, draft: str) -> Any:
    """Step 3."""
    it = Context(request)
    found = _draft(it, draft, who)
    if not found.item_ids or found.target_roi is None:
        return redirect(f"/merchant/promote/{draft}/{'target' if found.item_ids else 'items'}")
    return _time_page(it, found, {"name": "", "budget": "", "start": "", "end": ""})


@router.post("/{draft}/time")
def create(
    request: Request,
    who: Merchant,
    draft: str,
    name: Annotated[str, Form(max_length=200)] = "",
    budget: Annotated[str, Form(max_length=30)] = "",
    start: Annotated[str, Form(max_length=30)] = "",
    end: Annotated[str, Form(max_length=30)] = "",
) -> Any:
    """Make the plan; what is wrong is said on the same page."""
    it = Context(request)
    found = _draft(it, draft, who)
    zone = zone_of(request.cookies.get("tz"))
    try:
        plan = it.services.plans.create(
            PlanDraft(
                merchant_id=found.merchant_id,
                target_roi=found.target_roi or TARGET_DEFAULT,
                item_ids=found.item_ids,
                name=name,
                budget_minor=read_money(budget, it.services.currency),
                start_at=read_time("start_at", start, zone),
                end_at=read_time("end_at", end, zone),
            ),
            by=who.id,
        )
    except AdUnionError as error:
        given = {"name": name, "budget": budget, "start": start, "end": end}
        return _time_page(it, found, given, error)
    with it.services.engine.begin() as conn:
        repository.drop_draft(conn, draft)
    return redirect(f"/merchant/plans/{plan.id}", done="created")


def read_money(text: str, currency: str) -> int | None:
    """A form's amount in minor units; empty is none."""
    return to_minor(text.strip(), currency) if text.strip() else None


def read_time(field: str, text: str, zone: tzinfo) -> datetime | None:
    """A form's `2026-11-11T08:00` of the reader's zone, in UTC; empty is none."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid(field, f"{text[:40]!r} is not a time.", "Write 2026-11-11T08:00.") from None


def _draft(it: Context, draft_id: str, who: Principal) -> Draft:
    with it.services.engine.connect() as conn:
        found = repository.draft(conn, draft_id, party(who))
    if found is None:
        raise not_found("draft", draft_id)
    return found


def _items(
    it: Context, draft: Draft, q: str | None = None, category: str | None = None,
    page: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    text = it.text("q") if q is None else q
    path = it.text("category") if category is None else category
    number = it.number("page") if page is None else page
    chosen_only = bool(it.text("chosen"))
    wanted = ItemFilter(draft.merchant_id, text, path, ids=draft.item_ids if chosen_only else None)
    base = f"/merchant/promote/{draft.id}/items"
    with it.services.engine.connect() as conn:
        rows = repository.items_page(conn, wanted, it.lang, "plan_id", number * PAGE, PAGE)
        total = repository.count_items(conn, wanted)
        free = repository.count_items(
            conn, ItemFilter(draft.merchant_id, text, path, free_only=True)
        )
        known = repository.categories(conn, it.lang, draft.merchant_id)

    def list_url(to: int) -> str:
        asked = {"q": text, "category": path, "chosen": "1" if chosen_only else "", "page": to}
        return f"{base}?{urlencode({key: value for key, value in asked.items() if value})}"

    return {
        "items": rows, "total": total, "free": free, "categories": known,
        "chosen": set(draft.item_ids), "q": text, "category": path, "page": number,
        "size": PAGE, "path": base, "target_path": f"/merchant/promote/{draft.id}/target",
        "list_url": list_url, "nothing": _NOTHING, "chosen_only": chosen_only,
    }  # fmt: skip


def _forecast(it: Context, draft: Draft) -> list[dict[str, float]]:
    """The predicted curve in major units, targets rising."""
    currency = it.services.currency
    points = it.services.forecast(draft.merchant_id, draft.item_ids, draft.budget_minor)
    return [
        {
            "target": float(p.target), "spend": major(p.spend_minor, currency),
            "gmv": major(p.gmv_minor, currency), "low": major(p.low, currency),
            "high": major(p.high, currency),
        }
        for p in points
    ]  # fmt: skip


def _target_page(it: Context, draft: Draft, status: int = 200, wrong: str = "") -> Any:
    curve = _forecast(it, draft)
    target = draft.target_roi or TARGET_DEFAULT
    targets = [p["target"] for p in curve]
    chart = Chart(
        "forecast",
        it.say(N_("Predicted spend and sales a day by target ROI")),
        [f"{t:g}" for t in targets],
        [
            Series(it.say(N_("Sales (GMV)")), [p["gmv"] for p in curve], "gmv"),
            Series(it.say(N_("Spend")), [p["spend"] for p in curve], "spend"),
            Series(
                it.say(N_("Likely range")), [p["high"] for p in curve], "gmv", "band",
                base=[p["low"] for p in curve],
            ),
        ],
        (it.services.currency,),
        x_kind="value",
        x_unit=it.say(N_("Target ROI")),
        empty=it.say(N_("A prediction needs a day of traffic; set the target you want.")),
        marks={"x": float(target)},
    )  # fmt: skip
    return it.page(
        "promote_target.html",
        status,
        curve=curve,
        forecast=chart,
        target=f"{target.normalize():f}",
        low=min([*targets, float(target)]) if targets else 1,
        high=max([*targets, float(target)]) if targets else 20,
        count=len(draft.item_ids),
        items_path=f"/merchant/promote/{draft.id}/items",
        wrong=wrong,
    )


def _time_page(
    it: Context, draft: Draft, given: dict[str, str], error: AdUnionError | None = None
) -> Any:
    currency = it.services.currency
    target = draft.target_roi or TARGET_DEFAULT
    points = it.services.forecast(draft.merchant_id, draft.item_ids, draft.budget_minor)
    near = min(points, key=lambda p: abs(float(p.target) - float(target)), default=None)
    with it.services.engine.connect() as conn:
        account = merchant_wallet(draft.merchant_id)
        wallet = it.services.ledger.balance(conn, account, currency).available_minor
    _, wrong, hint = explain(error, it.say) if error else ("", "", "")
    return it.page(
        "promote_time.html",
        error.status if error else 200,
        given=given,
        wrong=wrong,
        wrong_hint=hint,
        zone_name=str(zone_of(it.request.cookies.get("tz"))),
        count=len(draft.item_ids),
        target=float(target),
        predicted={"spend": near.spend_minor, "gmv": near.gmv_minor} if near else None,
        wallet=wallet,
        items_path=f"/merchant/promote/{draft.id}/items",
        target_path=f"/merchant/promote/{draft.id}/target",
    )


def money_text(minor: int | None, currency: str) -> str:
    """An amount as a form shows it."""
    return "" if minor is None else str(to_major(minor, currency))
