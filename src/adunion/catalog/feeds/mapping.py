"""Mappings: a small TOML that says which column of a file is which field. See docs/import.md."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from adunion.kernel.errors import AdUnionError, invalid

from .types import FileHints, Wanted

PICKS = ("last", "first", "most_frequent", "median", "max")
ITEM_FIELDS = frozenset((
    "id", "merchant", "title", "title_en", "description", "category", "brand", "price", "currency",
    "availability", "link", "image", "gtin", "mpn", "item_group", "rating", "rating_count",
))  # fmt: skip
ORDER_FIELDS = frozenset((
    "order", "merchant", "item", "title", "quantity", "unit_price", "amount", "currency",
    "shopper", "region", "placed_at", "paid_at", "refund",
))  # fmt: skip
REVIEW_FIELDS = frozenset(("id", "merchant", "item", "text", "stars", "at", "shopper"))
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class FieldMap:
    """Where one field comes from and how it is read."""

    column: tuple[str, ...] = ()  # the first that holds something
    constant: str | None = None
    template: str | None = None  # "{a} {b}"
    json: str | None = None  # "path": a list becomes 'a > b'; "first": its first element
    values: dict[str, str] = field(default_factory=dict)  # what the file says -> what we say
    upper: bool = False
    remove_suffix: str = ""
    date: str | None = None  # strptime format; without one RFC 3339
    unit: str = "major"  # of money: major or minor
    round: bool = False  # money finer than the minor unit is rounded half even
    optional: bool = False  # the column may be absent
    pick: str = "last"  # of several rows of one id

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it needs."""
        return self.column + tuple(_PLACEHOLDER.findall(self.template or ""))


@dataclass(frozen=True)
class IgnoreRule:
    """Rows that are no items or no order lines, left out and counted."""

    column: str
    matches: re.Pattern[str]  # against the whole value, blanks around it removed
    reason: str


@dataclass(frozen=True)
class AttributesMap:
    """Which columns become attributes of the item."""

    columns: tuple[str, ...] = ()
    prefix: str | None = None  # all columns whose name starts so; the prefix is cut off
    pairs: str | None = None  # a column of JSON [{"name": ..., "value": ...}]


@dataclass(frozen=True)
class Section:
    """How rows become items, order lines or reviews."""

    fields: dict[str, FieldMap]
    ignore: tuple[IgnoreRule, ...] = ()
    attributes: AttributesMap = AttributesMap()
    one_item_per_id: bool = False  # rows of one id are one item, by each field's `pick`
    order_by: FieldMap | None = None  # which row is last; without it the file's order
    returns: IgnoreRule | None = None  # order lines that are returns
    utc_offset: str = "+00:00"  # of times that carry none

    def of_merchant(self, merchant: str | None) -> Section:
        """The same, where all rows are this merchant's, if one is named."""
        if merchant is None:
            return self
        return replace(self, fields=self.fields | {"merchant": FieldMap(constant=merchant)})

    def wanted(self) -> Wanted:
        """The columns to read."""
        names: dict[str, bool] = {}
        for spec in [*self.fields.values(), *([self.order_by] if self.order_by else [])]:
            optional = spec.optional or len(spec.column) > 1
            for name in spec.reads:
                names[name] = names.get(name, False) or not optional
        rules = [*self.ignore, *([self.returns] if self.returns else [])]
        names |= dict.fromkeys((rule.column for rule in rules), True)
        for name in self.attributes.columns + tuple(filter(None, [self.attributes.pairs])):
            names.setdefault(name, False)
        prefixes = (self.attributes.prefix,) if self.attributes.prefix else ()
        required = frozenset(name for name, needed in names.items() if needed)
        return Wanted(tuple(names), required, prefixes)


@dataclass(frozen=True)
class Mapping:
    """One mapping file."""

    name: str
    about: str
    hints: FileHints
    catalog: Section | None
    orders: Section | None
    reviews: Section | None

    def section(self, kind: str) -> Section:
        """The `catalog`, `orders` or `reviews` part, or an error that says it has none."""
        found: Section | None = getattr(self, kind)
        if found is None:
            raise invalid(
                "mapping", f"The mapping {self.name!r} has no [{kind}] part.",
                f"Those that have: {', '.join(shipped(kind))}.",
            )  # fmt: skip
        return found


def shipped(kind: str | None = None) -> list[str]:
    """Names of the mappings that come with AdUnion, of one kind or all."""
    names = sorted(
        Path(entry.name).stem
        for entry in files("adunion.catalog").joinpath("mappings").iterdir()
        if entry.name.endswith(".toml")
    )
    return [name for name in names if kind is None or getattr(load_mapping(name), kind)]


def load_mapping(name: str) -> Mapping:
    """A mapping by the name of a shipped one, or by the path of a TOML file."""
    if name.endswith(".toml") or "/" in name:
        path = Path(name)
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise invalid("mapping", f"{name}: cannot be read: {error}.", "Check it.") from None
        return parse_mapping(path.stem, text)
    found = files("adunion.catalog").joinpath("mappings", f"{name}.toml")
    if not found.is_file():
        raise invalid(
            "mapping", f"No mapping named {name!r}.",
            f"Choose from {', '.join(shipped())}, or give the path of your own .toml file.",
        )  # fmt: skip
    return parse_mapping(name, found.read_text("utf-8"))


def parse_mapping(name: str, text: str) -> Mapping:
    """A mapping from TOML text; every unknown key is refused by name."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(name, f"not valid TOML: {error}") from None
    _only(name, "the top", data, {"about", "file", "catalog", "orders", "reviews"})
    if not {"catalog", "orders", "reviews"} & data.keys():
        raise _wrong(name, "there is neither a [catalog], an [orders] nor a [reviews] part")
    hints = data.get("file", {})
    _only(name, "[file]", hints, {"delimiter", "encoding"})
    return Mapping(
        name,
        data.get("about", ""),
        FileHints(**hints),
        _section(name, "catalog", data, ITEM_FIELDS, {"id", "title", "price"}),
        _section(name, "orders", data, ORDER_FIELDS, {"order", "placed_at"}),
        _section(name, "reviews", data, REVIEW_FIELDS, {"item", "text", "at"}),
    )


def _section(
    name: str, kind: str, data: dict[str, Any], known: frozenset[str], needed: set[str]
) -> Section | None:
    given = data.get(kind)
    if given is None:
        return None
    where = f"[{kind}]"
    _only(name, where, given, {section_field.name for section_field in fields(Section)})
    specs = given.get("fields", {})
    _only(name, f"[{kind}.fields]", specs, known)
    if missing := sorted(needed - specs.keys()):
        raise _wrong(name, f"[{kind}.fields] does not say where {missing[0]!r} comes from")
    attributes = given.get("attributes", {})
    _only(name, f"[{kind}.attributes]", attributes, {"columns", "prefix", "pairs"})
    order_by = given.get("order_by")
    returns = given.get("returns")
    return Section(
        fields={key: _field(name, key, spec) for key, spec in specs.items()},
        ignore=tuple(_rule(name, rule) for rule in given.get("ignore", [])),
        attributes=AttributesMap(
            tuple(attributes.get("columns", ())), attributes.get("prefix"), attributes.get("pairs")
        ),
        one_item_per_id=bool(given.get("one_item_per_id", False)),
        order_by=None if order_by is None else _field(name, "order_by", order_by),
        returns=None if returns is None else _rule(name, {"reason": "return", **returns}),
        utc_offset=str(given.get("utc_offset", "+00:00")),
    )


def _field(name: str, key: str, spec: Any) -> FieldMap:
    if isinstance(spec, str):
        return FieldMap(column=(spec,))
    if not isinstance(spec, dict):
        raise _wrong(name, f"{key!r} must be a column's name or a table")
    _only(name, key, spec, {known.name for known in fields(FieldMap)})
    column = spec.get("column", ())
    made = FieldMap(**{**spec, "column": (column,) if isinstance(column, str) else tuple(column)})
    if sum((bool(made.column), made.constant is not None, made.template is not None)) != 1:
        raise _wrong(name, f"{key!r} needs one of column, constant, template")
    for option, allowed in (
        ("pick", PICKS), ("unit", ("major", "minor")), ("json", (None, "path", "first"))
    ):  # fmt: skip
        if getattr(made, option) not in allowed:
            raise _wrong(name, f"{key}.{option} must be one of {allowed}")
    return made


def _rule(name: str, rule: Any) -> IgnoreRule:
    _only(name, "a rule", rule, {"column", "matches", "reason"})
    try:
        return IgnoreRule(rule["column"], re.compile(rule["matches"]), rule["reason"])
    except KeyError as error:
        raise _wrong(name, f"a rule has no {error}") from None
    except re.error as error:
        raise _wrong(name, f"{rule['matches']!r} is not a regular expression: {error}") from None


def _only(name: str, where: str, given: Any, known: set[str] | frozenset[str]) -> None:
    if not isinstance(given, dict):
        raise _wrong(name, f"{where} must be a table")
    for key in given:
        if key not in known:
            raise _wrong(name, f"{where} has an unknown key {key!r}; known: {sorted(known)}")


def _wrong(name: str, what: str) -> AdUnionError:
    return invalid("mapping", f"Mapping {name}: {what}.", "See docs/import.md.")
