"""A publisher's selection and the page of a trend: what is asked, and what is said of chances."""

import html
import json
import re

from adunion.understanding.trends import Board, TrendStore

from .conftest import Site

_HEAT = {"value": 500, "low": 200, "high": 900}
TOPIC = {
    "slug": "abc", "title": "新款耳机首发", "category": "数码", "pos": 3, "heat": 1_000.0,
    "paid": False, "age_hours": 2, "rising": True, "early": False, "peak_heat": 1_500,
    "peak_at": "2026-03-01T14", "life_hours": 4.0, "p_listed_6h": 0.341, "p_listed_24h": 0.006,
    "p_top10_6h": 0.4, "heat_6h": _HEAT, "heat_24h": _HEAT | {"value": 700},
    "history": [{"hour": f"2026-03-01T{hour}", "heat": 900.0, "pos": 3} for hour in (11, 12)],
    "commerce": "yes", "unsafe": "", "reasons": [{"reason": "buy", "word": "首发"}],
    "products": [], "categories": [], "items": [],
}  # fmt: skip


def test_a_filter_value_that_is_none_is_told_with_those_there_are(site: Site) -> None:
    asked = "category=Cars&rate=ten&rising=yes&new=1&price_min=5&lang=en"
    page = site.client("publisher").get(f"/publisher/selection?{asked}").text
    told = re.findall(r"The filter “(.*?)” has no value “(.*?)”.*?There are: (.*?)\.<", page)
    assert told == [
        ("Category", "Cars", "Mother &amp; Baby"),
        ("Least commission", "ten", "0 to 10,000, in hundredths of a per cent"),
        ("Rising only", "yes", "0 and 1"),
    ]
    assert 'name="new" value="1" checked' in page
    assert "Products to promote" in page


def test_filter_values_that_there_are_say_nothing(site: Site) -> None:
    asked = "category=母婴&rate=300&rising=0&new=&lang=en"
    page = site.client("publisher").get(f"/publisher/selection?{asked}").text
    assert "has no value" not in page
    assert '<option value="300" selected>' in page


def test_topics_without_goods_are_counted_also_where_they_are_not_shown(site: Site) -> None:
    other = TOPIC | {"slug": "abd", "title": "决赛", "commerce": "no"}
    TrendStore(site.faces.market.home).keep(Board("2026-03-01T12", [TOPIC, other], []))
    page = site.client("publisher").get("/publisher/trends?goods=1&lang=en").text
    assert "of 2 listed" in page
    assert "决赛" not in page


def test_a_forecast_of_heat_says_how_likely_the_topic_is_listed_then(site: Site) -> None:
    TrendStore(site.faces.market.home).keep(Board("2026-03-01T12", [TOPIC], []))
    page = site.client("publisher").get("/publisher/trends/abc?lang=en").text
    spec = json.loads(html.unescape(re.findall(r'data-chart="(.*?)"', page)[0]))
    notes = next(each["notes"] for each in spec["series"] if each["notes"])
    assert [note for note in notes if note] == ["listed: 34.1%", "listed: 0.6%"]
    assert "34.1% likely after 6 hours, 0.6% after 24" in page
    assert "700.00 (listed: 0.6%)" in page
