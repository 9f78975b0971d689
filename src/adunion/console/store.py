"""The demo storefront: all of it goes through the production decide and events."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from adunion.attribution import Credit, of_orders, why
from adunion.kernel.errors import AdUnionError, conflict, not_found

from . import repository
from .components import Empty
from .context import Context
from .i18n import N_
from .messages import ATTRIBUTES
from .repository import Visit
from .views import redirect, safe_path


def _open(request: Request) -> None:
    if not Context(request).services.market.storefront:
        raise not_found("store", "/store")


router = APIRouter(prefix="/store", dependencies=[Depends(_open)])
VISIT_COOKIE = "adu_click"  # also what a publisher's link sets, so that both join up
CART_MAX, QUANTITY_MAX, ORDERS_MAX, TOKENS_MAX = 50, 99, 50, 100
ATTRIBUTES_MAX = 8
_VISIT_LETTERS_MAX = 64


@router.get("")
def home(request: Request) -> Any:
    """The feed."""
    it = Context(request)
    visit = _visit(it)
    slots = _decide(it, visit, "feed", {})
    return _answer(
        it, visit, "store.html", slots=slots, q="", heading=it.say(N_("For you today")), sub=""
    )


@router.get("/search")
def search(request: Request) -> Any:
    """Results of a search, organic and sponsored in one ranking."""
    it = Context(request)
    visit, query = _visit(it), it.text("q")
    slots = _decide(it, visit, "search", {"query": query}) if query else []
    heading, sub = it.say(N_("Search")), ""
    if slots and it.services.says(query, [slot["item"] for slot in slots]):
        heading = it.say(N_("Results for “%(query)s”"), query=query)
    elif query:
        heading = it.say(N_("Nothing matches “%(query)s”"), query=query)
        sub = it.say(N_("Here is what is popular instead.")) if slots else ""
    return _answer(it, visit, "store.html", slots=slots, q=query, heading=heading, sub=sub)


@router.get("/item/{id}")
def item(request: Request, id: str) -> Any:
    """An item's page; with a slot's token the click is noted first."""
    it = Context(request)
    visit = _visit(it)
    if token := request.query_params.get("t"):
        _click(it, visit, id, token[:512])
        return _with_cookie(it, visit, redirect(f"/store/item/{id}"))
    with it.services.engine.connect() as conn:
        found = repository.items_by_id(conn, [id], it.lang).get(id)
        merchant = [found["merchant_id"]] if found else []
        names = repository.merchant_names(conn, merchant, it.lang)
    if found is None:
        raise not_found("item", id)
    slots = _decide(it, visit, "feed", {"item": id}, 6)
    return _answer(
        it,
        visit,
        "store_item.html",
        item=found,
        attributes=attribute_rows(it, found["attributes"]),
        q="",
        merchant=names.get(found["merchant_id"], ""),
        slots=[slot for slot in slots if slot["item"] != id],
    )


@router.get("/cart")
def cart(request: Request) -> Any:
    """The cart, and what goes with it."""
    it = Context(request)
    visit = _visit(it)
    lines = _lines(it, visit)
    slots = _decide(it, visit, "cart", {"cart": [line["id"] for line in lines]}) if lines else []
    total = sum(line["amount_minor"] for line in lines)
    empty = Empty(
        N_("The cart is empty"),
        N_("Search the store and add something."),
        "/store",
        N_("To the store"),
    )
    return _answer(
        it, visit, "store_cart.html", lines=lines, total=total, slots=slots, q="", nothing=empty
    )


@router.post("/cart")
def change_cart(
    request: Request,
    item: Annotated[str, Form(max_length=40)],
    quantity: Annotated[int | None, Form(ge=0, le=QUANTITY_MAX)] = None,
    next: Annotated[str, Form(max_length=200)] = "/store/cart",
) -> Response:
    """Add one, or set a quantity; 0 takes the item out."""
    it = Context(request)
    visit = _visit(it)
    with it.services.engine.connect() as conn:
        known = repository.items_by_id(conn, [item], it.lang).get(item)
    if known is None or known["withdrawn_at"] is not None:
        raise not_found("item", item)
    before = visit.cart.get(item, 0)
    after = min(before + 1, QUANTITY_MAX) if quantity is None else quantity
    if after == 0:
        visit.cart.pop(item, None)
    elif item in visit.cart or len(visit.cart) < CART_MAX:
        visit.cart[item] = after
    else:
        raise conflict("cart_full", f"A cart holds {CART_MAX} items.", "Buy or remove some first.")
    if after > before and item in visit.tokens:
        it.services.accept_one([{"type": "cart", "token": visit.tokens[item]}])
    _save(it, visit)
    done = "carted" if after > before else None
    return _with_cookie(it, visit, redirect(safe_path(next, "/store/cart"), done=done))


@router.post("/buy")
def buy(request: Request) -> Response:
    """Order and pay for the cart, one order for each merchant."""
    it = Context(request)
    visit = _visit(it)
    by_merchant: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in _lines(it, visit):
        by_merchant[line["merchant_id"]].append(line)
    placed = [_order(it, visit, merchant, lines) for merchant, lines in by_merchant.items()]
    if not placed:
        return redirect("/store/cart")
    visit.cart.clear()
    visit.orders[:] = (placed + visit.orders)[:ORDERS_MAX]
    _save(it, visit)
    where = f"/store/orders/{placed[0][0]}" if len(placed) == 1 else "/store/orders"
    return _with_cookie(it, visit, redirect(where, done="ordered"))


@router.get("/orders")
def orders(request: Request) -> Any:
    """The visitor's orders."""
    it = Context(request)
    visit = _visit(it)
    with it.services.engine.connect() as conn:
        found = [(id_, repository.order(conn, id_, it.lang)) for id_, _ in visit.orders]
    empty = Empty(
        N_("No orders yet"),
        N_("What you buy here will be listed, with where it is."),
        "/store",
        N_("To the store"),
    )
    return _answer(it, visit, "store_orders.html", orders=found, q="", nothing=empty)


@router.get("/orders/{id}")
def order(request: Request, id: str) -> Any:
    """One order: where it is, and whom the platform credits for it."""
    it = Context(request)
    visit = _visit(it)
    _own_order(visit, id)
    with it.services.engine.connect() as conn:
        found = repository.order(conn, id, it.lang)
        credits = of_orders(conn, [id])
        plans = repository.plan_names(conn, [c.plan_id for c in credits if c.plan_id])
    return _answer(
        it,
        visit,
        "store_order.html",
        q="",
        id=id,
        order=found,
        steps=_steps(found) if found else {},
        credits=[_why(it, c, plans) for c in credits],
    )


@router.post("/orders/{id}/receive")
def receive(request: Request, id: str) -> Response:
    """The goods arrived."""
    it = Context(request)
    external, merchant = _own_order(_visit(it), id)
    _report(it, [{"type": "receipt", "order_id": external}], merchant)
    return redirect(f"/store/orders/{id}")


@router.post("/orders/{id}/return")
def send_back(
    request: Request,
    id: str,
    line: Annotated[int, Form(ge=1, le=200)],
) -> Response:
    """Return a line whole."""
    it = Context(request)
    external, merchant = _own_order(_visit(it), id)
    with it.services.engine.connect() as conn:
        found = repository.order(conn, id, it.lang)
    lines = {one["line"]: one for one in found["lines"]} if found else {}
    if line not in lines or not lines[line]["amount_minor"]:
        raise not_found("order line", str(line))
    event = {
        "type": "refund",
        "order_id": external,
        "line": line,
        "amount_minor": lines[line]["amount_minor"],
    }
    _report(it, [event], merchant)
    return redirect(f"/store/orders/{id}")


@router.post("/consent")
def consent(
    request: Request,
    agree: Annotated[bool, Form()],
    next: Annotated[str, Form(max_length=200)] = "/store",
) -> Response:
    """Personal results on or off."""
    it = Context(request)
    visit = _visit(it)
    visit.consent = agree
    _save(it, visit)
    return _with_cookie(it, visit, redirect(safe_path(next, "/store")))


def _visit(it: Context) -> Visit:
    known = it.request.cookies.get(VISIT_COOKIE, "")
    if not known or len(known) > _VISIT_LETTERS_MAX or not known.replace("_", "").isalnum():
        return Visit(it.services.ids("clk"))
    with it.services.engine.connect() as conn:
        return repository.visit(conn, known)


def _save(it: Context, visit: Visit) -> None:
    with it.services.engine.begin() as conn:
        repository.save_visit(conn, visit, it.services.clock.now())


def _with_cookie(it: Context, visit: Visit, answer: Response) -> Response:
    if it.request.cookies.get(VISIT_COOKIE) != visit.id:
        secure = it.request.url.scheme == "https"
        answer.set_cookie(
            VISIT_COOKIE,
            visit.id,
            max_age=15 * 86_400,
            httponly=True,
            samesite="lax",
            secure=secure,
        )
    return answer


def _answer(it: Context, visit: Visit, template: str, **context: Any) -> Any:
    page = it.page(
        template, bare=True, consent=visit.consent, cart_count=sum(visit.cart.values()), **context
    )
    return _with_cookie(it, visit, page)


def _decide(
    it: Context, visit: Visit, placement: str, context: dict[str, Any], slots: int | None = None
) -> list[dict[str, Any]]:
    """The slots that the market fills for this visitor; none where it does not know the place."""
    body: dict[str, Any] = {
        "placement": placement,
        "pseudonym": visit.id,
        "context": context,
        "locale": it.lang.replace("_", "-"),
        "consent": visit.consent,
        "explain": True,  # so that every page of the demo store can be looked up
    }
    if slots is not None:
        body["slots"] = slots
    try:
        answered: list[dict[str, Any]] = it.services.decide_one(body)["slots"]
    except AdUnionError as error:
        if error.code == "no_such_placement":
            return []
        raise
    return answered


def _click(it: Context, visit: Visit, item_id: str, token: str) -> None:
    results = it.services.accept_one([{"type": "click", "token": token}])
    if results[0]["status"] != "rejected":
        visit.tokens.pop(item_id, None)
        visit.tokens[item_id] = token
        for oldest in list(visit.tokens)[:-TOKENS_MAX]:
            del visit.tokens[oldest]
        _save(it, visit)


def _lines(it: Context, visit: Visit) -> list[dict[str, Any]]:
    with it.services.engine.connect() as conn:
        known = repository.items_by_id(conn, list(visit.cart), it.lang)
    return [
        known[id_] | {"quantity": quantity, "amount_minor": known[id_]["price_minor"] * quantity}
        for id_, quantity in visit.cart.items()
        if id_ in known and known[id_]["withdrawn_at"] is None
    ]


def _order(
    it: Context, visit: Visit, merchant: str, lines: list[dict[str, Any]]
) -> tuple[str, str]:
    """Place and pay one order: (its id, `external id|merchant`).

    With consent the visitor's pseudonym says who bought; without, the token of the click does,
    as no two requests of a stranger have the same pseudonym.
    """
    external = "S-" + it.services.ids("ord")[4:]
    token = next((visit.tokens[one["id"]] for one in lines if one["id"] in visit.tokens), None)
    who = {"token": token} if token and not visit.consent else {"shopper": visit.id}
    total = sum(line["amount_minor"] for line in lines)
    results = _report(
        it,
        [
            {
                "type": "order",
                "order_id": external,
                "currency": lines[0]["currency"],
                **who,
                "lines": [
                    {
                        "item": line["id"],
                        "quantity": line["quantity"],
                        "amount_minor": line["amount_minor"],
                    }
                    for line in lines
                ],
            },
            {"type": "payment", "order_id": external, "amount_minor": total},
        ],
        merchant,
    )
    return results[0]["order"], f"{external}|{merchant}"


def _report(it: Context, events: list[dict[str, Any]], merchant: str) -> list[dict[str, Any]]:
    results = it.services.accept_one(events, merchant)
    for result in results:
        if result["status"] == "rejected":
            raise AdUnionError(result["code"], result["reason"], 409, hint=result.get("hint"))
    return results


def attribute_rows(it: Context, attributes: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, value) as the page says them: `size_en` is what an English reader sees of `size`."""
    rows = []
    for name, value in attributes.items():
        if name.endswith("_en"):
            continue
        english = attributes.get(f"{name}_en") if it.lang == "en" else None
        shown = str(english or value).strip()
        if shown:
            rows.append((it.say(ATTRIBUTES.get(name.lower(), name)), shown))
    return rows[:ATTRIBUTES_MAX]


def _own_order(visit: Visit, order_id: str) -> tuple[str, str]:
    for id_, who in visit.orders:
        if id_ == order_id:
            external, _, merchant = who.partition("|")
            return external, merchant
    raise not_found("order", order_id)


def _steps(order: dict[str, Any]) -> dict[str, Any]:
    """Time of payment and receipt, and what was returned by line."""
    steps: dict[str, Any] = {"payment": None, "receipt": None, "refunds": defaultdict(int)}
    for step in order["steps"]:
        if step["step"] == "refund":
            steps["refunds"][step["line"]] += step["amount_minor"]
        else:
            steps[step["step"]] = step["at"]
    return steps


def _why(it: Context, credit: Credit, plans: dict[str, str]) -> str:
    said = why(credit, it.lang)
    if credit.plan_id and credit.plan_id in plans:
        said = said.replace(credit.plan_id, f"“{plans[credit.plan_id]}”")
    return said
