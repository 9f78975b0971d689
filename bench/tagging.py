"""Tagging Chinese titles, beside a plain character-window CRF, on text not trained on.

    python bench/tagging.py [--data FOLDER] [--searches FILE]

Trains both on train.txt and prints span F1 on dev.txt as it is (nearly half of its titles stand in
train.txt too) and on those titles only that train.txt does not have: "unseen". Also characters a
CPU second of tagging.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from adunion.understanding.tagging import bounds, f1, read_tagged, train
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


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=Path("../shared/data/language/ecommerce_ner"))
    options.add_argument(
        "--searches", type=Path, default=Path("../shared/data/search/taobao_queries.txt")
    )
    given = options.parse_args()
    learn, test = read_tagged(given.data / "train.txt"), read_tagged(given.data / "dev.txt")
    lines = given.searches.read_text("utf-8").splitlines() if given.searches.exists() else []
    searches = [line.split("\t")[-1] for line in lines]
    seen = {text for text, _ in learn}
    fresh = [(text, labels) for text, labels in test if text not in seen]
    found = {"bench": "tagging", "titles": len(test), "unseen_titles": len(fresh)}
    for name, read in (("ours", train(learn, searches, []).bounds), ("plain_crf", plain(learn))):
        for what, rows in (("dev", test), ("unseen", fresh)):
            started = time.process_time()
            said = [read(text) for text, _ in rows]
            spent = time.process_time() - started
            found[f"f1_{what}_{name}"] = round(f1(said, [bounds(labels) for _, labels in rows]), 4)
        found[f"characters_a_cpu_second_{name}"] = round(sum(len(t) for t, _ in rows) / spent)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
