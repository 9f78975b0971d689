"""A publisher's selection of products, the trends behind it, and a page for each trend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request

from adunion.advice import Wish
from adunion.kernel.errors import AdUnionError, not_found
from adunion.kernel.money import to_minor

from . import repository
from .components import Chart, Column, Empty, Series, Stat, Table
from .context import Context, party
from .i18n import N_
from .security import Publisher

router = APIRouter(prefix="/publisher")
TOP, LEFT = 20, 10
"""Products chosen, and of those left out as many as are shown."""
RATES = (0, 500, 800, 1_000, 1_500, 2_000)
FLAGS = ("0", "1")
RATE_MAX = 10_000
"""Of commissions, ten-thousandths."""
FACTORS = {
    "need": N_("the need for it is rising"),
    "fit": N_("your audience wants it %(times)s times as much"),
    "appeal": N_("clicked %(times)s times as often"),
    "orders": N_("bought %(times)s times as often when clicked"),
    "worth": N_("an order brings %(times)s times as much"),
    "commission": N_("pays %(times)s times the commission"),
    "experience": N_("buyers are happier with it"),
}
"""Beside the middle one of the items looked at."""
RISES = {"topic": N_("rising topic “%(name)s”"), "season": N_("season: %(name)s")}
WHY = {
    "out of stock": N_("out of stock"), "no commission": N_("no commission"),
    "experience": N_("buyers are often disappointed"),
    "merchant cap": N_("enough of this merchant"), "category cap": N_("enough of this category"),
    "another variant is chosen": N_("another variant is chosen"),
    "below the last place": N_("below the last place"),
}  # fmt: skip
_NO_SUCH = N_(
    "The filter “%(name)s” has no value “%(value)s”; it is left out. There are: %(there)s."
)
UNSAFE = {
    "death": N_("death or grave illness"), "crime": N_("crime or court"),
    "disaster": N_("disaster or accident"), "politics": N_("politics or war"),
    "harm": N_("harmful or faulty goods"),
}  # fmt: skip
REASONS = {
    "product": N_("names a product"), "buy": N_("speaks of buying"),
    "maker": N_("names a maker"), "model": N_("names a model"),
    "category": N_("the list's category"), "talk:finance": N_("finance"),
    "talk:sport": N_("sport"), "talk:stage": N_("film, music, celebrities"),
    "nothing": N_("no word of goods"),
}  # fmt: skip
VERDICTS = {"yes": N_("goods"), "maybe": N_("perhaps goods"), "no": N_("no goods")}
_NO_TRENDS = Empty(
    N_("No trends yet"),
    N_("The operator takes topics in with: adunion trends import FILE"),
)


@router.get("/selection")
def selection(request: Request, who: Publisher) -> Any:
    """Today's potential products, with reasons and what was left out."""
    it = Context(request)
    with it.services.engine.connect() as conn:
        known = repository.categories(conn, it.lang)
    wish, wrong = _wish(it, {path: name for path, name, _ in known})
    found = it.services.selections.of(party(who), wish)
    picks = [_row(it, one) for one in found["picks"]]
    left = [_row(it, one) | {"why": it.say(WHY[one["why"]])} for one in found["left"][:LEFT]]
    return it.page(
        "selection.html",
        wrong=wrong,
        wish=wish,
        price_min=it.text("price_min", 20),
        price_max=it.text("price_max", 20),
        categories=known,
        rates=sorted({*RATES, wish.rate_min_bps}),
        figures=_figures(it, found),
        picks=_table(it, "picks", picks, chosen=True),
        left=_table(it, "left", left, chosen=False),
    )


@router.get("/trends")
def trends(request: Request, who: Publisher) -> Any:
    """What people talk about, rising topics first, and early warnings of seasons."""
    del who
    it = Context(request)
    board = it.services.selections.board()
    names = _category_names(it)
    rows = [_topic(it, one, names) for one in board.topics] if board else []
    sold = [row for row in rows if row["verdict"] != "no"]
    goods_only = it.text("goods") == "1"
    columns = (
        Column("title", N_("Topic"), "long", "/publisher/trends/{slug}"),
        Column("place", N_("Place"), "number"),
        Column("state", N_("Course"), sortable=False),
        Column("heat", N_("Heat"), "number"),
        Column("peak_heat", N_("Expected peak"), "number"),
        Column("peak_at", N_("Peak at")),
        Column("life_hours", N_("Hours left"), "ratio"),
        Column("top", N_("Top ten in 6 h"), "rate"),
        Column("goods", N_("Goods"), "long", sortable=False),
    )
    return it.page(
        "trends.html",
        at=board.at.replace("T", " ") + ":00" if board else "",
        figures=[
            Stat(it.say(N_("Rising topics")), it.fmt.number(sum(r["rising"] for r in rows))),
            Stat(
                it.say(N_("With goods")),
                it.fmt.number(len(sold)),
                it.say(N_("of %(count)s listed"), count=it.fmt.number(len(rows))),
            ),
            Stat(it.say(N_("Seasons near")), it.fmt.number(len(board.warnings) if board else 0)),
        ],
        goods_only=goods_only,
        warnings=[_warning(it, one) for one in board.warnings] if board else [],
        topics=Table(
            "topics", columns, sold if goods_only else rows, it.services.currency, _NO_TRENDS
        ),
    )


@router.get("/trends/{slug}")
def trend(request: Request, who: Publisher, slug: str) -> Any:
    """One topic: heat so far and forecast, why goods are or are not linked, and which."""
    del who
    it = Context(request)
    board = it.services.selections.board()
    one = next((one for one in board.topics if one["slug"] == slug), None) if board else None
    if board is None or one is None:
        raise not_found("trend", slug)
    with it.services.engine.connect() as conn:
        items = repository.items_by_id(conn, [each["id"] for each in one["items"]], it.lang)
    rows = [
        items[each["id"]] | {"strength": each["strength"]}
        for each in one["items"]
        if each["id"] in items
    ]
    linked = Table(
        "items",
        (
            Column("title", N_("Item"), "item", "/store/item/{id}"),
            Column("category", N_("Category"), "long"),
            Column("price_minor", N_("Price"), "money"),
            Column("strength", N_("How surely"), "rate"),
            Column("link_it", N_("Make a link"), "actions", sortable=False),
        ),
        rows,
        it.services.currency,
        Empty(
            N_("No items are linked"),
            N_("This topic is no commerce, or nothing in the market answers it."),
        ),
    )
    return it.page(
        "trend.html",
        one=one,
        row=_topic(it, one, _category_names(it)),
        figures=_course(it, one),
        course=_chart(it, one, board.at),
        reasons=[_reason(it, each) for each in one["reasons"]],
        unsafe=it.say(UNSAFE[one["unsafe"]]) if one["unsafe"] else "",
        linked=linked,
    )


def _wish(it: Context, categories: Mapping[str, str]) -> tuple[Wish, list[str]]:
    """What the URL asks for without what cannot be, and of that: what, and what there is.

    `categories` are names in the reader's language by path.
    """
    tops = it.fmt.listed([name for path, name in categories.items() if " > " not in path])
    rate, category = it.text("rate"), it.text("category")
    whole = rate.isascii() and rate.isdigit() and int(rate) <= RATE_MAX
    flags = it.fmt.listed(FLAGS)
    asked = (
        (N_("Category"), category, category in categories, tops),
        (N_("Least commission"), rate, whole,
         it.say(N_("0 to %(most)s, in hundredths of a per cent"), most=it.fmt.number(RATE_MAX))),
        (N_("Rising only"), it.text("rising"), it.text("rising") in FLAGS, flags),
        (N_("Without a link yet"), it.text("new"), it.text("new") in FLAGS, flags),
    )  # fmt: skip
    wrong = [it.say(_NO_SUCH, name=it.say(name), value=value, there=there)
             for name, value, known, there in asked if value and not known]  # fmt: skip
    rest = Wish(
        TOP, category if category in categories else "", int(rate) if whole else 0,
        rising_only=it.text("rising") == "1", new_only=it.text("new") == "1",
    )  # fmt: skip
    try:
        least, most = _price(it, "price_min"), _price(it, "price_max")
        return replace(rest, price_min_minor=least or 0, price_max_minor=most), wrong
    except AdUnionError:
        return rest, [*wrong, it.say(N_("Give prices as numbers, the least first."))]


def _price(it: Context, name: str) -> int | None:
    text = it.text(name, 20).replace(",", "")
    return to_minor(text, it.services.currency, exact=False) if text else None


def _row(it: Context, one: dict[str, Any]) -> dict[str, Any]:
    """An item of the selection as its table shows it."""
    english = it.lang == "en"
    found = one | {
        "id": one["item_id"],
        "image_url": "",
        "title": (one["title_en"] if english else "") or one["title"],
        "rate": one["rate_bps"] / 10_000,
    }
    if "reasons" in one:
        reasons = [
            it.say(FACTORS[name], times=it.fmt.ratio(one["factors"][name], 1))
            for name in one["reasons"][:3]
        ]  # fmt: skip
        need = one["need"]
        if need:
            named = need["en"] if english else need["zh"]
            reasons.insert(0, it.say(RISES[need["kind"]], name=named))
        found["why"] = " · ".join(reasons)
        found["trend"] = need["slug"] if need and need["kind"] == "topic" else None
    return found


def _table(it: Context, id_: str, rows: list[dict[str, Any]], *, chosen: bool) -> Table:
    columns = [
        Column("title", N_("Item"), "item", "/store/item/{id}"),
        Column("price_minor", N_("Price"), "money"),
        Column("rate", N_("Commission rate"), "rate"),
        Column("why", N_("Why") if chosen else N_("Left out because"), "long", sortable=False),
    ]
    if chosen:
        columns.insert(3, Column("earns_minor", N_("Earns per 1,000 views"), "money"))
        columns.append(Column("link_it", N_("Make a link"), "actions", sortable=False))
    empty = Empty(N_("No items match"), N_("Ask for less: fewer filters show more products."))
    return Table(id_, columns, rows, it.services.currency, empty)


def _figures(it: Context, found: dict[str, Any]) -> list[Stat]:
    picks = found["picks"]
    rising = sum(one["need"] is not None for one in picks)
    mean = round(sum(one["earns_minor"] for one in picks) / len(picks)) if picks else None
    return [
        Stat(
            it.say(N_("Products chosen")), it.fmt.number(len(picks)),
            it.say(N_("of %(count)s looked at"), count=it.fmt.number(found["looked"])),
        ),
        Stat(it.say(N_("Earns per 1,000 views")), it.money(mean), it.say(N_("mean, expected"))),
        Stat(
            it.say(N_("Rising needs")), it.fmt.number(rising),
            it.say(N_("by trends of %(at)s"), at=found["trends_at"].replace("T", " ") + ":00")
            if found["trends_at"] else it.say(N_("no trends yet")),
        ),
    ]  # fmt: skip


def _category_names(it: Context) -> dict[str, str]:
    """Category paths in the reader's language."""
    with it.services.engine.connect() as conn:
        return {path: name for path, name, _ in repository.categories(conn, it.lang)}


def _topic(it: Context, one: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A topic as the table shows it."""
    state = N_("rising") if one["rising"] else N_("steady")
    state = N_("new and rising") if one["early"] else state
    held = [names.get(path, path) for path in one["categories"][:2]]
    kinds = [each["en" if it.lang == "en" else "zh"] for each in one.get("kinds", ())[:2]]
    goods = ", ".join(held) or it.say(VERDICTS[one["commerce"]])
    if kinds and not held:
        goods = it.say(N_("%(kinds)s; no such item here"), kinds=it.fmt.listed(kinds))
    if one["commerce"] == "no":
        goods = f"{it.say(VERDICTS['no'])}: {_reason(it, one['reasons'][0])}"
    return {
        "slug": one["slug"], "title": one["title"], "place": one["pos"] + 1,
        "state": it.say(state), "rising": one["rising"], "heat": one["heat"],
        "peak_heat": one["peak_heat"], "peak_at": one["peak_at"][5:].replace("T", " ") + ":00",
        "life_hours": one["life_hours"], "top": one["p_top10_6h"], "goods": goods,
        "verdict": one["commerce"],
    }  # fmt: skip


def _reason(it: Context, each: Mapping[str, str]) -> str:
    kind, _, what = each["reason"].partition(":")
    said = UNSAFE[what] if kind == "unsafe" else REASONS[each["reason"]]
    return f"{it.say(said)} ({each['word']})" if each["word"] else it.say(said)


def _warning(it: Context, one: Mapping[str, Any]) -> dict[str, Any]:
    now = one["days_ahead"] == 0
    return {
        "name": one["en"] if it.lang == "en" else one["zh"],
        "day": one["day"],
        "when": it.say(N_("people buy now")) if now
        else it.say(N_("people begin to buy on %(day)s"), day=one["begins"]),
        "needs": one["needs_en"] if it.lang == "en" else one["needs"],
        "topics": one["topics"],
    }  # fmt: skip


def _course(it: Context, one: Mapping[str, Any]) -> list[Stat]:
    return [
        Stat(it.say(N_("Heat")), it.fmt.number(one["heat"]),
             it.say(N_("place %(place)s"), place=one["pos"] + 1)),
        Stat(it.say(N_("Expected peak")), it.fmt.number(one["peak_heat"]),
             one["peak_at"].replace("T", " ") + ":00"),
        Stat(it.say(N_("Hours left")), it.fmt.ratio(one["life_hours"], 1),
             it.say(N_("listed in 6 h: %(chance)s"), chance=it.fmt.rate(one["p_listed_6h"]))),
        Stat(it.say(N_("Top ten in 6 h")), it.fmt.rate(one["p_top10_6h"])),
    ]  # fmt: skip


def _chart(it: Context, one: Mapping[str, Any], at: str) -> Chart:
    """Heat by hour, then the forecast of 6 and 24 hours ahead with its interval and its chance."""
    import numpy as np

    last = np.datetime64(at, "h")
    past = {each["hour"]: each["heat"] for each in one["history"]}
    ahead = {str(last + hours): one[f"heat_{hours}h"] for hours in (6, 24)}
    hours = sorted({*past, *ahead})
    here = {"value": one["heat"], "low": one["heat"], "high": one["heat"]}
    known = {at: here} | ahead

    def column(name: str) -> list[float | None]:
        return [known[hour][name] if hour in known else None for hour in hours]

    said = N_("listed: %(chance)s")
    chances = {str(last + hours): it.say(said, chance=it.fmt.rate(one[f"p_listed_{hours}h"]))
               for hours in (6, 24)}  # fmt: skip
    edges = {hour: {"low": heat, "high": heat} for hour, heat in past.items()} | known
    low = [edges[hour]["low"] for hour in hours]
    high = [edges[hour]["high"] for hour in hours]
    return Chart(
        "heat",
        it.say(N_("Heat so far, and if it is still listed in 6 and 24 hours")),
        [f"{hour}:00:00Z" for hour in hours],
        [
            Series(it.say(N_("8 of 10 end here")), high, "band", "band", base=low),
            Series(it.say(N_("Heat")), [past.get(hour) for hour in hours], "gmv"),
            Series(
                it.say(N_("Forecast, if listed")),
                column("value"),
                "target",
                notes=[chances.get(hour, "") for hour in hours],
            ),
        ],
        (it.say(N_("Heat")),),
        x_unit=it.say(N_("Hour of the list")),
        empty=it.say(N_("Its course will be drawn here.")),
    )
