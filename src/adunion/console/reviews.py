"""The merchant's reviews, from a file or pasted: what buyers praise and blame, and what to mend."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile

from adunion.bootstrap.readings import REVIEWS_MAX, ReviewsRead
from adunion.kernel.errors import AdUnionError
from adunion.understanding.reviews import Mined, Review, read_reviews

from .components import Chart, Column, Empty, Series, Stat, Table
from .context import Context
from .forms import Wrong
from .i18n import N_
from .security import Merchant

router = APIRouter(prefix="/merchant/content")
SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt")
ROWS = 15  # the page is not kept, so it shows no second one
FIRST = 3
_NAMED: dict[str, str | None] = {}


@router.get("")
def reviews(request: Request, _who: Merchant) -> Any:
    """A form for reviews, or what was read a moment ago."""
    it = Context(request)
    kept = it.kept()
    return _page(it) if kept is None else _answered(it, *kept)


@router.post("")
def read(
    request: Request,
    _who: Merchant,
    text: Annotated[str, Form()] = "",
    only: Annotated[str, Form()] = "",
    file: UploadFile | None = None,
) -> Any:
    """Read them; nothing of them is kept."""
    it = Context(request)
    try:
        rows = _rows(it, text, file)
    except AdUnionError as error:
        return _page(it, text, only, wrong={error.field or "text": error.message})
    wanted = only.strip()
    chosen = [row for row in rows if row.item == wanted] if wanted else rows
    if not chosen:
        missing = it.say(N_("None of the reviews names this item.")) if wanted else ""
        missing = missing or it.say(N_("Paste reviews, one a line, or choose a file."))
        return _page(it, text, only, wrong={"only" if wanted else "text": missing})
    try:
        found = it.services.readings.reviews(chosen[:REVIEWS_MAX])
    except AdUnionError as error:
        return _page(it, text, only, {"text": it.told(error)}, error.status)
    answer = text, only, found, len(chosen)
    it.keep(answer)
    return _answered(it, *answer)


def _answered(it: Context, text: str, only: str, found: ReviewsRead, count: int) -> Any:
    note = ""
    if count > REVIEWS_MAX:
        note = it.say(
            N_("The first %(count)s of %(all)s reviews were read."),
            count=it.fmt.number(REVIEWS_MAX), all=it.fmt.number(count),
        )  # fmt: skip
    return _page(it, text, only, found=found, note=note)


def _rows(it: Context, text: str, file: UploadFile | None) -> list[Review]:
    """The file's reviews, else the pasted lines. Raises AdUnionError by the form's field."""
    name = file.filename if file is not None and file.filename else ""
    suffix = PurePath(name).suffix.lower()
    data = file.file.read() if file is not None else b""
    if not data:
        return [Review(line.strip()) for line in text.split("\n") if line.strip()]
    if suffix not in SUFFIXES:
        kinds = " ".join(SUFFIXES)
        said = it.say(N_("Choose a file that ends in one of: %(kinds)s"), kinds=kinds)
        raise AdUnionError("invalid", said, 422, field="file")
    try:
        return read_reviews(data, suffix, _NAMED)
    except AdUnionError:
        said = it.say(
            N_(
                "No reviews were found in it. Give text in UTF-8 with one review a line, or a"
                " table with a column named text, review, comment, 评论 or 评价."
            )
        )
        raise AdUnionError("invalid", said, 422, field="file") from None


def _page(
    it: Context, text: str = "", only: str = "", wrong: dict[str, str] | None = None,
    status: int = 200, found: ReviewsRead | None = None, note: str = "",
) -> Any:  # fmt: skip
    shown = {} if found is None else shown_reading(it, found)
    return it.page(
        "reviews.html",
        422 if wrong and status == 200 else status,
        text=text,
        only=only,
        wrong=Wrong(wrong or {}),
        accept=",".join(SUFFIXES),
        most=REVIEWS_MAX,
        note=note,
        found=shown,
    )


def shown_reading(it: Context, found: ReviewsRead) -> dict[str, Any]:
    """What reviews say, as `what_they_say.html` shows it."""
    mined, told = found.mined, found.mined.as_dict()
    rows = {row["aspect"]: row for row in told["aspects"]}
    return {
        "figures": _figures(it, mined),
        "trend": _trend(it, mined) if len(mined.months) > 1 else None,
        "first": [_to_mend(it, rows[aspect]) for aspect in told["improve"][:FIRST]],
        "aspects": _aspects(it, told["aspects"][:ROWS]),
        "items": _items(it, found) if found.items else None,
    }


def _figures(it: Context, mined: Mined) -> list[Stat]:
    read = max(mined.reviews, 1)
    counts = mined.counts

    def stat(label: str, said: str, tone: str) -> Stat:
        count = it.say(N_("%(count)s of them"), count=it.fmt.number(counts[said]))
        return Stat(it.say(label), it.fmt.rate(counts[said] / read), count, tone)

    unread = it.say(N_("%(count)s without words"), count=it.fmt.number(mined.unread))
    return [
        Stat(it.say(N_("Reviews read")), it.fmt.number(mined.reviews), unread),
        stat(N_("Praise"), "positive", "good"),
        stat(N_("Mixed"), "mixed", ""),
        stat(N_("Blame"), "negative", "bad"),
    ]


def _trend(it: Context, mined: Mined) -> Chart:
    months = sorted(mined.months)
    totals = [mined.months[month].total() for month in months]
    blame = [100 * mined.months[month]["negative"] / total
             for month, total in zip(months, totals, strict=True)]  # fmt: skip
    return Chart(
        "months",
        it.say(N_("Share of reviews that blame, by month")),
        months,
        [
            Series(it.say(N_("Blame")), [round(share, 1) for share in blame], "bad"),
            Series(it.say(N_("Reviews")), [float(n) for n in totals], "organic", "bar", axis=1),
        ],
        ("%", it.say(N_("Reviews"))),
        x_kind="label",
        x_unit=it.say(N_("Month")),
    )


def _name(it: Context, aspect: dict[str, Any]) -> str:
    return str(aspect["zh" if it.lang.startswith("zh") else "en"])


def _to_mend(it: Context, row: dict[str, Any]) -> dict[str, Any]:
    """An aspect that is blamed: how often, and in whose words."""
    quotes = row["quotes"].get("negative", [])
    return {
        "name": _name(it, row),
        "negative": row["negative"],
        "mentions": row["mentions"],
        "share": row["negative"] / row["mentions"],
        "quotes": [quote["text"] for quote in quotes],
    }


def _aspects(it: Context, aspects: list[dict[str, Any]]) -> Table:
    rows = []
    for row in aspects:
        quotes = {said: row["quotes"].get(said, [{"text": ""}])[0]["text"] for said in
                  ("positive", "negative")}  # fmt: skip
        rows.append(
            {
                "name": _name(it, row),
                "mentions": row["mentions"],
                "positive": row["positive"],
                "negative": row["negative"],
                "share": row["negative"] / row["mentions"],
                "praise": quotes["positive"],
                "blame": quotes["negative"],
            }
        )
    columns = (
        Column("name", N_("Aspect"), sortable=False),
        Column("mentions", N_("Reviews"), "number", sortable=False),
        Column("positive", N_("Praise"), "number", sortable=False),
        Column("negative", N_("Blame"), "number", sortable=False),
        Column("share", N_("Share of blame"), "rate", sortable=False),
        Column("praise", N_("Praised in the words"), "long", sortable=False),
        Column("blame", N_("Blamed in the words"), "long", sortable=False),
    )
    empty = Empty(
        N_("No aspect is named"),
        N_("Aspects are sides of a product such as size, smell or battery."),
    )
    return Table("aspects", columns, rows, it.services.currency, empty)


def _items(it: Context, found: ReviewsRead) -> Table:
    rows = [
        {
            "item": item,
            "reviews": counts.total(),
            "positive": counts["positive"],
            "negative": counts["negative"],
            "share": counts["negative"] / counts.total(),
        }
        for item, counts in found.items[:ROWS]
    ]
    columns = (
        Column("item", N_("Item"), "long", sortable=False),
        Column("reviews", N_("Reviews"), "number", sortable=False),
        Column("positive", N_("Praise"), "number", sortable=False),
        Column("negative", N_("Blame"), "number", sortable=False),
        Column("share", N_("Share of blame"), "rate", sortable=False),
    )
    empty = Empty(N_("No items"), N_("A column named item, sku or 商品 tells them apart."))
    return Table("items", columns, rows, it.services.currency, empty)
