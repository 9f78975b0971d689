"""Commerce or not: 200 topics from 2025-06 on, labelled by hand, none used to choose the words."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

from adunion.understanding.needs import Knowledge, Library
from adunion.understanding.trends import Classifier, Linker

LABELLED = Path(__file__).parent / "topics_labelled.csv"
VERDICTS = ("yes", "maybe", "no")


def main() -> None:
    linker = Linker(Library(Knowledge.load()), Classifier.load(), meaning=False)
    with LABELLED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    said = [linker.link(row["title"], row["category"]).commerce.verdict for row in rows]
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
