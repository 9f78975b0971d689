"""What a page is about: for publishers with items that fit, for the operator its brand safety."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request

from adunion.bootstrap.readings import PAGE_CHARS_MAX, PageRead
from adunion.kernel.errors import AdUnionError
from adunion.understanding.needs import Said

from . import repository
from .components import Column, Empty, Stat, Table
from .context import Context
from .i18n import N_
from .security import Operator, Publisher

router = APIRouter()
TOP = 12
KINDS = {"page": N_("A page or an article"), "chat": N_("A live chat")}
SAFETY = {
    "safe": (N_("Safe"), "good", N_("goods may stand beside it")),
    "caution": (N_("Caution"), "warn", N_("some brands would not stand beside it")),
    "unsafe": (N_("Unsafe"), "bad", N_("nothing is sold beside it")),
}
MOODS = {
    "excited": N_("excited"), "glad": N_("glad"), "calm": N_("calm"), "sad": N_("sad"),
}  # fmt: skip


@router.get("/publisher/page")
def publishers_page(request: Request, _who: Publisher) -> Any:
    """A form for a page of the publisher's."""
    return _form(Context(request), goods=True)


@router.post("/publisher/page")
def read_publishers_page(
    request: Request,
    _who: Publisher,
    text: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "page",
) -> Any:
    """What it is about, and items to link to."""
    return _read(Context(request), text, kind, goods=True)


@router.get("/operator/safety")
def safety(request: Request, _who: Operator) -> Any:
    """A form for any page."""
    return _form(Context(request), goods=False)


@router.post("/operator/safety")
def read_safety(
    request: Request,
    _who: Operator,
    text: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "page",
) -> Any:
    """Whether goods may stand beside it, and the words that say so."""
    return _read(Context(request), text, kind, goods=False)


def _form(it: Context, *, goods: bool) -> Any:
    """Empty, or with what was read a moment ago."""
    text, kind, found = it.kept() or ("", "page", None)
    return _page(it, text, kind, found=found, goods=goods)


def _read(it: Context, text: str, kind: str, *, goods: bool) -> Any:
    kind = kind if kind in KINDS else "page"
    wrong, status = "", 422
    if not any(letter.isalpha() for letter in text):
        wrong = it.say(N_("Paste the text or the HTML of a page with words on it."))
    elif len(text) > PAGE_CHARS_MAX:
        wrong = it.say(
            N_("This is longer than %(most)s characters: paste the part that people read."),
            most=it.fmt.number(PAGE_CHARS_MAX),
        )
    if wrong:
        return _page(it, text, kind, wrong, status, goods=goods)
    try:
        said: Said = "chat" if kind == "chat" else "review"
        found = it.services.readings.page(text, said, TOP if goods else 0)
    except AdUnionError as error:
        bare = error.status == 422
        wrong = it.say(N_("No readable words were found in it.")) if bare else it.told(error)
        return _page(it, text, kind, wrong, error.status, goods=goods)
    it.keep((text, kind, found))
    return _page(it, text, kind, found=found, goods=goods)


def _page(
    it: Context, text: str = "", kind: str = "page", wrong: str = "", status: int = 200, *,
    goods: bool, found: PageRead | None = None,
) -> Any:  # fmt: skip
    return it.page(
        "fitting.html",
        status,
        goods=goods,
        text=text,
        kind=kind,
        kinds={key: it.say(label) for key, label in KINDS.items()},
        wrong=wrong,
        found=None if found is None else _found(it, found, goods=goods),
    )


def _found(it: Context, found: PageRead, *, goods: bool) -> dict[str, Any]:
    read, chinese = found.reading, it.lang.startswith("zh")

    def name(each: Any) -> str:
        return str(each.zh if chinese else each.en)

    label, tone, means = SAFETY[read.safety]
    figures = [
        Stat(it.say(N_("Brand safety")), it.say(label), it.say(means), tone),
        Stat(it.say(N_("Language")), read.language,
             it.say(N_("%(count)s characters"), count=it.fmt.number(read.characters))),
        Stat(it.say(N_("Mood")), it.say(MOODS[read.mood])),
    ]  # fmt: skip
    return {
        "figures": figures,
        "safety": read.safety,
        "topics": [(name(each), each.share, each.words) for each in read.topics],
        "concerns": [
            (name(each), it.say(SAFETY[each.level][0]), SAFETY[each.level][1], each.words)
            for each in read.concerns
        ],
        "categories": [(name(each), each.fit) for each in read.categories],
        "needs": [
            (name(each), each.why_zh if chinese else each.why_en, each.strength)
            for each in read.needs
        ],
        "items": _items(it, found, chinese) if goods else None,
    }


def _items(it: Context, found: PageRead, chinese: bool) -> Table:
    with it.services.engine.connect() as conn:
        known = repository.items_by_id(conn, [one.id for one in found.items], it.lang)
    rows = [
        known[one.id] | {"need": found.zh.get(one.need, one.need) if chinese else one.need}
        for one in found.items
        if one.id in known
    ]
    empty = Empty(
        N_("Nothing of the market fits"),
        N_("Nothing is sold beside an unsafe page; of other pages, add what it is about."),
    )
    columns = (
        Column("title", N_("Item"), "item", "/store/item/{id}", sortable=False),
        Column("need", N_("Fits because of"), sortable=False),
        Column("price_minor", N_("Price"), "money", sortable=False),
        Column("link_it", N_("Make a link"), "actions", sortable=False),
    )
    return Table("items", columns, rows, it.services.currency, empty)
