"""How well needs are found: every source alone, all together, on cases written by hand.

    python bench/needs.py [--orders FILE --mapping M ...] [--reviews FILE] [--split test] [--fit]

precision@5: of the first five, how many are accepted; recall@10: of the accepted needs, how many
are among the first ten; hit@3: whether any of the first three is. Cases that need nothing count in
`silent`: the share that rightly gives nothing. `--fit` learns the weights from the train split.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from adunion.understanding.embed import embedder
from adunion.understanding.needs import Asked, Knowledge, Library, NeedFinder, OrderLinks, Weights
from adunion.understanding.needs.opinions import Opinions
from adunion.understanding.needs.sources import SOURCES
from adunion.understanding.needs.types import Product
from adunion.understanding.needs.weigh import FILE, features, fit
from adunion.understanding.needs.words import NameFinder
from adunion.understanding.orderfile import OrderColumns

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "src/adunion/understanding/needs"
PRIOR = {"all": 3.5, "words": 1.75}  # of a language model: its first need alone is even odds


@dataclass(frozen=True)
class Case:
    """One text, and the needs that would be right."""

    split: str
    kind: str
    language: str
    text: str
    accepted: list[re.Pattern[str]]


def cases(path: Path = HERE / "needs" / "cases.txt") -> list[Case]:
    out = []
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        split, kind, language, text, needs = (part.strip() for part in line.split(" | "))
        groups = [] if needs == "-" else [_accepts(need) for need in needs.split(";")]
        out.append(Case(split, kind, language, text, groups))
    return out


def _accepts(need: str) -> re.Pattern[str]:
    words = [word.strip() for word in need.split("/") if word.strip()]
    parts = [rf"\b{word}" if word.isascii() else word for word in words]
    return re.compile("|".join(parts), re.IGNORECASE)


def right(product: Product, case: Case) -> bool:
    return any(each.search(" / ".join(product.names)) for each in case.accepted)


def score(finder: NeedFinder, chosen: list[Case], rank) -> dict[str, float]:
    products = finder.library.knowledge.products
    precision, recall, hit, silent = [], [], [], []
    for case in chosen:
        found = [products[row] for row in rank(case)]
        if not case.accepted:
            silent.append(not found)
            continue
        good = [right(product, case) for product in found[:10]]
        covered = sum(
            any(each.search(" / ".join(product.names)) for product in found[:10])
            for each in case.accepted
        )
        precision.append(sum(good[:5]) / 5)
        recall.append(covered / len(case.accepted))
        hit.append(any(good[:3]))
    out = {
        "cases": len(chosen),
        "precision@5": round(float(np.mean(precision)), 3),
        "recall@10": round(float(np.mean(recall)), 3),
        "hit@3": round(float(np.mean(hit)), 3),
    }
    return out | ({"silent": round(float(np.mean(silent)), 3)} if silent else {})


def learn(finder: NeedFinder, chosen: list[Case], prior: float) -> Weights:
    rows, labels = [], []
    products = finder.library.knowledge.products
    for case in chosen:
        asked = Asked(case.text, case.kind, finder.library)
        for product, row in features(finder.hits(asked)).items():
            rows.append(row)
            labels.append(right(products[product], case))
    return fit(rows, np.array(labels, np.float64), {"llm": prior, "llm / best": 0.0})


def calibration(finder: NeedFinder, chosen: list[Case]) -> dict[str, float]:
    """Mean gap between strength and the share that is right, over tenths of strength."""
    products = finder.library.knowledge.products
    pairs = [
        (need.strength, right(products[need.product], case))
        for case in chosen if case.accepted
        for need in finder.read(case.text, case.kind).needs
    ]  # fmt: skip
    strength, good = np.array(pairs, float).T
    bins = np.minimum((strength * 5).astype(int), 4)
    gap = sum(
        abs(strength[bins == b].mean() - good[bins == b].mean()) * (bins == b).mean()
        for b in range(5)
        if (bins == b).any()
    )
    figures = {"right": good.mean(), "strength": strength.mean(), "gap": gap}
    return {"needs": len(pairs)} | {name: round(float(each), 3) for name, each in figures.items()}


def links(knowledge: Knowledge, files: list[tuple[Path, str]]) -> OrderLinks | None:
    said = OrderColumns()
    for path, mapping in files:
        said.read(path, mapping)
    if not said.order:
        return None
    finder = NameFinder(knowledge.names)
    return OrderLinks.learn(finder, said.order, said.shopper, said.day.astype(int), said.title)


def reviews(path: Path | None) -> list[str]:
    if path is None:
        return []
    import pyarrow.parquet as pq

    return [text for text in pq.read_table(path, columns=["review"])["review"].to_pylist() if text]


def alone(library: Library, name: str, chosen: list[Case]) -> dict[str, float]:
    """The figures of one source, its needs in the order of its own score."""
    finder = NeedFinder(library, Weights(0.0, {}, {}), sources=[name])

    def rank(case: Case) -> list[int]:
        hits = finder.hits(Asked(case.text, case.kind, library)).get(name, [])
        return [hit.product for hit in sorted(hits, key=lambda hit: -hit.score)]

    return score(finder, chosen, rank)


def compare(library: Library, chosen: list[Case]) -> dict[str, object]:
    finder = NeedFinder(library)

    def together(case: Case) -> list[int]:
        return [need.product for need in finder.read(case.text, case.kind).needs]

    absent = {"llm", *(["orders"] if library.links is None else [])}
    absent |= set() if library.opinions else {"reviews"}
    out: dict[str, object] = {
        name: alone(library, name, chosen) for name in SOURCES.names() if name not in absent
    }
    out["together"] = score(finder, chosen, together)
    for language in sorted({case.language for case in chosen}):
        part = [case for case in chosen if case.language == language and case.accepted]
        out[f"together {language}"] = score(finder, part, together)
    return out | {"calibration": calibration(finder, chosen)}


def misses(library: Library, chosen: list[Case]) -> None:
    finder = NeedFinder(library)
    for case in chosen:
        found = [
            library.knowledge.products[n.product] for n in finder.read(case.text, case.kind).needs
        ]
        good = [right(each, case) for each in found[:3]]
        if (not any(good)) if case.accepted else found:
            print(case.kind, case.text, "->", [each.zh for each in found][:6], file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=Path, action="append", default=[])
    parser.add_argument("--mapping", action="append", default=[])
    parser.add_argument("--reviews", type=Path)
    parser.add_argument("--split", default="test", choices=["train", "dev", "test"])
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--misses", action="store_true")
    said = parser.parse_args()
    knowledge = Knowledge.load()
    pairs = list(zip(said.orders, said.mapping, strict=True))
    written = reviews(said.reviews)
    opinions = Opinions(written, NameFinder(knowledge.names)) if written else None
    library = Library(knowledge, embedder(), links(knowledge, pairs), opinions)
    every = cases()
    if said.fit:
        learnt: dict[str, object] = {"about": "python bench/needs.py --fit, on the train cases"}
        train = [case for case in every if case.split == "train"]
        for name, known in (("all", library), ("words", Library(knowledge))):
            blank = NeedFinder(known, Weights(0.0, {}, {}))
            learnt[name] = learn(blank, train, PRIOR[name]).as_dict()
        (PACKAGE / FILE).write_bytes(orjson.dumps(learnt, option=orjson.OPT_INDENT_2) + b"\n")
    chosen = [case for case in every if case.split == said.split]
    if said.misses:
        misses(library, chosen)
    found = {"split": said.split} | compare(library, chosen)
    print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


if __name__ == "__main__":
    main()
