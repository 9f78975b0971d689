"""Figures as people read them."""

from datetime import UTC, datetime

from adunion.console.formats import Formats, zone_of
from adunion.console.thumbs import draw
from adunion.console.views import safe_path, short_code

ZH, EN = Formats("zh_CN"), Formats("en")


def test_money_follows_the_currency_and_the_language() -> None:
    assert ZH.money(123_456, "CNY") == "¥1,234.56"
    assert EN.money(123_456, "CNY") == "CN¥1,234.56"
    assert EN.amount(123_456, "JPY") == "123,456"
    assert EN.amount(1_234_567, "KWD") == "1,234.567"
    assert EN.money(None, "CNY") == "–"


def test_large_money_is_exact() -> None:
    assert EN.amount(10**15 + 1, "CNY") == "10,000,000,000,000.01"


def test_rates_have_one_decimal() -> None:
    assert EN.rate(0.12345) == "12.3%"
    assert EN.ratio(4.156) == "4.16"


def test_times_are_in_the_readers_zone_and_an_unknown_zone_is_utc() -> None:
    at = datetime(2026, 11, 1, 20, tzinfo=UTC)
    assert EN.time(at, zone_of("Asia%2FShanghai")) == "2026-11-02 04:00"
    assert zone_of("../../etc/passwd") is UTC
    assert zone_of("x" * 500) is UTC


def test_a_thumb_escapes_its_category() -> None:
    assert "<script" not in draw("itm_1", "a > b", "a > <script>alert(1)")


def test_only_our_own_paths_are_followed_after_signing_in() -> None:
    assert safe_path("/merchant?span=7d", "/") == "/merchant?span=7d"
    for bad in ("//evil.test", "https://evil.test", "/\\evil.test", "", None, "/a\r\nb"):
        assert safe_path(bad, "/") == "/", bad


def test_ids_are_shortened_wherever_they_stand() -> None:
    long = "merchant:mer_01M7NZ8100JJWYJJ49S4PM3S86:wallet"
    assert short_code(long) == "merchant:mer_…PM3S86:wallet"
