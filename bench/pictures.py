"""Classes of product pictures, cross-validated, beside HOG + LAB histogram + SVM on the same folds.

    python bench/pictures.py [--pictures FOLDER]

Prints top-1 of both over the same five folds, three times, the paired difference with a bootstrap
interval over pictures, and pictures read a CPU second.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from adunion.understanding.pictures import head_vectors, pictures_in
from adunion.understanding.pictures.classes import fit
from adunion.understanding.pictures.colour import to_lab
from adunion.understanding.pictures.pixels import opened, resized, square
from adunion.understanding.pictures.shape import gradients

REPEATS = 3


def plain(path: Path) -> np.ndarray:
    """What anyone would try first: gradients of the picture and an 8 x 8 x 8 LAB histogram."""
    lab = to_lab(square(opened(path)))
    cells = (lab.reshape(-1, 3) / [100, 200, 200] + [0, 0.5, 0.5]) * 8
    histogram = np.bincount(np.clip(cells, 0, 7).astype(int) @ [64, 8, 1], minlength=512)
    light = gradients(resized(lab[..., 0] / 100, 64))
    return np.concatenate([light, np.sqrt(histogram / len(cells))])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pictures", type=Path, default=Path("../shared/data/images/clothing"))
    paths = pictures_in(options.parse_args().pictures)
    labels = np.array([path.parent.name for path in paths])
    known, truth = np.unique(labels, return_inverse=True)
    started = time.process_time()
    ours = np.stack([head_vectors(path) for path in paths])
    per_second = len(paths) / (time.process_time() - started)
    theirs = np.stack([plain(path) for path in paths])
    right = np.zeros((2, len(paths)))
    for seed in range(REPEATS):
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        for learn, test in folds.split(labels, labels):
            weights, bias = fit(ours[learn], truth[learn], len(known))
            right[0, test] += (ours[test] @ weights.T + bias).mean(1).argmax(1) == truth[test]
            peer = make_pipeline(StandardScaler(), SVC(C=10)).fit(theirs[learn], truth[learn])
            right[1, test] += peer.predict(theirs[test]) == truth[test]
    right /= REPEATS
    chance = np.random.default_rng(0)
    drawn = chance.integers(0, len(paths), (2000, len(paths)))
    more = (right[0] - right[1])[drawn].mean(1)
    found = {
        "bench": "pictures",
        "pictures": len(paths),
        "classes": len(known),
        "top1": round(float(right[0].mean()), 4),
        "top1_hog_lab_svm": round(float(right[1].mean()), 4),
        "difference_95": [round(float(q), 4) for q in np.quantile(more, [0.025, 0.975])],
        "pictures_a_cpu_second": round(per_second, 1),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
