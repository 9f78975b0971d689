"""Every message is there in Chinese, with the same placeholders."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from adunion.console.i18n import choose_locale

ROOT = Path(str(files("adunion.console")))
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]


def messages() -> dict[str, str]:
    with (ROOT / "locale/zh_CN/LC_MESSAGES/console.po").open("rb") as handle:
        catalog = read_po(handle, locale="zh_CN")
    out = {}
    for message in catalog:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            said = message.string if isinstance(message.string, str) else message.string[0]
            out[key] = said
    return out


def test_every_message_of_code_and_templates_is_translated() -> None:
    options = {"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
    found = {
        message if isinstance(message, str) else message[0]
        for _, _, message, _, _ in extract_from_dir(str(ROOT), METHODS, options, keywords=KEYWORDS)
    }
    assert len(found) > 300
    assert found - set(messages()) == set()


def test_translations_keep_their_placeholders() -> None:
    for text, said in messages().items():
        assert said, text
        fields = set(re.findall(r"%\((\w+)\)s", text))
        assert set(re.findall(r"%\((\w+)\)s", said)) == fields, text


def test_no_message_holds_a_bare_percent_sign() -> None:
    for text in messages():
        assert "%" not in re.sub(r"%\(\w+\)s", "", text), text


@pytest.mark.parametrize(
    ("asked", "cookie", "accept", "expected"),
    [
        (None, None, "", "en"),
        (None, None, "zh-TW,zh;q=0.9,en;q=0.8", "zh_CN"),
        (None, None, "fr, en;q=0.2, zh;q=0.7", "zh_CN"),
        (None, None, "zh;q=x, en;q=0.5", "en"),
        (None, "en", "zh", "en"),
        ("zh_CN", "en", "en", "zh_CN"),
        ("../../etc", None, "zh", "zh_CN"),
    ],
)
def test_the_reader_gets_their_language(
    asked: str | None, cookie: str | None, accept: str, expected: str
) -> None:
    assert choose_locale(asked, cookie, accept) == expected
