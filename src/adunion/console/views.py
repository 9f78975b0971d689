"""Turns a page's parts into an answer: language, zone, session, navigation, sorting, CSV."""

from __future__ import annotations

import json
import re
from gettext import NullTranslations
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from adunion.kernel.errors import AdUnionError

from .components import RIGHT, Table
from .formats import Formats, zone_of
from .i18n import LOCALES, NAMES, choose_locale, load_translations
from .messages import DONE, NAVIGATION, STATES, explain
from .security import CSRF_COOKIE, csrf_token, principal

_ID = re.compile(r"[a-z]{3}_[0-9A-Z]{26}")
STATIC = Path(str(files("adunion.console"))) / "static"
_STATE_TONES = {
    "active": "good", "stable": "good", "payable": "good", "paid": "good", "ok": "good",
    "learning": "accent", "adjusting": "warn", "paused": "warn", "held": "accent",
    "estimated": "", "ended": "", "withdrawn": "", "disabled": "warn", "failed": "bad",
    "refunded": "bad", "received": "good", "sponsored": "accent",
}  # fmt: skip


class Views:
    """Renders templates, one environment for each language."""

    def __init__(self) -> None:
        self.translations = load_translations()
        self.formats = {locale: Formats(locale) for locale in LOCALES}
        self.version = _static_version()
        self._environments = {
            locale: self._environment(locale, self.translations[locale]) for locale in LOCALES
        }

    def locale(self, request: Request) -> str:
        """The language of a request."""
        return choose_locale(
            request.query_params.get("lang"),
            request.cookies.get("lang"),
            request.headers.get("accept-language", ""),
        )

    def page(self, request: Request, template: str, status: int = 200, **context: Any) -> Response:
        """The page, or with `?csv=<table>` one of its tables as a file."""
        locale = self.locale(request)
        for table in [value for value in context.values() if isinstance(value, Table)]:
            table.sort_by(request.query_params.get(f"sort_{table.id}"))
            if request.query_params.get("csv") == table.id:
                return _csv(table, self.translations[locale].gettext)
            table.turn_to(whole_number(request, f"page_{table.id}"))
        html = (
            self._environments[locale]
            .get_template(template)
            .render(self._frame(request, locale) | context)
        )
        answer = HTMLResponse(html, status)
        self._remember(request, answer)
        return answer

    def problem(self, request: Request, error: AdUnionError) -> Response:
        """The page of an error: what happened and what to do."""
        translate = self.translations[self.locale(request)].gettext
        title, text, hint = explain(error, translate)
        answer = self.page(
            request, "problem.html", error.status, title=title, text=text, hint=hint,
            code=error.status,
        )  # fmt: skip
        answer.headers["X-Problem"] = _header_text(text)
        return answer

    def text(self, request: Request, message: str, **values: Any) -> str:
        """A message in the request's language."""
        said = self.translations[self.locale(request)].gettext(message)
        return said % values if values else said

    def fmt(self, request: Request) -> Formats:
        """The number formats of the request's language."""
        return self.formats[self.locale(request)]

    def _frame(self, request: Request, locale: str) -> dict[str, Any]:
        who = principal(request)
        services = request.app.state.services
        return {
            "request": request,
            "path": request.url.path,
            "who": who,
            "csrf": csrf_token(request) or request.state.fresh_csrf,
            "lang": locale,
            "lang_tag": locale.replace("_", "-"),
            "zone": zone_of(request.cookies.get("tz")),
            "navigation": NAVIGATION[str(who.role)] if who else (),
            "currency": services.currency,
            "storefront": services.market.storefront,
            "now": services.clock.now(),
            "flash": request.query_params.get("done"),
            "undo": request.query_params.get("undo"),
            "undo_path": "",
            "done_messages": DONE,
            "url": PageUrl(request),
        }

    def _remember(self, request: Request, answer: Response) -> None:
        if wish := request.query_params.get("lang"):
            answer.set_cookie(
                "lang", choose_locale(wish, None, ""), max_age=31_536_000, samesite="lax",
                httponly=True,
            )  # fmt: skip
        if not csrf_token(request):
            answer.set_cookie(CSRF_COOKIE, request.state.fresh_csrf, samesite="lax", httponly=True)

    def _environment(self, locale: str, translations: NullTranslations) -> Environment:
        formats = self.formats[locale]
        environment = Environment(
            loader=PackageLoader("adunion.console"),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
        environment.policies["ext.i18n.trimmed"] = True
        environment.filters.update(
            money=formats.money, amount=formats.amount, number=formats.number,
            ratio=formats.ratio, rate=formats.rate, time=formats.time, day=formats.day,
            money_short=formats.money_short,
            state=lambda key: translations.gettext(str(STATES.get(key, key))) if key else "",
            tone=lambda key: _STATE_TONES.get(key, ""),
            code=short_code,
            spec=lambda value: json.dumps(value, ensure_ascii=False),
        )  # fmt: skip
        environment.globals.update(
            static=f"/static/{self.version}", locale_names=NAMES, cell=formats.cell, right=RIGHT
        )
        return environment


class PageUrl:
    """A page's own address, for links that keep its state."""

    def __init__(self, request: Request) -> None:
        self._path = request.url.path
        once = ("csv", "done", "undo", "lang", "result")
        self._query = {k: v for k, v in request.query_params.items() if k not in once}
        if result := getattr(request.state, "result", ""):
            self._query["result"] = result

    def __call__(self, **changes: Any) -> str:
        """The address with parts of its query changed; None takes one out."""
        query = self.without(*changes) | {k: str(v) for k, v in changes.items() if v is not None}
        return f"{self._path}?{urlencode(query)}" if query else self._path

    def without(self, *names: str) -> dict[str, str]:
        """The query without some of its parts, for the hidden fields of a form."""
        return {key: value for key, value in self._query.items() if key not in names}


def whole_number(request: Request, name: str, most: int = 100_000) -> int:
    """A whole number of the URL; 0 where there is none."""
    text = request.query_params.get(name, "")
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def redirect(path: str, **query: str | None) -> Response:
    """Send the browser on after a form; `done` names the message it shows there."""
    asked = urlencode({key: value for key, value in query.items() if value})
    return RedirectResponse(f"{path}?{asked}" if asked else path, 303)


def short_code(text: str) -> str:
    """Our long ids by prefix and last letters; the whole stands in the title and the CSV."""
    return _ID.sub(lambda id_: f"{id_[0][:4]}…{id_[0][-6:]}", text)


def safe_path(path: str | None, fallback: str) -> str:
    """A path of our own to go on to; anything that could lead elsewhere is dropped."""
    if path and path.startswith("/") and not path.startswith("//") and "\\" not in path:
        return path if path.isprintable() else fallback
    return fallback


def _csv(table: Table, translate: Any) -> Response:
    return Response(
        table.csv(translate),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="adunion-{table.id}.csv"'},
    )


def _header_text(text: str) -> str:
    return urlencode({"": text})[1:].replace("+", "%20")


def _static_version() -> str:
    digest = sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
