"""Tagging Chinese titles, beside a plain character-window CRF, on text not trained on.

    python bench/tagging.py [--data FOLDER] [--searches FILE] [--shipped | --random]

Trains them on train.txt (with --shipped ours is the one that ships, which was trained on it) and
prints F1 on dev.txt as it is (nearly half of its titles stand in train.txt too, and ours knows
those by heart) and on those titles only that train.txt does not have: "unseen". `f1` counts exact
parts; `three` leaves MISC out; `characters_f1` is of each character's B- or I- label, the mean over
labels by how often they are (`flat_f1_score` of sklearn-crfsuite). `default_crf` is the plain one
with CRFsuite's own settings, 100 rounds. `taught` is the share of train.txt's titles whose parts
come back exactly as they were taught. Also characters a CPU second of tagging. With --random both
files are put together and a tenth, drawn by chance, is kept for the test: another such split.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from adunion.understanding.tagging import bounds, f1, read_tagged, shipped, train
from adunion.understanding.tagging.corpus import Bounds, Title

DEFAULT = {"max_iterations": 100}
PLAIN = {"c1": 0.05, "c2": 0.05, "max_iterations": 80, "feature.possible_transitions": True}


def plain(titles: list[Title], settings: dict[str, object]) -> Callable[[str], list[Bounds]]:
    """Windows of characters, nothing else."""
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    for text, labels in titles:
        trainer.append(_windows(text.lower()), labels)
    trainer.set_params(settings)
    with TemporaryDirectory() as folder:
        trainer.train(f"{folder}/plain.crf")
        model = pycrfsuite.Tagger()
        model.open(f"{folder}/plain.crf")
    return lambda text: bounds(model.tag(_windows(text.lower())))


def _windows(lower: str) -> list[list[str]]:
    """Of each character those beside it, alone, in pairs and in threes."""
    padded = ["<s>", "<s>", *lower, "</s>", "</s>"]
    found = []
    for at in range(len(lower)):
        a, b, c, d, e = padded[at : at + 5]
        found.append(
            [f"0{c}", f"1{b}", f"2{d}", f"3{a}", f"4{e}", f"5{b}{c}", f"6{c}{d}", f"7{a}{b}",
             f"8{d}{e}", f"9{b}{d}", f"a{a}{b}{c}", f"b{b}{c}{d}", f"c{c}{d}{e}"]
        )  # fmt: skip
    return found


def characters_f1(said: list[list[Bounds]], truth: list[list[Bounds]]) -> float:
    """Of each character's B- or I- label, the mean over labels by how often they are."""
    ours, theirs = ([(row, at, f"{'I' if at > start else 'B'}-{code}")
                     for row, parts in enumerate(titles)
                     for start, end, code in parts for at in range(start, end)]
                    for titles in (said, truth))  # fmt: skip
    right = Counter(label for *_, label in set(ours) & set(theirs))
    by_us, by_them = (Counter(label for *_, label in each) for each in (ours, theirs))
    each = {label: 2 * right[label] / (by_us[label] + often) for label, often in by_them.items()}
    return sum(each[label] * often for label, often in by_them.items()) / max(len(theirs), 1)


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
    found["taught"] = round(np.mean([ours.bounds(t) == bounds(labels) for t, labels in learn]), 4)
    peers = {"plain_crf": plain(learn, PLAIN), "default_crf": plain(learn, DEFAULT)}
    for name, read in {"ours": ours.bounds, **peers}.items():
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
            found[f"characters_f1_{what}_{name}"] = round(characters_f1(said, truth), 4)
        found[f"characters_a_cpu_second_{name}"] = round(sum(len(t) for t, _ in rows) / spent)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
