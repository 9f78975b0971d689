"""What is known of a query and an item together: a few numbers that a small model weighs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .types import Floats, Ints

NAMES = (
    "best",  # how strongly title or description, the better for each concept, says it
    "title", "label", "description", "attributes",  # the same of each field alone
    "cover", "whole",  # share of the query said anywhere; how far the least said concept is
    "aside",  # said only after a "for", "compatible with", 适用
    "part",  # an accessory, or for what is asked for, where none was asked for; not by its label
    "meaning",  # likeness to the query itself; 0 where it was not needed
)  # fmt: skip


@dataclass(frozen=True)
class Titles:
    """What features read of each item's title."""

    aside: Ints  # (n,) words before the first "for"; the number of words where there is none
    part: npt.NDArray[np.bool_]  # (n,) an accessory
    part_label: npt.NDArray[np.bool_]  # (n,) brand and category speak of accessories


def features(
    detail: Floats,
    told: Floats,
    weight: Floats,
    first_words: Ints,
    titles: Titles,
    rows: Ints,
    meaning: Floats,
    part_asked: bool,
    made_for: npt.NDArray[np.bool_],
) -> Floats:
    """The features of k candidates, (k, len(NAMES)).

    `detail` (k, C, fields) and `told` (k, C) are as `Postings.detail` gives them, `weight` (C,)
    what a concept counts for, `first_words` (k, C) where in the title it stands, -1 where it does
    not; `meaning` (k,) likeness; `made_for` (k,) whether the item is something
    for what is asked for.
    """
    fields = np.einsum("kcf,c->kf", detail, weight)
    best = detail[:, :, (0, 2)].max(2, initial=0) @ weight
    cover = told @ weight
    seen = first_words >= 0
    after = (first_words >= titles.aside[rows][:, None]) & seen
    aside = (after.sum(1) == seen.sum(1)) & seen.any(1)
    labelled = (detail[:, :, 1] > 0).all(1) & ~titles.part_label[rows]
    part = ((titles.part[rows] & ~labelled) | made_for) & (not part_asked)
    columns = (best, fields, cover, told.min(1, initial=1), aside, part, meaning)
    return np.column_stack(columns).astype(np.float32)
