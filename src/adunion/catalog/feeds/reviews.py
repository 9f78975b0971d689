"""Rows of a file become reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adunion.kernel.errors import AdUnionError

from . import fields as fx
from .fields import Rows, evaluate, label
from .formats import read_feed
from .mapping import Section
from .skipped import SkipReport
from .types import FIELD_CHARS_MAX, FeedFile

_CHARS_MAX = {"id": 200, "merchant": 200, "item": 200, "shopper": 200}


@dataclass
class ReviewRows:
    """Validated reviews as columns of one length."""

    line: list[int] = field(default_factory=list)  # of the file
    id: list[str] = field(default_factory=list)  # the file's own number; empty: none
    merchant: list[str] = field(default_factory=list)
    item: list[str] = field(default_factory=list)  # external id
    shopper: list[str] = field(default_factory=list)  # pseudonym; empty where unknown
    text: list[str] = field(default_factory=list)
    stars: list[float | None] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)


def read_reviews(
    file: FeedFile, section: Section, report: SkipReport, merchant: str | None = None
) -> Iterator[ReviewRows]:
    """The reviews of a file in its order; `merchant` overrides the mapping's.

    Raises AdUnionError at the first chunk with a bad row, unless the report takes bad rows.
    """
    for chunk in read_feed(file, section.wanted()):
        rows = Rows(fx.without_ignored(chunk, section, report.ignored))
        columns = _validate(rows, section, merchant)
        report.add(chunk.problems + [rows.bad[row] for row in sorted(rows.bad)])
        yield ReviewRows(**{name: rows.keep(column) for name, column in columns.items()})


def _validate(rows: Rows, section: Section, merchant: str | None) -> dict[str, list[Any]]:
    specs = section.of_merchant(merchant).fields
    out: dict[str, list[Any]] = {"line": list(rows.chunk.lines)}
    out |= fx.texts(rows, specs, _CHARS_MAX, required=("merchant", "item"))
    spoken = evaluate(rows, "text", specs["text"])
    out["text"] = fx.clean(
        rows, label("text", specs["text"]), spoken, FIELD_CHARS_MAX, markup=True
    ).to_pylist()
    stars = specs.get("stars")
    given = evaluate(rows, "stars", stars)
    out["stars"] = fx.convert(rows, label("stars", stars), given, _stars, None)
    read = fx.time_reader(specs["at"], section.utc_offset)
    out["at"] = fx.convert(
        rows, label("at", specs["at"]), evaluate(rows, "at", specs["at"]), read, None
    )
    for row, at in enumerate(out["at"]):
        if at is None:
            rows.refuse(row, label("at", specs["at"]), "is empty.")
    return out


def _stars(text: str) -> float | None:
    if not text:
        return None
    try:
        stars = float(text)
    except ValueError:
        stars = float("nan")
    if not 1 <= stars <= 5:
        raise AdUnionError("invalid", f"{text[:40]!r} is not 1 to 5 stars.")
    return stars
