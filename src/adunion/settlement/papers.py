"""Statements as files: JSON for programs, CSV for spreadsheets, pages to print by language."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from adunion.kernel.clock import rfc3339
from adunion.kernel.money import exponent, to_major

from .labels import LABELS
from .types import Statement

_pages = Environment(
    loader=PackageLoader("adunion.settlement", "."), autoescape=True, undefined=StrictUndefined
)


def write(statements: Sequence[Statement], out_dir: Path) -> list[Path]:
    """Write each statement's papers under `out_dir/<until>/`; returns the files."""
    files = []
    for statement in statements:
        folder = out_dir / _until_name(statement.until)
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{statement.role}-{statement.party_id}-{statement.currency}"
        for suffix, render in _PAPERS.items():
            path = folder / (re.sub(r"[^\w.-]", "_", stem) + suffix)
            path.write_text(render(statement), encoding="utf-8", newline="")
            files.append(path)
    return files


def as_json(statement: Statement) -> str:
    """One object; money is `{amount_minor, currency}`."""
    return json.dumps(as_dict(statement), ensure_ascii=False, indent=2) + "\n"


def as_dict(s: Statement) -> dict[str, Any]:
    """The statement as JSON values."""

    def money(minor: int) -> dict[str, int | str]:
        return {"amount_minor": minor, "currency": s.currency}

    return {
        "id": s.id,
        "role": s.role,
        "party_id": s.party_id,
        "name": s.name,
        "since": rfc3339(s.since) if s.since else None,
        "until": rfc3339(s.until),
        "opening": money(s.opening_minor),
        "closing": money(s.closing_minor),
        "payable": money(s.payable_minor),
        "estimated": money(s.estimated_minor),
        "totals": [
            {"kind": kind, "count": count, "amount": money(amount)}
            for kind, count, amount in s.by_kind()
        ],
        "lines": [
            {
                "day": line.day.isoformat(),
                "kind": line.kind,
                "count": line.count,
                "amount": money(line.amount_minor),
            }
            for line in s.lines
        ],
    }


def as_csv(s: Statement) -> str:
    """Rows of day, kind, count, amount, currency; opening and the lines sum to closing."""
    out = StringIO()
    rows = csv.writer(out)
    rows.writerow(("day", "kind", "count", "amount", "currency"))
    start = s.since.astimezone(UTC).date().isoformat() if s.since else ""
    rows.writerow((start, "opening", "", to_major(s.opening_minor, s.currency), s.currency))
    for line in s.lines:
        amount = to_major(line.amount_minor, s.currency)
        rows.writerow((line.day.isoformat(), line.kind, line.count, amount, s.currency))
    end = s.until.astimezone(UTC).date().isoformat()
    rows.writerow((end, "closing", "", to_major(s.closing_minor, s.currency), s.currency))
    return out.getvalue()


def as_html(s: Statement, locale: str) -> str:
    """A page that prints on A4; `locale` is `zh-CN` or `en`."""

    def money(minor: int) -> str:
        return f"{to_major(minor, s.currency):,.{exponent(s.currency)}f}"

    return _pages.get_template("statement.html").render(
        s=s, labels=LABELS[locale], locale=locale, money=money, moment=_moment
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _until_name(until: datetime) -> str:
    at = until.astimezone(UTC)
    plain = at.hour == at.minute == at.second == at.microsecond == 0
    return at.strftime("%Y-%m-%d" if plain else "%Y-%m-%dT%H%M%S.%fZ")


_PAPERS: dict[str, Callable[[Statement], str]] = {
    ".json": as_json,
    ".csv": as_csv,
    ".zh-CN.html": lambda s: as_html(s, "zh-CN"),
    ".en.html": lambda s: as_html(s, "en"),
}
