"""The demo store's cart and orders: buy, receive, send back."""

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
from .forms import read_whole
from .i18n import N_
from .repository import Visit
from .store_visit import answer, decide, open_store, report, save, visit_of, with_cookie
from .views import redirect, safe_path

router = APIRouter(prefix="/store", dependencies=[Depends(open_store)])
CART_MAX, QUANTITY_MAX, ORDERS_MAX = 50, 99, 50


@router.get("/cart")
def cart(request: Request) -> Any:
    """The cart, and what goes with it."""
    it = Context(request)
    return _cart(it, visit_of(it))


@router.post("/cart")
def change_cart(
    request: Request,
    item: Annotated[str, Form()] = "",
    quantity: Annotated[str, Form()] = "",
    set: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/store/cart",
) -> Response:
    """Add one, or set a quantity (`set`: though none was typed); 0 takes the item out."""
    it = Context(request)
    visit = visit_of(it)
    with it.services.engine.connect() as conn:
        known = repository.items_by_id(conn, [item.replace("\0", "")], it.lang).get(item)
    if known is None or known["withdrawn_at"] is not None:
        raise not_found("item", item[:40])
    before = visit.cart.get(item, 0)
    try:
        wanted = read_whole("quantity", quantity, 0, QUANTITY_MAX) if quantity or set else None
    except AdUnionError as error:
        shown: Response = _cart(it, visit, {item: (quantity, it.told(error))}, error.status)
        return shown
    after = min(before + 1, QUANTITY_MAX) if wanted is None else wanted
    if after == 0:
        visit.cart.pop(item, None)
    elif item in visit.cart or len(visit.cart) < CART_MAX:
        visit.cart[item] = after
    else:
        raise conflict("cart_full", f"A cart holds {CART_MAX} items.", "Buy or remove some first.")
    if after > before and item in visit.tokens:
        it.services.accept_one([{"type": "cart", "token": visit.tokens[item]}])
    save(it, visit)
    done = "carted" if after > before else None
    return with_cookie(it, visit, redirect(safe_path(next, "/store/cart"), done=done))


@router.post("/buy")
def buy(request: Request) -> Response:
    """Order and pay for the cart, one order for each merchant."""
    it = Context(request)
    visit = visit_of(it)
    by_merchant: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in _lines(it, visit):
        by_merchant[line["merchant_id"]].append(line)
    placed = [_order(it, visit, merchant, lines) for merchant, lines in by_merchant.items()]
    if not placed:
        return redirect("/store/cart")
    visit.cart.clear()
    visit.orders[:] = (placed + visit.orders)[:ORDERS_MAX]
    save(it, visit)
    where = f"/store/orders/{placed[0][0]}" if len(placed) == 1 else "/store/orders"
    return with_cookie(it, visit, redirect(where, done="ordered"))


@router.get("/orders")
def orders(request: Request) -> Any:
    """The visitor's orders."""
    it = Context(request)
    visit = visit_of(it)
    with it.services.engine.connect() as conn:
        found = [(id_, repository.order(conn, id_, it.lang)) for id_, _ in visit.orders]
    empty = Empty(
        N_("No orders yet"),
        N_("What you buy here will be listed, with where it is."),
        "/store",
        N_("To the store"),
    )
    return answer(it, visit, "store_orders.html", orders=found, q="", nothing=empty)


@router.get("/orders/{id}")
def order(request: Request, id: str) -> Any:
    """One order: where it is, and whom the platform credits for it."""
    it = Context(request)
    visit = visit_of(it)
    _own_order(visit, id)
    with it.services.engine.connect() as conn:
        found = repository.order(conn, id, it.lang)
        credits = of_orders(conn, [id])
        plans = repository.plan_names(conn, [c.plan_id for c in credits if c.plan_id])
    return answer(
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
    external, merchant = _own_order(visit_of(it), id)
    report(it, [{"type": "receipt", "order_id": external}], merchant)
    return redirect(f"/store/orders/{id}")


@router.post("/orders/{id}/return")
def send_back(
    request: Request,
    id: str,
    line: Annotated[int, Form(ge=1, le=200)],
) -> Response:
    """Return a line whole."""
    it = Context(request)
    external, merchant = _own_order(visit_of(it), id)
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
    report(it, [event], merchant)
    return redirect(f"/store/orders/{id}")


def _cart(
    it: Context, visit: Visit, wrong: dict[str, tuple[str, str]] | None = None, status: int = 200
) -> Any:
    """The cart's page; `wrong` is what was typed as an item's quantity, and why it is none."""
    lines = _lines(it, visit)
    slots = decide(it, visit, "cart", {"cart": [line["id"] for line in lines]}) if lines else []
    for line in lines:
        line["typed"], line["wrong"] = (wrong or {}).get(line["id"], (line["quantity"], ""))
    empty = Empty(
        N_("The cart is empty"),
        N_("Search the store and add something."),
        "/store",
        N_("To the store"),
    )
    return answer(
        it, visit, "store_cart.html", status, lines=lines, slots=slots, q="", nothing=empty,
        total=sum(line["amount_minor"] for line in lines),
    )  # fmt: skip


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
    results = report(
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
