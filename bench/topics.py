"""Commerce or not: 200 topics from 2025-06 on, labelled by hand.

`python bench/topics.py [--data FILE]`. `topics_labels.csv` names a topic by the hash of its
title (`trends.board.slug`); the titles are looked up in FILE. Not a blind test: the labelled titles
had been seen before the words of `commerce.toml` were written, so expect less of another list.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from adunion.understanding.needs import Knowledge, Library
from adunion.understanding.trends import Classifier, Linker, read
from adunion.understanding.trends.board import slug

DATA = Path("../shared/data/trends/weibo_hourly.parquet")
LABELS = Path(__file__).with_name("topics_labels.csv")
VERDICTS = ("yes", "maybe", "no")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=DATA)
    given = options.parse_args()
    if not given.data.exists():
        print(f"{given.data} is not there: nothing to measure.", file=sys.stderr)
        return
    topics = read(given.data)
    row_of = {slug(title): row for row, title in enumerate(topics.titles)}
    first = np.unique(topics.topic, return_index=True)[1]
    with LABELS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["topic"] in row_of]
    if not rows:
        print(f"{given.data} has none of the labelled topics.", file=sys.stderr)
        return
    linker = Linker(Library(Knowledge.load()), Classifier.load(), meaning=False)
    said = []
    for row in rows:
        at = row_of[row["topic"]]
        link = linker.link(topics.titles[at], topics.category[first[at]])
        said.append(link.commerce.verdict)
    table = Counter((row["goods"], verdict) for row, verdict in zip(rows, said, strict=True))
    goods = [row["goods"] != "no" for row in rows]
    found = [verdict != "no" for verdict in said]
    both = sum(a and b for a, b in zip(goods, found, strict=True))
    unsafe = [verdict for row, verdict in zip(rows, said, strict=True) if row["unsafe"] == "1"]
    result = {
        "topics": len(rows),
        "table": {a: {b: table[a, b] for b in VERDICTS} for a in VERDICTS},
        "right": round(sum(table[a, a] for a in VERDICTS) / len(rows), 3),
        "goods_precision": round(both / sum(found), 3),
        "goods_recall": round(both / sum(goods), 3),
        "unsafe": len(unsafe),
        "unsafe_linked": sum(verdict != "no" for verdict in unsafe),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
