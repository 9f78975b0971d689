"""What is known of a query and an item together: a few numbers that a small model weighs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .types import Floats, Ints

NAMES = (
    "best",  # how strongly the best field of each concept says it
    "title", "label", "description", "attributes",  # the same of each field alone
    "cover", "whole", "title_cover", "title_whole",  # share of the query said; whether all of it
    "phrase",  # neighbours in the query that are neighbours in the title
    "early",  # where in the title the query's last word stands, 1 at the front
    "aside",  # said only after a "for", "compatible with", 适用
    "short",  # of the title
    "company",  # cosine with the mean of what matches best
    "meaning",  # cosine with the query itself, calibrated; 0 where it was not needed
    "price",  # among the candidates, 0 cheapest, 1 dearest
)  # fmt: skip


@dataclass(frozen=True)
class Titles:
    """What features read of each item's title."""

    words: Ints  # (n,) words
    aside: Ints  # (n,) words before the first "for"; the number of words where there is none
    log_price: Floats  # (n,)


def features(
    detail: Floats,
    told: Floats,
    weight: Floats,
    first_words: Ints,
    titles: Titles,
    rows: Ints,
    company: Floats,
    meaning: Floats,
) -> Floats:
    """The features of k candidates, (k, len(NAMES)).

    `detail` (k, C, fields) and `told` (k, C, 2) are as `Postings.detail` gives them, `weight` (C,)
    what a concept counts for, `first_words` (k, C) where in the title it stands, -1 where it does
    not; `company` and `meaning` (k,) are cosines.
    """
    fields = np.einsum("kcf,c->kf", detail, weight)
    best = detail[:, :, (0, 2)].max(2, initial=0) @ weight
    cover, title_cover = told[:, :, 0] @ weight, told[:, :, 1] @ weight
    steps = (first_words[:, 1:] - first_words[:, :-1] == 1) & (first_words[:, :-1] >= 0)
    phrase = steps.mean(1) if steps.shape[1] else np.zeros(len(rows))
    words = np.maximum(titles.words[rows], 1)
    last = first_words[:, -1] if first_words.shape[1] else np.full(len(rows), -1)
    early = np.where(last >= 0, 1 - last / words, 0)
    seen = first_words >= 0
    after = (first_words >= titles.aside[rows][:, None]) & seen
    aside = (after.sum(1) == seen.sum(1)) & seen.any(1)
    return np.column_stack(
        (
            best, fields, cover, cover > 0.999, title_cover, title_cover > 0.999, phrase, early,
            aside, 1 / np.sqrt(words), company, meaning, _ranks(titles.log_price[rows]),
        )
    ).astype(np.float32)  # fmt: skip


def _ranks(values: Floats) -> npt.NDArray[np.float64]:
    """Each value's share of those below it, ties in the middle; 0.5 where there is one."""
    if len(values) < 2:
        return np.full(len(values), 0.5)
    ordered = np.sort(values)
    low = np.searchsorted(ordered, values, "left")
    high = np.searchsorted(ordered, values, "right") - 1
    return np.asarray((low + high) / 2 / (len(values) - 1))
