"""What is read of XML by pattern is what the XML parser reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adunion.catalog.feeds import FeedFile, rss
from adunion.catalog.feeds.types import Wanted
from adunion.kernel.errors import AdUnionError

WANTED = Wanted(("id", "title", "price", "brand"), frozenset())
HEAD = '<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>\n'
TAIL = "</channel></rss>"
NAMES = ("g:id", "title", "g:price", "brand", "other", "x:brand")
PARTS = (
    "tea", " ", "\n", "&amp;", "&#39;", "&#x4e2d;", "红", "<![CDATA[a<b>&]]>", "<b>bold</b>", "]]>",
    "&nbsp;", "&", "\x01", "<!-- c -->", "<i/>", "\r\n", "<?p q?>", "</item>", "<item>", "<!--",
)  # fmt: skip
texts = st.lists(st.sampled_from(PARTS), max_size=3).map("".join)
fields = st.tuples(st.sampled_from(NAMES), texts).map(lambda f: f"<{f[0]}>{f[1]}</{f[0]}>")
empties = st.sampled_from(("<g:id/>", '<title lang="en">T</title>', "<a><id>9</id></a>", "text"))
bodies = st.lists(fields | empties | st.sampled_from(("\n", " ")), max_size=5).map("".join)
items = st.one_of(
    bodies.map(lambda body: f"<item>{body}</item>\n"),
    bodies.map(lambda body: f"<group><item>{body}</item></group>"),
    st.just("<!-- <item><g:id>no</g:id></item> -->"),
    st.just("<item><g:id>1</g:id><title>T</title></item>\n"),
)


def read(path: Path) -> tuple[list[Any], bool]:
    """(line, columns) of all rows, and whether the file was refused."""
    rows: list[Any] = []
    try:
        for chunk in rss.read_xml(FeedFile(path), WANTED):
            cells = [chunk.columns.get(name, [None] * len(chunk)) for name in WANTED.names]
            said = zip(*([cell or "" for cell in column] for column in cells), strict=True)
            rows += zip(chunk.lines, said, strict=True)
    except AdUnionError:
        return [], True
    return rows, False


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(items, max_size=6))
def test_pattern_and_parser_read_the_same(tmp_path: Path, made: list[str]) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes((HEAD + "".join(made) + TAIL).encode())
    found = read(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rss, "plain_item", lambda _: None)
        assert read(path) == found


def test_usual_items_never_reach_the_parser(tmp_path: Path, monkeypatch: Any) -> None:
    item = (
        "<item><g:id>{}</g:id><title>a &amp; b</title><g:price><![CDATA[<5>]]></g:price></item>\n"
    )
    path = tmp_path / "feed.xml"
    path.write_text(HEAD + "".join(item.format(n) for n in range(50)) + TAIL)
    told: list[str] = []
    feed = rss._Rows.feed
    monkeypatch.setattr(rss._Rows, "feed", lambda self, text: (told.append(text), feed(self, text)))
    rows, refused = read(path)
    assert not refused
    assert rows[49] == (51, ("49", "a & b", "<5>", ""))
    assert sum(text.count("<item>") for text in told) == 1  # the first, with all before it
