"""The merchant's titles in their parts, with what to mend: those of its items, or pasted ones."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request

from adunion.advice import TITLE_ADVICE
from adunion.bootstrap.readings import TITLES_MAX
from adunion.kernel.errors import AdUnionError
from adunion.understanding.tagging import Tag, TaggedTitle

from . import repository
from .components import Empty, Stat
from .context import Context, party
from .i18n import N_
from .repository import ItemFilter
from .security import Merchant

router = APIRouter(prefix="/merchant/content/titles")
SHOWN = 25
TAGS = {
    Tag.PRODUCT: N_("Product"),
    Tag.BRAND: N_("Brand"),
    Tag.MODEL: N_("Model"),
    Tag.ATTRIBUTE: N_("Attribute"),
}
_NO_ITEMS = Empty(
    N_("No items yet"), N_("Paste titles above; those of your items appear once there are some.")
)


@router.get("")
def own_titles(request: Request, who: Merchant) -> Any:
    """Titles of the newest items, those with most to mend first; or those read a moment ago."""
    it = Context(request)
    kept = it.kept()
    return _own(it, party(who)) if kept is None else _page(it, *kept, pasted=True)


@router.post("")
def read(request: Request, who: Merchant, titles: Annotated[str, Form()] = "") -> Any:
    """Pasted titles, one a line; nothing of them is kept."""
    it = Context(request)
    lines = [line.strip() for line in titles.split("\n") if line.strip()]
    if not lines or len(lines) > TITLES_MAX:
        said = it.say(
            N_("Paste 1 to %(most)s titles, one a line; these are %(count)s."),
            most=it.fmt.number(TITLES_MAX), count=it.fmt.number(len(lines)),
        )  # fmt: skip
        return _own(it, party(who), titles, said, 422)
    try:
        found = it.services.readings.titles(lines)
    except AdUnionError as error:
        return _own(it, party(who), titles, it.told(error), error.status)
    answer = titles, [(read, codes, "") for read, codes in found]
    it.keep(answer)
    return _page(it, *answer, pasted=True)


def _own(
    it: Context, merchant_id: str, titles: str = "", wrong: str = "", status: int = 200
) -> Any:
    wanted = ItemFilter(merchant_id)
    with it.services.engine.connect() as conn:
        items = repository.items_page(conn, wanted, "zh_CN", "", 0, TITLES_MAX)
    try:
        found = it.services.readings.titles([item["title"] for item in items])
    except AdUnionError as error:
        wrong, status = wrong or it.told(error), error.status
        return _page(it, titles, [], wrong=wrong, status=status)
    rows = [(*each, item["id"]) for each, item in zip(found, items, strict=True)]
    rows.sort(key=lambda row: -len(row[1]))
    return _page(it, titles, rows, wrong=wrong, status=status)


def _page(
    it: Context, titles: str, rows: list[tuple[TaggedTitle, list[str], str]], *,
    pasted: bool = False, wrong: str = "", status: int = 200,
) -> Any:  # fmt: skip
    return it.page(
        "titles.html",
        status,
        titles=titles,
        wrong=wrong,
        most=TITLES_MAX,
        pasted=pasted,
        figures=_figures(it, rows),
        tags={str(tag): it.say(label) for tag, label in TAGS.items()},
        rows=[_row(it, *row) for row in (rows if pasted else rows[:SHOWN])],
        count=len(rows),
        nothing=_NO_ITEMS,
    )


def _figures(it: Context, rows: list[tuple[TaggedTitle, list[str], str]]) -> list[Stat]:
    if not rows:
        return []
    judged = [read for read, codes, _ in rows if "not_chinese" not in codes]
    well = sum(not codes for _, codes, _ in rows)
    stats = [
        Stat(it.say(N_("Titles read")), it.fmt.number(len(rows)),
             it.say(N_("%(count)s with nothing to mend"), count=it.fmt.number(well)))
    ]  # fmt: skip
    for tag, label in ((Tag.PRODUCT, N_("Name the product")), (Tag.BRAND, N_("Name a brand")),
                       (Tag.ATTRIBUTE, N_("Name an attribute"))):  # fmt: skip
        share = sum(bool(read.texts(tag)) for read in judged) / len(judged) if judged else None
        stats.append(Stat(it.say(label), it.fmt.rate(share)))
    return stats


def _row(it: Context, read: TaggedTitle, codes: list[str], item_id: str) -> dict[str, Any]:
    """The title as pieces of (text, tag or ""), and the advice in words.

    A title that is not Chinese is one piece: its parts would be guesses.
    """
    pieces, at = [], 0
    for span in () if "not_chinese" in codes else read.spans:
        pieces += [(read.title[at : span.start], ""), (span.text, str(span.tag))]
        at = span.end
    pieces.append((read.title[at:], ""))
    advice = [it.say(TITLE_ADVICE[code]) for code in codes]
    return {"pieces": [p for p in pieces if p[0]], "advice": advice, "item": item_id}
