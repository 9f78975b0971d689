"""Rows of a feed become items."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from adunion.kernel.errors import AdUnionError

from ..binary import data_of
from . import fields as fx
from .amounts import read_money, whole_numbers
from .attributes import attributes
from .fields import Rows, evaluate, label, repeated
from .formats import read_feed
from .grouping import Grouping
from .mapping import Section
from .skipped import SkipReport
from .types import FeedFile

_CHARS_MAX = {
    "id": 200, "merchant": 200, "title": 1000, "title_en": 1000, "description": 50_000,
    "category": 1000, "brand": 200, "link": 4000, "image": 4000, "gtin": 100, "mpn": 1000,
    "item_group": 200,
}  # fmt: skip
_AVAILABILITY = {
    "": "in_stock", "instock": "in_stock", "true": "in_stock", "outofstock": "out_of_stock",
    "false": "out_of_stock", "soldout": "out_of_stock", "preorder": "preorder",
    "backorder": "backorder",
}  # fmt: skip
WEB = ("http://", "https://", "//")


@dataclass
class ItemColumns:
    """Validated items as columns ready to be loaded, and their lines."""

    lines: list[int]
    columns: dict[str, Any]  # as `loading.Loading.add` takes them

    def __len__(self) -> int:
        return len(self.lines)


def read_items(
    file: FeedFile, section: Section, report: SkipReport, merchant: str | None = None,
    *, local_images: bool = False,
) -> Iterator[ItemColumns]:  # fmt: skip
    """The items of a file, validated, no id twice; `merchant` overrides the mapping's.

    `local_images`: what is no web address in the image's column is a path, which is no item's part.
    Raises AdUnionError at the first chunk with a bad row, unless the report takes bad rows.
    """
    section = section.of_merchant(merchant)
    grouping = Grouping(section) if section.one_item_per_id else None
    seen: dict[str, int] = {}
    for chunk in read_feed(file, section.wanted()):
        rows = Rows(fx.without_ignored(chunk, section, report.ignored))
        made = _validate(rows, section, local_images=local_images)
        if grouping is None:
            _refuse_twice(rows, made, section, seen)
        report.add(chunk.problems + [rows.bad[row] for row in sorted(rows.bad)])
        good = ItemColumns(
            rows.keep(rows.chunk.lines),
            {name: rows.keep(column) for name, column in made.items()},
        )
        if grouping is None:
            yield good
        else:
            grouping.add(good.lines, {name: _listed(c) for name, c in good.columns.items()})
    if grouping is not None:
        lines, columns, problems = grouping.finish()
        report.add(problems)
        yield ItemColumns(lines, {name: _typed(name, c) for name, c in columns.items()})


def _listed(column: Any) -> list[Any]:
    if isinstance(column, pa.Array):
        return column.to_pylist()  # type: ignore[no-any-return]
    return list(column.tolist() if isinstance(column, np.ndarray) else column)


def _typed(name: str, column: list[Any]) -> Any:
    if name in ("price_minor", "rating_count"):
        return np.array(column, np.int64)
    return np.array(column, np.float64) if name == "rating" else pa.array(column, pa.string())


def _validate(rows: Rows, section: Section, *, local_images: bool) -> dict[str, Any]:
    specs = section.fields
    out: dict[str, Any] = {}
    for name, chars_max in _CHARS_MAX.items():
        texts = evaluate(rows, name, specs.get(name))
        if name in specs:
            markup = name in ("title", "title_en", "description", "brand", "category")
            texts = fx.clean(rows, label(name, specs[name]), texts, chars_max, markup=markup)
        out[name] = texts
    fx.require(rows, label("id", specs["id"]), out["id"])
    if specs["title"].pick != "most_frequent":  # else one title among all rows of an id will do
        fx.require(rows, label("title", specs["title"]), out["title"])
    hint = " Name the merchant with --merchant."
    fx.require(rows, label("merchant", specs.get("merchant")), out["merchant"], hint)
    if local_images:
        out["image"] = pc.if_else(_on_the_web(out["image"]), out["image"], "")
    for name in ("link", "image"):
        _check_web(rows, label(name, specs.get(name)), out[name])
    _prices(rows, section, out)
    _details(rows, section, out)
    return {
        "merchant": out["merchant"], "external_id": out["id"], "title": out["title"],
        "translations": _translations(out["title_en"]), "description": out["description"],
        "category": out["category"], "brand": out["brand"], "price_minor": out["price"],
        "currency": out["currency"], "availability": out["availability"], "link": out["link"],
        "image_url": out["image"], "gtin": out["gtin"], "mpn": out["mpn"],
        "item_group": out["item_group"], "attributes": out["attributes"],
        "rating": out["rating"], "rating_count": out["rating_count"],
        **({"order_by": out["order_by"]} if "order_by" in out else {}),
    }  # fmt: skip


def _prices(rows: Rows, section: Section, out: dict[str, Any]) -> None:
    currencies = fx.changed(evaluate(rows, "currency", section.fields.get("currency")), str.upper)
    spec = section.fields["price"]
    out["price"], out["currency"] = read_money(rows, "price", spec, currencies, _above_zero)


def _above_zero(text: str, minor: int) -> None:
    if minor <= 0:
        what = "negative" if minor < 0 else "zero"
        raise AdUnionError("invalid", f"{text!r} is {what}; a price is above zero.")


def _details(rows: Rows, section: Section, out: dict[str, Any]) -> None:
    specs = section.fields

    def converted(name: str, read: Any, otherwise: Any) -> list[Any]:
        texts = evaluate(rows, name, specs.get(name))
        return fx.convert(rows, label(name, specs.get(name)), texts, read, otherwise)

    availability = converted("availability", _availability, "in_stock")
    out["availability"] = pa.array(availability, pa.string())
    out["rating"] = np.array(converted("rating", _stars, np.nan), np.float64)
    name = label("rating_count", specs.get("rating_count"))
    counts = whole_numbers(rows, name, evaluate(rows, "rating_count", specs.get("rating_count")), 0)
    for row in np.flatnonzero(counts < 0).tolist():
        rows.refuse(row, name, f"{counts[row]} is negative.")
    out["rating_count"] = counts
    out["attributes"] = attributes(rows, section)
    if section.order_by is not None:
        texts = evaluate(rows, "order_by", section.order_by)
        reader = fx.time_reader(section.order_by, section.utc_offset)
        read = reader if section.order_by.date else str
        out["order_by"] = fx.convert(rows, label("order_by", section.order_by), texts, read, "")


def _availability(text: str) -> str:
    key = re.sub(r"[\s_-]", "", text.rpartition("/")[2]).casefold()
    if key not in _AVAILABILITY:
        raise AdUnionError(
            "invalid", f"{text[:40]!r} is not known.",
            hint="Use in_stock, out_of_stock, preorder or backorder.",
        )  # fmt: skip
    return _AVAILABILITY[key]


def _stars(text: str) -> float:
    """Stars 1..5; 0 or empty is not rated, NaN."""
    if not re.fullmatch(r"([0-9](\.[0-9]{1,9})?)?", text) or float(text or 0) > 5:
        raise AdUnionError("invalid", f"{text[:40]!r} is not a number of stars from 0 to 5.")
    return float(text) if text and float(text) >= 1 else float("nan")


def _check_web(rows: Rows, name: str, texts: pa.StringArray) -> None:
    good = pc.or_(pc.equal(texts, ""), _on_the_web(texts))
    if not pc.all(good).as_py():
        for row in np.flatnonzero(~good.to_numpy(zero_copy_only=False)).tolist():
            said = f"{texts[row].as_py()[:40]!r} does not begin with http:// or https://."
            rows.refuse(row, name, said)


def _on_the_web(texts: pa.StringArray) -> pa.BooleanArray:
    good = pc.starts_with(texts, WEB[0])
    for start in WEB[1:]:
        good = pc.or_(good, pc.starts_with(texts, start))
    return good


def _translations(english: pa.StringArray) -> pa.StringArray:
    data = data_of(english).tobytes()
    if not data:
        return repeated("{}", len(english))
    if b'"' in data or b"\\" in data:
        return fx.changed(
            english, lambda text: orjson.dumps({"en": text}).decode() if text else "{}"
        )
    said = pc.binary_join_element_wise('{"en":"', english, '"}', "")
    return pc.if_else(pc.equal(english, ""), "{}", said)


def _refuse_twice(rows: Rows, made: dict[str, Any], section: Section, seen: dict[str, int]) -> None:
    keys = pc.binary_join_element_wise(made["merchant"], made["external_id"], "\x1f").to_pylist()
    fresh = dict(zip(reversed(keys), reversed(rows.chunk.lines), strict=True))
    if len(fresh) == len(keys) and seen.keys().isdisjoint(fresh):
        seen |= fresh
        return
    name = label("id", section.fields["id"])
    for row, (key, line) in enumerate(zip(keys, rows.chunk.lines, strict=True)):
        if key in seen and row not in rows.bad:
            said = key.rpartition("\x1f")[2]
            rows.refuse(row, name, f"{said!r} occurs twice: lines {seen[key]} and {line}.")
        seen.setdefault(key, line)
