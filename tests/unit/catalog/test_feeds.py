"""Files of every format and every kind of damage, without a database."""

from __future__ import annotations

import csv
import gzip
import json
import tracemalloc
from contextlib import suppress
from pathlib import Path
from time import process_time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adunion.catalog.feeds import FeedFile, SkipReport, load_mapping, read_items
from adunion.catalog.feeds.mapping import parse_mapping
from adunion.catalog.feeds.plain import plain_chunk
from adunion.kernel.errors import AdUnionError

HEAD = "id,title,price\n"
RSS = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>shop</title>
<item><g:id>1</g:id><title><![CDATA[Tea & <b>cup</b>]]></title><g:price>15.00 USD</g:price>
<g:shipping><g:price>9.00 USD</g:price></g:shipping></item>
<item><g:id>2</g:id><title>Pot &amp; lid</title><g:price>7 USD</g:price></item>
</channel></rss>"""


def read(path: Path, mapping: str = "google_merchant", skip: SkipReport | None = None) -> Any:
    found = load_mapping(mapping)
    report = skip or SkipReport(path.name, path.with_suffix(".skipped.csv"))
    columns: dict[str, list[Any]] = {}
    for chunk in read_items(
        FeedFile(path, found.hints), found.section("catalog"), report, merchant="m"
    ):
        for name, column in chunk.columns.items():
            columns.setdefault(name, []).extend(column.tolist())
    return columns


def write(folder: Path, content: bytes | str, name: str = "feed.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "id,title,price\n1,红茶,15.00 CNY\n2,Pot,7 CNY\n",
        "id\ttitle\tprice\r\n1\t红茶\t15.00 CNY\r\n2\tPot\t7 CNY\r\n",
        "\n\nid;title;price\n1;红茶;CNY 15\n\n2;Pot;7.00 CNY",
        'g:id,"Title ",price\n1,"红茶",15.00 CNY\n2," Pot ",7 CNY\n',
        '{"id": 1, "title": "红茶", "price": "15 CNY"}\n\n{"id":"2","title":"Pot","price":"7 CNY"}',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gzip"])
def test_the_same_items_from_every_text_format_and_encoding(
    tmp_path: Path, content: str, encoding: str
) -> None:
    raw = gzip.compress(content.encode()) if encoding == "gzip" else content.encode(encoding)
    found = read(write(tmp_path, raw))
    assert found["external_id"] == ["1", "2"]
    assert found["title"] == ["红茶", "Pot"]
    assert found["price_minor"] == [1500, 700]
    assert found["currency"] == ["CNY", "CNY"]


def test_rss_takes_the_items_own_elements_and_undoes_markup(tmp_path: Path) -> None:
    found = read(write(tmp_path, RSS, "feed.xml"))
    assert found["title"] == ["Tea & cup", "Pot & lid"]
    assert found["price_minor"] == [1500, 700]


def test_parquet_typed_columns_read_like_text(tmp_path: Path) -> None:
    table = pa.table(
        {"id": [1, 2], "title": ["a", "b"], "price": [15.5, 7.0], "currency": ["KWD"] * 2}
    )
    pq.write_table(table, tmp_path / "feed.parquet")
    assert read(tmp_path / "feed.parquet")["price_minor"] == [15500, 7000]


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ("-5 USD", "negative"), ("0 USD", "zero"), ("nan USD", "not a price"),
        ("inf", "not a price"), ("5", "no currency"), ("5.001 USD", "finer"), ("5.5 JPY", "finer"),
        ("5 XYZ", "ISO 4217"), ('"1,5 USD"', "comma"), ("", "empty"), ("9" * 30 + " USD", "large"),
        ("5 USD 6 USD", "not a price"), ("1e3 USD", "not a price"), ("５ USD", "not a price"),
    ],
)  # fmt: skip
def test_a_bad_price_names_line_field_and_reason(tmp_path: Path, price: str, said: str) -> None:
    path = write(tmp_path, f'{HEAD}1,"two\nlines",1 USD\n2,b,{price}\n')
    with pytest.raises(AdUnionError, match=said) as caught:
        read(path)
    assert caught.value.field == "price"
    assert caught.value.extra["line"] == 4
    assert str(caught.value).startswith("feed.csv:4: field 'price'")


@pytest.mark.parametrize(
    ("content", "said", "line"),
    [
        ("", "empty", None),
        ("\n \n", "blanks", None),
        (HEAD, "header but no row", None),
        (f'{HEAD}1,a,5 USD\n2,"b,6 USD\n3,c,7 USD', "never closed", 3),
        (f"{HEAD}1,a,5 USD\n2,b", "2 fields where the header has 3", 3),
        ("id,title,price,Title\n1,a,5 USD,b\n", "occurs twice", 1),
        ("id,name,price\n1,a,5 USD\n", "no column 'title'", 1),
        (f"{HEAD}1,a,5 USD\n2,b,6 USD\n1,c,7 USD\n", "lines 2 and 4", 4),
        (f"{HEAD}1,a\0b,5 USD\n", "NUL", 2),
        (f"{HEAD},a,5 USD\n", "empty", 2),
        (f'{HEAD}1,"a"b,5 USD\n', "bad quoting", 2),
        ('{"id":"1","title":"a","price":"5 USD"}\n{"id":"2","ti', "not valid JSON", 2),
        ('{"id":"1","title":"\\ud800","price":"5 USD"}', "not valid JSON", 1),
        ('[{"id":"1"}]', "JSON array", None),
        (RSS[: RSS.index("Pot")], "cut", 5),
        (RSS.replace("<rss", '<!DOCTYPE r [<!ENTITY x "y">]><rss', 1), "DTD", 2),
        ("PK\x03\x04junk", "Excel", None),
    ],
)
def test_damage_is_told_with_its_line(
    tmp_path: Path, content: str, said: str, line: int | None
) -> None:
    with pytest.raises(AdUnionError, match=said) as caught:
        read(write(tmp_path, content))
    assert caught.value.extra["line"] == line
    assert "Nothing was imported" in str(caught.value)


def test_mixed_encodings_are_refused_with_line_and_byte(tmp_path: Path) -> None:
    good = f"{HEAD}1,上等的红茶茶叶礼盒,5 CNY\n".encode()
    path = write(tmp_path, good + "2,普洱,6 CNY\n".encode("gb18030"))
    with pytest.raises(AdUnionError, match=f"line 2 is UTF-8, but byte {len(good) + 2}") as caught:
        read(path)
    assert caught.value.extra["line"] == 3


def test_latin_1_is_not_taken_for_chinese(tmp_path: Path) -> None:
    path = write(tmp_path, f"{HEAD}1,décor élégant,5 EUR\n".encode("latin-1"))
    with pytest.raises(AdUnionError, match="neither UTF-8 nor GB18030"):
        read(path)


@pytest.mark.parametrize("cut", [10, 200, -4])
def test_a_parquet_file_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    pq.write_table(pa.table({"id": ["1"] * 50}), tmp_path / "whole.parquet")
    path = write(tmp_path, (tmp_path / "whole.parquet").read_bytes()[:cut], "cut.parquet")
    with pytest.raises(AdUnionError, match="damaged or cut"):
        read(path)


def test_a_gzip_file_cut_short_is_refused(tmp_path: Path) -> None:
    raw = gzip.compress((HEAD + "".join(f"{n},a,5 USD\n" for n in range(999))).encode())
    with pytest.raises(AdUnionError, match="cut short"):
        read(write(tmp_path, raw[:-20], "feed.csv.gz"))


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "xml"])
def test_a_title_of_100_mb_is_refused_soon_and_in_bounded_memory(tmp_path: Path, kind: str) -> None:
    before, after = {
        "csv": (f"{HEAD}1,a,5 USD\n2,", ",6 USD\n3,c,7 USD\n"),
        "tsv": ("id\ttitle\tprice\n1\ta\t5 USD\n2\t", "\t6 USD\n3\tc\t7 USD\n"),
        "jsonl": (
            '{"id":"1","title":"a","price":"5 USD"}\n{"id":"2","title":"',
            '","price":"6 USD"}\n',
        ),
        "xml": (RSS[: RSS.index("Pot")], RSS[RSS.index("Pot") :]),
    }[kind]
    path = tmp_path / f"feed.{kind}"
    with path.open("w") as out:
        out.write(before)
        for _ in range(100):
            out.write("x" * 1_000_000)
        out.write(after)
    tracemalloc.start()
    started = process_time()
    try:
        with pytest.raises(AdUnionError, match="'title': longer than") as caught:
            read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert process_time() - started < 5
    assert peak < 25_000_000
    assert caught.value.extra["line"] == {"csv": 3, "tsv": 3, "jsonl": 2, "xml": 5}[kind]


def test_skip_bad_takes_the_good_rows_and_reports_the_others(tmp_path: Path) -> None:
    long = "x" * 2_000_000
    rows = ("1,a,5 USD", "2,b", f"3,{long},6 USD", "4,d,-1 USD", '5,"e"x,1 USD', "6,f,7 USD")
    path = write(tmp_path, HEAD + "\n".join(rows))
    report = SkipReport(path.name, tmp_path / "skipped.csv", skip_bad=True)
    assert read(path, skip=report)["external_id"] == ["1", "6"]
    assert report.skipped == 4
    lines = sorted(row.split(",")[0] for row in (tmp_path / "skipped.csv").read_text().splitlines())
    assert lines == ["3", "4", "5", "6", "line"]


CELLS = (
    "a",
    "红茶",
    '"x, y"',
    '"say ""hi"""',
    '""',
    "",
    'a"b',
    '"a"b',
    '"two\nlines"',
    "a\rb",
    " c ",
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(st.lists(st.sampled_from(CELLS), min_size=2, max_size=4), min_size=1, max_size=4),
    end=st.sampled_from(["\n", "\r\n", "\n\n", ""]),
)
def test_what_is_read_at_once_is_what_is_read_row_by_row(rows: list[list[str]], end: str) -> None:
    text = "\n".join(",".join(row) for row in rows) + end
    chunk = plain_chunk(text.encode(), ",", 3, {"a": 0, "b": 1, "c": 2}, line=2)
    if chunk is not None:
        careful = csv.reader(text.splitlines(keepends=True), strict=True)
        columns = [column.to_pylist() for column in chunk.columns.values()]
        assert list(careful) == [list(row) for row in zip(*columns, strict=True)]
        assert list(chunk.lines) == list(range(2, 2 + len(columns[0])))


def test_plain_rows_are_read_at_once() -> None:
    data = '1,"Tea, green","say ""hi"""\r\n2,红茶,\r\n'.encode()
    chunk = plain_chunk(data, ",", 3, {"t": 1}, line=2)
    assert chunk is not None
    assert chunk.columns["t"].to_pylist() == ["Tea, green", "红茶"]


def test_attributes_of_plain_texts_are_written_as_json(tmp_path: Path) -> None:
    head, rows = "id,title,price,color,size\n", "1,a,5 USD,blue,XL\n2,b,6 USD,,\n3,c,7 USD,red,\n"
    plain = read(write(tmp_path, head + rows))["attributes"]
    quoted = read(write(tmp_path, f'{head}{rows}4,d,8 USD,"9"" wide",\n'))["attributes"]
    assert plain == ['{"color":"blue","size":"XL"}', "{}", '{"color":"red"}']
    assert quoted == [*plain, '{"color":"9\\" wide"}']


def test_links_that_could_run_script_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "id,title,price,link\n1,a,5 USD,javascript:alert(1)\n")
    with pytest.raises(AdUnionError, match="does not begin with http"):
        read(path)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[catalog.fields]\nid='a'\ntitle='b'", "'price'"),
        ("[catalog.fields]\nid='a'\ntitle='b'\nprice='c'\ncolour='d'", "unknown key 'colour'"),
        ("[catalog.fields]\nid={}\ntitle='b'\nprice='c'", "needs one of"),
        ("about='x'", "neither"),
        ("x = ", "not valid TOML"),
        ("[catalog.fields]\nid='a'\ntitle='b'\nprice={column='c', unit='cents'}", "unit"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(toml: str, said: str) -> None:
    with pytest.raises(AdUnionError, match=said):
        parse_mapping("mine", toml)


def test_an_unknown_mapping_lists_those_there_are() -> None:
    with pytest.raises(AdUnionError, match=r"icecat_products.*online_retail.*tmall_orders"):
        load_mapping("nope")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.binary(max_size=300), head=st.sampled_from([HEAD.encode(), b"", b'{"id":', b"<rss>"])
)
def test_any_bytes_are_read_or_refused_with_an_error_of_ours(
    tmp_path: Path, body: bytes, head: bytes
) -> None:
    path = write(tmp_path, head + body)
    with suppress(AdUnionError):
        found = read(path, skip=SkipReport(path.name, tmp_path / "s.csv", skip_bad=True))
        assert all(price > 0 for price in found.get("price_minor", []))


_TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
_VALUE = _TEXT | st.integers() | st.floats() | st.none() | st.booleans() | st.lists(_TEXT)
_KEY = st.sampled_from(["id", "title", "price", "link", "rating"])


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.dictionaries(_KEY, _VALUE), min_size=1, max_size=6))
def test_any_json_values_are_read_or_refused(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    path = write(tmp_path, "\n".join(json.dumps(row) for row in rows), "feed.jsonl")
    report = SkipReport(path.name, tmp_path / "s.csv", skip_bad=True)
    found = read(path, skip=report)
    assert len(found["external_id"]) + report.skipped == len(rows)
    assert all(price > 0 for price in found["price_minor"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("\ufeff".encode() + "id,title,price\n1,红茶,5 CNY\n".encode("gbk"), "order mark of UTF-8"),
        ("id,title,price\n1,a,5 CNY\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
    ],
)
def test_a_file_of_another_encoding_than_it_says_is_told(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(AdUnionError, match=said):
        read(write(tmp_path, content))


def test_json_of_whole_numbers_reads_like_text(tmp_path: Path) -> None:
    lines = [{"id": n, "title": "a", "price": 10 + n, "currency": "CNY"} for n in (1, 2)]
    found = read(write(tmp_path, "".join(json.dumps(line) + "\n" for line in lines)))
    assert found["external_id"] == ["1", "2"]
    assert found["price_minor"] == [1100, 1200]
    mixed = [*lines, {"id": "x", "title": "b", "price": 1.5, "currency": "CNY"}]
    found = read(write(tmp_path, "".join(json.dumps(line) + "\n" for line in mixed)))
    assert found["external_id"] == ["1", "2", "x"]
    assert found["price_minor"] == [1100, 1200, 150]
