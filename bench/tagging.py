"""Tagging Chinese titles, beside a plain character-window CRF, on text not trained on.

    python bench/tagging.py [--data FOLDER] [--searches FILE] [--shipped | --random]

Trains both on train.txt (two to three CPU minutes; with --shipped ours is the one that ships, which
was trained on it) and prints F1 on dev.txt as it is (nearly half of its titles stand in train.txt
too) and on those titles only that train.txt does not have: "unseen". `f1` counts exact parts,
`characters_f1` every character of a part with its B- or I- label; `three` leaves MISC out. Also
characters a CPU second of tagging. With --random both files are put together and a tenth, drawn by
chance, is kept for the test: a split in which more of the titles stand in the other part.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from adunion.understanding.tagging import bounds, f1, read_tagged, shipped, train
from adunion.understanding.tagging.corpus import Bounds
from adunion.understanding.tagging.features import _characters


def plain(titles: list[tuple[str, list[str]]]) -> Callable[[str], list[Bounds]]:
    """Windows of characters, nothing else."""
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    for text, labels in titles:
        trainer.append(_characters(text.lower()), labels)
    settings = {"c1": 0.05, "c2": 0.05, "max_iterations": 80, "feature.possible_transitions": True}
    trainer.set_params(settings)
    with TemporaryDirectory() as folder:
        trainer.train(f"{folder}/plain.crf")
        model = pycrfsuite.Tagger()
        model.open_inmemory(Path(f"{folder}/plain.crf").read_bytes())
        return lambda text: bounds(model.tag(_characters(text.lower())))


def characters(titles: list[list[Bounds]]) -> list[list[Bounds]]:
    """Each character of a part as one of its own, with its label."""
    return [
        [(at, at + 1, f"{'I' if at > start else 'B'}-{code}")
         for start, end, code in parts for at in range(start, end)]
        for parts in titles
    ]  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=Path("../shared/data/language/ecommerce_ner"))
    options.add_argument(
        "--searches", type=Path, default=Path("../shared/data/search/taobao_queries.txt")
    )
    how = options.add_mutually_exclusive_group()
    how.add_argument("--shipped", action="store_true", help="Ours is the tagger that ships")
    how.add_argument("--random", action="store_true", help="Test a random tenth of both files")
    given = options.parse_args()
    learn, test = read_tagged(given.data / "train.txt"), read_tagged(given.data / "dev.txt")
    if given.random:
        both = [*learn, *test]
        order = np.random.default_rng(0).permutation(len(both))
        cut = len(both) // 10
        test, learn = ([both[row] for row in some] for some in (order[:cut], order[cut:]))
    lines = given.searches.read_text("utf-8").splitlines() if given.searches.exists() else []
    searches = [line.split("\t")[-1] for line in lines]
    seen = {text for text, _ in learn}
    fresh = [(text, labels) for text, labels in test if text not in seen]
    found = {"bench": "tagging", "titles": len(test), "unseen_titles": len(fresh)}
    ours = shipped() if given.shipped else train(learn, searches, [])
    for name, read in (("ours", ours.bounds), ("plain_crf", plain(learn))):
        read(test[0][0])  # what is compiled or unpacked once
        for what, rows in (("dev", test), ("unseen", fresh)):
            started = time.process_time()
            said = [read(text) for text, _ in rows]
            spent = time.process_time() - started
            truth = [bounds(labels) for _, labels in rows]
            found[f"f1_{what}_{name}"] = round(f1(said, truth), 4)
            three = [[[part for part in each if part[2] != "MISC"] for each in side]
                     for side in (said, truth)]  # fmt: skip
            found[f"f1_three_{what}_{name}"] = round(f1(*three), 4)
            found[f"characters_f1_{what}_{name}"] = round(f1(*map(characters, (said, truth))), 4)
        found[f"characters_a_cpu_second_{name}"] = round(sum(len(t) for t, _ in rows) / spent)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
