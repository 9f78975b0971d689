"""For the operator: try a text, see its needs with their evidence; look at and edit knowledge."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request

from adunion.kernel.errors import AdUnionError, invalid
from adunion.understanding.needs import KINDS, Knowledge, Reading
from adunion.understanding.needs.knowledge import PRODUCTS, SITUATIONS

from .components import Column, Empty, Table
from .context import Context
from .i18n import N_
from .security import Operator
from .views import redirect

router = APIRouter()
FILE_CHARS_MAX = 1_000_000
_KINDS = {
    "query": N_("A search"),
    "review": N_("A review"),
    "question": N_("A question"),
    "chat": N_("A line of live chat"),
}
_FILES = {SITUATIONS: N_("Situations"), PRODUCTS: N_("Products")}


@router.get("/operator/needs")
def needs(request: Request, _who: Operator) -> Any:
    """Try a text; and all that is known."""
    it = Context(request)
    return _page(it, it.text("file", 40) or SITUATIONS)


@router.post("/operator/needs")
def edit(
    request: Request,
    _who: Operator,
    file: Annotated[str, Form(max_length=40)],
    text: Annotated[str, Form(max_length=FILE_CHARS_MAX)] = "",
    keep: Annotated[str, Form(max_length=8)] = "",
) -> Any:
    """Check the operator's own file, and keep it if that was asked and it is right."""
    it = Context(request)
    _known_file(file)
    try:
        found = it.services.needs.check(file, text)
        if keep:
            it.services.needs.keep(file, text)
            return redirect("/operator/needs", file=file, done="knowledge")
    except AdUnionError as error:
        return _page(it, file, text, wrong=str(error), status=422)
    right = it.say(
        N_("Right: %(situations)s situations and %(products)s products with this file."),
        situations=it.fmt.number(len(found.situations)),
        products=it.fmt.number(len(found.products)),
    )
    return _page(it, file, text, right=right)


def _known_file(file: str) -> None:
    if file not in _FILES:
        raise invalid("file", f"No file {file!r}.", f"Choose from {', '.join(_FILES)}.")


def _page(
    it: Context, file: str, text: str | None = None, right: str = "", wrong: str = "",
    status: int = 200,
) -> Any:  # fmt: skip
    _known_file(file)
    said, kind = it.text("text", 500), it.text("kind", 20)
    kind = kind if kind in KINDS else "query"
    reading = None
    try:
        known = it.services.needs.knowledge()
        reading = it.services.needs.read(said, kind) if said else None
    except AdUnionError as error:  # a file that was changed by hand: here it can be mended
        known, wrong = it.services.needs.knowledge(own=False), str(error)
    return it.page(
        "needs.html",
        status,
        said=said,
        kind=kind,
        kinds={key: it.say(label) for key, label in _KINDS.items()},
        reading=reading,
        found=None if reading is None else _found(it, reading),
        files={name: it.say(label) for name, label in _FILES.items()},
        file=file,
        own=it.services.needs.own(file) if text is None else text,
        right=right,
        wrong=wrong,
        entries=_entries(it, file, known),
    )


def _found(it: Context, reading: Reading) -> Table:
    chinese = it.lang.startswith("zh")
    rows = [
        {
            "need": f"{need.zh} · {need.en}",
            "category": need.category_zh if chinese else need.category_en,
            "strength": need.strength,
            "why": need.why_zh if chinese else need.why_en,
            "evidence": "; ".join(f"{each.source}: {each.row}" for each in need.evidence),
            "items": "; ".join(item.title for item in need.items),
        }
        for need in reading.needs
    ]
    return Table(
        "needs",
        (
            Column("need", N_("Need"), sortable=False),
            Column("category", N_("Category"), sortable=False),
            Column("strength", N_("Strength"), "rate", sortable=False),
            Column("why", N_("Why"), "long", sortable=False),
            Column("evidence", N_("Evidence"), "long", sortable=False),
            Column("items", N_("Items"), "long", sortable=False),
        ),
        rows,
        it.services.currency,
        Empty(N_("No need in it"), reading.nothing or N_("Nothing was recognised.")),
    )


def _entries(it: Context, file: str, known: Knowledge) -> Table:
    chinese = it.lang.startswith("zh")
    wanted = it.text("find", 100).lower()
    names = [product.zh if chinese else product.en for product in known.products]
    if file == SITUATIONS:
        rows = [
            {
                "said": "; ".join(each.phrases),
                "needs": "; ".join(names[row] for row in each.needs),
                "why": each.why_zh if chinese else each.why_en,
                "line": f"{each.file.rpartition('/')[2]}:{each.line}",
            }
            for each in known.situations
        ]
        labels = (N_("What people say"), N_("What they need"))
    else:
        rows = [
            {
                "said": "; ".join(each.names),
                "needs": "; ".join(names[row] for row in each.goes_with),
                "why": known.categories[each.category][0 if chinese else 1],
                "line": f"{each.file.rpartition('/')[2]}:{each.line}",
            }
            for each in known.products
        ]
        labels = (N_("Product"), N_("What goes with it"))
    rows = [row for row in rows if wanted in " ".join(row.values()).lower()]
    return Table(
        "entries",
        (
            Column("said", labels[0], "long", sortable=False),
            Column("needs", labels[1], "long", sortable=False),
            Column("why", N_("Why") if file == SITUATIONS else N_("Category"), sortable=False),
            Column("line", N_("Line"), sortable=False),
        ),
        rows,
        it.services.currency,
        Empty(N_("No entry holds this"), N_("Look for something else, or add a line above.")),
    )
