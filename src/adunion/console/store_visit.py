"""The demo store's visitor: who, what is in the cart, and what the market decides for them."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from adunion.kernel.errors import AdUnionError, not_found

from . import repository
from .context import Context
from .repository import Visit

VISIT_COOKIE = "adu_click"  # also what a publisher's link sets, so that both join up
TOKENS_MAX = 100
_VISIT_LETTERS_MAX = 64


def open_store(request: Request) -> None:
    """404 where the market has no demo store."""
    if not Context(request).services.market.storefront:
        raise not_found("store", "/store")


def visit_of(it: Context) -> Visit:
    """The visitor by cookie; a new one where there is none, or a strange one."""
    known = it.request.cookies.get(VISIT_COOKIE, "")
    if not known or len(known) > _VISIT_LETTERS_MAX or not known.replace("_", "").isalnum():
        return Visit(it.services.ids("clk"))
    with it.services.engine.connect() as conn:
        return repository.visit(conn, known)


def save(it: Context, visit: Visit) -> None:
    """Keep the cart, the orders and the consent."""
    with it.services.engine.begin() as conn:
        repository.save_visit(conn, visit, it.services.clock.now())


def with_cookie(it: Context, visit: Visit, answer: Response) -> Response:
    """The answer, with a cookie for a visitor who has none."""
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


def answer(it: Context, visit: Visit, template: str, status: int = 200, **context: Any) -> Any:
    """A page of the store."""
    count = sum(visit.cart.values())
    page = it.page(template, status, bare=True, consent=visit.consent, cart_count=count, **context)
    return with_cookie(it, visit, page)


def decide(
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


def click(it: Context, visit: Visit, item_id: str, token: str) -> None:
    """Note a click, and keep its token for what follows of it."""
    results = it.services.accept_one([{"type": "click", "token": token}])
    if results[0]["status"] != "rejected":
        visit.tokens.pop(item_id, None)
        visit.tokens[item_id] = token
        for oldest in list(visit.tokens)[:-TOKENS_MAX]:
            del visit.tokens[oldest]
        save(it, visit)


def report(it: Context, events: list[dict[str, Any]], merchant: str) -> list[dict[str, Any]]:
    """Events of a merchant's shop. Raises AdUnionError where one is refused."""
    results = it.services.accept_one(events, merchant)
    for result in results:
        if result["status"] == "rejected":
            raise AdUnionError(result["code"], result["reason"], 409, hint=result.get("hint"))
    return results
