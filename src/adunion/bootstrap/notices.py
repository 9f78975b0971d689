"""What the operator's pages and the sign-in page show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoAccount:
    """An account that the sign-in page offers in a demo."""

    role: str
    name: str
    email: str
    password: str
    name_en: str = ""  # empty: as `name`


@dataclass(frozen=True)
class HealthCheck:
    """One line of the health page."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class LogRow:
    """One event of the log's tail, with prefixed ids ("" where none)."""

    position: int
    at_us: int
    type: str
    request: str
    placement: str
    item: str
    plan: str
    order: str
    sponsored: bool
    amount_minor: int
    price_micros: int
