"""Whether a search for a thing brings the thing, not what goes with it; prints JSON.

`python bench/head_queries.py [--data ../shared/data]`

`head_queries.csv` has queries of our own over four catalogs: a query passes where the title of its
first item matches `first` and those of its first three do not match `never` (patterns of whole
words and their plurals). The rules were made with the half `tune` in sight; `report` is the figure.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from pathlib import Path

from adunion.understanding.search import SearchIndex, read_catalog, searcher

FILES = {"icecat": ("icecat_products.jsonl", "icecat_products")} | {
    name: (f"{name}.parquet", name) for name in ("shopee", "lazada", "shein")
}


def says(title: str, words: str) -> bool:
    """Whether a title says one of the words, in the singular or the plural."""
    return re.search(rf"(?<![^\W\d_])(?:{words})(?:e?s)?(?![^\W\d_])", title.lower()) is not None


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = arguments.parse_args()
    rows = list(csv.DictReader(Path(__file__).with_suffix(".csv").open(encoding="utf-8")))
    passed: dict[str, list[bool]] = {"tune": [], "report": []}
    failed: dict[str, dict[str, list[str]]] = {"tune": {}, "report": {}}
    for name, (file, mapping) in FILES.items():
        index = SearchIndex.build(read_catalog(given.data / "catalog" / file, mapping))
        shop = searcher(index)
        for row in (row for row in rows if row["catalog"] == name):
            hits = shop.search(row["query"], 3)
            titles = [index.entries[hit.id].item.title for hit in hits]
            good = bool(titles) and says(titles[0], row["first"])
            good = good and not any(says(title, row["never"]) for title in titles)
            passed[row["half"]].append(good)
            if not good:
                failed[row["half"]][f"{name}: {row['query']}"] = [title[:60] for title in titles]
    answer = {half: {"passed": sum(each), "of": len(each)} for half, each in passed.items()}
    print(json.dumps({**answer, "failed": failed}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
