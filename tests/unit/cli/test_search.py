from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adunion.cli import app
from adunion.kernel.errors import AdUnionError

GOODS = [("a", "USB-C hub 4 port"), ("b", "手机壳 防摔"), ("c", "Laser printer")]


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, ["search", *map(str, arguments)])
    if done.exception is not None:
        raise done.exception
    return done.stdout


def feed(path: Path, goods: list[tuple[str, str]]) -> Path:
    rows = [
        {"id": id_, "title": title, "price": "9.00 USD", "merchant": "m"} for id_, title in goods
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_build_query_update_and_evaluate(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    mapping = tmp_path / "m.toml"
    names = ("id", "title", "price", "merchant")
    mapping.write_text("[catalog.fields]\n" + "".join(f'{n} = "{n}"\n' for n in names))
    catalog = feed(tmp_path / "goods.jsonl", GOODS)
    build = ("build", "--catalog", catalog, "-m", mapping, "--out", folder, "--embedder", "none")
    assert json.loads(run(*build, "--json"))["items"] == 3

    asked, out = tmp_path / "q.txt", tmp_path / "run.tsv"
    asked.write_bytes("usb hub\n\nshoujike\n\xff\xfe printer\n".encode("latin-1"))
    run("query", "--queries", asked, "--out", out, "--index", folder)
    rows = [line.split("\t") for line in out.read_text().splitlines()]
    assert [(row[1], row[2]) for row in rows] == [("1", "a"), ("1", "b"), ("1", "c")]

    more = feed(tmp_path / "more.jsonl", [("d", "USB hub 7 port")])
    run("update", "--catalog", more, "-m", mapping, "--withdraw", "c", "--index", folder)
    assert "Laser" not in run("query", "printer", "--index", folder)
    hubs = json.loads(run("query", "hub", "--index", folder, "--json"))
    assert {row["item"] for row in hubs} == {"a", "d"}
    with pytest.raises(AdUnionError, match="No item 'zz'"):
        run("update", "--withdraw", "zz", "--index", folder)

    ratings = tmp_path / "r.csv"
    ratings.write_text("query,docid,final_rating\nusb c,a,3\nnothing,d,0\n")
    found = json.loads(run("evaluate", "--ratings", ratings, "--index", folder, "--json"))
    assert (found["ndcg_at_10"], found["queries"]) == (1.0, 1)


def test_a_search_index_needs_no_merchant(tmp_path: Path) -> None:
    catalog, folder = tmp_path / "goods.csv", tmp_path / "index"
    catalog.write_text("id,title,price\na,USB hub,9 USD\nb,Laser printer,90 USD\n")
    run("build", "--catalog", catalog, "--out", folder, "--embedder", "none")
    catalog.write_text("id,title,price\nb,Inkjet printer,80 USD\n")
    run("update", "--catalog", catalog, "--index", folder)
    assert "Inkjet" in run("query", "printer", "--index", folder)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(AdUnionError, match="no search index"):
        run("query", "hub", "--index", tmp_path)
    with pytest.raises(AdUnionError, match="one query"):
        run("query", "--index", tmp_path)
    with pytest.raises(AdUnionError, match="no such file"):
        run("build", "--catalog", tmp_path / "absent.csv", "--out", tmp_path / "i")
