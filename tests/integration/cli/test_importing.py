"""`adunion import` as people use it: real files, exit codes, reports, kills, two at once."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from adunion.cli import app
from adunion.kernel.clock import monotonic_s, sleep

pytestmark = pytest.mark.integration

HEAD = "id\ttitle\tprice\tmerchant\n"
ROWS = "1\ta\t5 USD\tm\n2\tb\t6 USD\tm\n"
PROGRAM = (sys.executable, "-c", "from adunion.cli import main; main()", "import", "catalog")
Run = Callable[..., Result]


@pytest.fixture
def run(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ADUNION_DATABASE_URL", url_of(engine))

    def run(*words: str | Path) -> Result:
        return CliRunner().invoke(app, ["import", *map(str, words)])

    return run


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def write(folder: Path, body: str, name: str = "feed.tsv") -> Path:
    path = folder / name
    path.write_text(body)
    return path


def count(engine: Engine, table: str = "items") -> int:
    with engine.connect() as conn:
        return int(conn.execute(text(f"select count(*) from {table}")).scalar_one())


def said(result: Result) -> str:
    return " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("name", "mapping", "items"),
    [
        ("icecat_products.jsonl", "icecat_products", 19406),
        ("tmall_cosmetics.csv", "tmall_cosmetics", 3356),
        ("lazada.parquet", "lazada", 1000),
        ("shopee.parquet", "shopee", 1000),
        ("shein.parquet", "shein", 1000),
    ],
)
def test_every_real_catalog_imports_by_the_name_of_its_mapping(
    run: Run, data: Path, name: str, mapping: str, items: int
) -> None:
    path = data / "catalog" / name
    if not path.exists():
        pytest.skip(f"no {path}")
    result = run("catalog", path, "--mapping", mapping, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["inserted"], report["skipped"]) == (items, 0)


@pytest.mark.parametrize(
    ("name", "mapping", "orders", "lines", "returns"),
    [
        ("online_retail.parquet", "online_retail", 16206, 419635, 7340),
        ("tmall_orders.csv", "tmall_orders", 28010, 28010, 0),
        ("cdnow.txt", "cdnow", 67591, 69659, 0),
    ],
)
def test_every_real_file_of_orders_imports_by_the_name_of_its_mapping(
    run: Run, engine: Engine, data: Path,
    name: str, mapping: str, orders: int, lines: int, returns: int,
) -> None:  # fmt: skip
    path = data / "orders" / name
    if not path.exists():
        pytest.skip(f"no {path}")
    result = run("orders", path, "--mapping", mapping, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["inserted"], report["lines"], report["returns"]) == (orders, lines, returns)
    assert count(engine, "orders") == orders


def test_counts_are_shown_to_people_and_a_second_run_changes_nothing(
    run: Run, tmp_path: Path
) -> None:
    path = write(tmp_path, HEAD + ROWS)
    first, again = run("catalog", path), run("catalog", path, "--json")
    assert first.exit_code == again.exit_code == 0
    assert "inserted" in first.stdout
    report = json.loads(again.stdout)
    assert [report[n] for n in ("inserted", "updated", "unchanged", "withdrawn")] == [0, 0, 2, 0]


def test_a_refused_file_exits_1_and_names_file_line_field_and_what_to_do(
    run: Run, engine: Engine, tmp_path: Path
) -> None:
    path = write(tmp_path, f"{HEAD}{ROWS}3\tc\t-5 USD\tm\n")
    result = run("catalog", path)
    assert result.exit_code == 1
    assert "feed.tsv:4: field 'price': '-5 USD' is negative; a price is above zero." in said(result)
    assert "Nothing was imported. Mend the file, or use --skip-bad" in said(result)
    assert count(engine) == 0
    error = json.loads(run("catalog", path, "--json").stdout)["error"]
    assert (error["code"], error["line"], error["field"]) == ("import_bad_rows", 4, "price")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "the file is empty"),
        (f"{HEAD}{ROWS}3\tc", "2 fields where the header has 4: the file ends in the middle"),
        (f'{HEAD}{ROWS}3\t"c\t5 USD\tm\n', "never closed: the file is cut"),
        ('{"id":"1","title":"a","price":"5 USD"}\n{"id":"2","ti', "ends in the middle of this row"),
        ("<rss><channel><item><id>1</id>", "the file is cut, or an element is not closed"),
    ],
)
def test_a_file_cut_in_the_middle_of_a_row_is_refused_even_with_skip_bad(
    run: Run, engine: Engine, tmp_path: Path, body: str, what: str
) -> None:
    path = write(tmp_path, body)
    for options in ((), ("--skip-bad",)):
        result = run("catalog", path, "--merchant", "m", *options)
        assert result.exit_code == 1
        assert what in said(result)
    assert count(engine) == 0


def test_skip_bad_writes_the_skipped_rows_to_a_report(
    run: Run, engine: Engine, tmp_path: Path
) -> None:
    path = write(tmp_path, f"{HEAD}{ROWS}3\tc\t-5 USD\tm\n4\td\n5\te\t9 USD\tm\n")
    result = run("catalog", path, "--skip-bad", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["inserted"], report["skipped"], count(engine)) == (3, 2, 3)
    with Path(report["report_path"]).open(encoding="utf-8", newline="") as lines:
        told = sorted((row["line"], row["field"], row["reason"]) for row in csv.DictReader(lines))
    assert [row[:2] for row in told] == [("4", "price"), ("5", "")]
    assert "'-5 USD' is negative" in told[0][2]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("catalog", "FILE", "--mapping", "nope"), "Choose from cdnow, completejourney, google"),
        (("catalog", "FILE", "--mapping", "cdnow"), "has no [catalog] part"),
        (("catalog", "none.tsv"), "no such file"),
        (("orders", "FILE"), "--mapping"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_there_is(
    run: Run, tmp_path: Path, words: tuple[str, ...], what: str
) -> None:
    path = write(tmp_path, HEAD + ROWS)
    result = run(*(path if word == "FILE" else word for word in words))
    assert result.exit_code == 2
    assert what in said(result)


def many(folder: Path, rows: int) -> Path:
    body = "".join(f"{n}\ttitle {n}\t{n + 1}.00 USD\tm{n % 7}\n" for n in range(rows))
    return write(folder, HEAD + body)


def test_two_processes_on_one_home_end_as_one_import(tmp_path: Path) -> None:
    path = many(tmp_path, 9000)
    env = {**os.environ, "ADUNION_HOME": str(tmp_path / "home")}
    env.pop("ADUNION_DATABASE_URL", None)
    both = [
        subprocess.Popen([*PROGRAM, str(path), "--json"], env=env, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    reports: list[dict[str, Any]] = [json.loads(one.communicate(timeout=120)[0]) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    found = sorted((report["inserted"], report["unchanged"]) for report in reports)
    assert found == [(0, 9000), (9000, 0)]


def test_kill_9_in_the_middle_leaves_nothing_and_the_next_import_works(
    engine: Engine, run: Run, tmp_path: Path
) -> None:
    path = many(tmp_path, 150_000)
    env = {**os.environ, "ADUNION_DATABASE_URL": url_of(engine)}
    killed = subprocess.Popen([*PROGRAM, str(path), "--quiet"], env=env)
    size = text("select pg_relation_size('items')")
    deadline = monotonic_s() + 60
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        while not conn.execute(size).scalar_one():  # rows are on their way in
            assert killed.poll() is None
            assert monotonic_s() < deadline
            sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait(10) == -signal.SIGKILL
    assert count(engine) == count(engine, "merchants") == 0
    result = run("catalog", many(tmp_path, 1000), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["inserted"] == count(engine) == 1000


def test_a_folder_is_no_file(run: Run, tmp_path: Path) -> None:
    result = run("catalog", tmp_path)
    assert result.exit_code == 2
    assert "is a folder. Name one file of it" in said(result)


def test_items_of_another_currency_are_told(run: Run, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("ADUNION_HOME", str(tmp_path))
    feed = write(tmp_path, HEAD + ROWS + "3\tc\t7 EUR\tm\n")
    result = run("catalog", feed, "--json")
    assert json.loads(result.stdout)["market_currency"] == "USD"
    assert json.loads(result.stdout)["outside"] == {"EUR": 1}
    assert "1 in EUR are kept but take no part" in " ".join(run("catalog", feed).stdout.split())


def photo(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (9, 9), "red").save(folder / name)


def test_pictures_of_a_folder_are_kept_by_item(
    run: Run, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADUNION_HOME", str(tmp_path / "home"))
    photo(tmp_path / "pics", "sub/one.png")
    photo(tmp_path, "outside.png")
    head = "id\ttitle\tprice\tmerchant\timage_link\n"
    rows = "1\ta\t5 USD\tm\tsub/one.png\n2\tb\t6 USD\tm\thttps://x.example/2.jpg\n"
    path = write(tmp_path, head + rows)
    assert run("catalog", path, "-q").exit_code == 1  # a path, and no folder is named
    done = run("catalog", path, "-q", "--json", "--pictures", tmp_path / "pics")
    assert json.loads(done.stdout)["pictures"] == 1
    with engine.connect() as conn:
        urls = dict(conn.execute(text("select external_id, image_url from items")).all())
        item = conn.execute(text("select id from items where external_id = '1'")).scalar_one()
    assert urls == {"1": "", "2": "https://x.example/2.jpg"}
    assert [p.name for p in (tmp_path / "home" / "pictures").iterdir()] == [f"{item}.png"]
    for bad in ("../outside.png", str(tmp_path / "outside.png"), "none.png", "sub", "\u202e.png"):
        more = write(tmp_path, head + rows + f"3\tc\t6 USD\tm\t{bad}\n", "more.tsv")
        refused = run("catalog", more, "-q", "--pictures", tmp_path / "pics")
        assert refused.exit_code == 1, bad
        assert "more.tsv:4" in refused.stderr
        with engine.connect() as conn:
            assert conn.execute(text("select count(*) from items")).scalar_one() == 2


def test_reviews_are_imported_by_the_usual_names(run: Run, engine: Engine, tmp_path: Path) -> None:
    run("catalog", write(tmp_path, HEAD + ROWS), "-q")
    table = "item,text,stars,date\n1,很好,5,2026-03-01\n2,bad quality,1,2026-03-02\n"
    path = write(tmp_path, table, "r.csv")
    done = run("reviews", path, "-q", "--json", "--merchant", "m")
    assert json.loads(done.stdout)["inserted"] == 2
    again = run("reviews", path, "-q", "--json", "--merchant", "m")
    assert json.loads(again.stdout)["unchanged"] == 2
    refused = run("reviews", write(tmp_path, table + "9,x,5,2026-03-01\n", "b.csv"), "-q",
                  "--merchant", "m")  # fmt: skip
    assert (refused.exit_code, "b.csv:4" in refused.stderr) == (1, True)
