"""The demo storefront: all of it goes through the production decide and events."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from adunion.kernel.errors import not_found

from . import repository
from .context import Context
from .i18n import N_
from .messages import ATTRIBUTES
from .store_visit import answer, click, decide, open_store, save, visit_of, with_cookie
from .views import redirect, safe_path

router = APIRouter(prefix="/store", dependencies=[Depends(open_store)])
ATTRIBUTES_MAX = 8


@router.get("")
def home(request: Request) -> Any:
    """The feed."""
    it = Context(request)
    visit = visit_of(it)
    slots = decide(it, visit, "feed", {})
    return answer(
        it, visit, "store.html", slots=slots, q="", heading=it.say(N_("For you today")), sub=""
    )


@router.get("/search")
def search(request: Request) -> Any:
    """Results of a search, organic and sponsored in one ranking."""
    it = Context(request)
    visit, query = visit_of(it), it.text("q")
    slots = decide(it, visit, "search", {"query": query}) if query else []
    heading, sub = it.say(N_("Search")), ""
    if slots and it.services.says(query, [slot["item"] for slot in slots]):
        heading = it.say(N_("Results for “%(query)s”"), query=query)
    elif query:
        heading = it.say(N_("Nothing matches “%(query)s”"), query=query)
        sub = it.say(N_("Here is what is popular instead.")) if slots else ""
    return answer(it, visit, "store.html", slots=slots, q=query, heading=heading, sub=sub)


@router.get("/item/{id}")
def item(request: Request, id: str) -> Any:
    """An item's page; with a slot's token the click is noted first."""
    it = Context(request)
    visit = visit_of(it)
    if token := request.query_params.get("t"):
        click(it, visit, id, token[:512])
        return with_cookie(it, visit, redirect(f"/store/item/{id}"))
    with it.services.engine.connect() as conn:
        found = repository.items_by_id(conn, [id], it.lang).get(id)
        merchant = [found["merchant_id"]] if found else []
        names = repository.merchant_names(conn, merchant, it.lang)
    if found is None:
        raise not_found("item", id)
    slots = decide(it, visit, "feed", {"item": id}, 6)
    return answer(
        it,
        visit,
        "store_item.html",
        item=found,
        attributes=attribute_rows(it, found["attributes"]),
        q="",
        merchant=names.get(found["merchant_id"], ""),
        slots=[slot for slot in slots if slot["item"] != id],
    )


@router.post("/consent")
def consent(
    request: Request,
    agree: Annotated[bool, Form()],
    next: Annotated[str, Form(max_length=200)] = "/store",
) -> Response:
    """Personal results on or off."""
    it = Context(request)
    visit = visit_of(it)
    visit.consent = agree
    save(it, visit)
    return with_cookie(it, visit, redirect(safe_path(next, "/store")))


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
