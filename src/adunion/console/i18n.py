"""Languages of the console: gettext catalogs, compiled when the program starts."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = ("zh_CN", "en")
NAMES = {"zh_CN": "中文", "en": "English"}
DEFAULT = "en"


def N_(message: str) -> str:
    """Mark a message for translation where it is only named, not yet shown."""
    return message


def load_translations() -> Mapping[str, gettext.NullTranslations]:
    """A catalog for every locale; message ids are the English texts."""
    return {locale: _load(locale) for locale in LOCALES}


def choose_locale(asked: str | None, cookie: str | None, accept: str) -> str:
    """The locale of a request: what `?lang=` asks, else the cookie, else what the browser takes."""
    for wish in (asked, cookie):
        if wish and (found := _match(wish)):
            return found
    wishes = [part.partition(";") for part in accept.split(",")]
    ranked = sorted(
        (
            (_quality(parameters), -at, tag.strip())
            for at, (tag, _, parameters) in enumerate(wishes)
        ),
        reverse=True,
    )
    for quality, _, tag in ranked:
        if quality > 0 and (found := _match(tag)):
            return found
    return DEFAULT


def _load(locale: str) -> gettext.NullTranslations:
    source = files("adunion.console") / "locale" / locale / "LC_MESSAGES" / "console.po"
    if not source.is_file():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with source.open("rb") as handle:
        write_mo(compiled, read_po(handle, locale=locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _match(tag: str) -> str | None:
    language = tag.lower().replace("_", "-").split("-")[0]
    return {"zh": "zh_CN", "en": "en"}.get(language)


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
