from __future__ import annotations

import numpy as np
import pytest

from adunion.catalog.snapshot import build_snapshot
from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.ids import encode
from adunion.understanding.embed import Cached, unit
from adunion.understanding.nearest import NEAREST_MAX, NearestItems

KINDS = 40


class Kinds:
    """A vector says the kind of thing, the text's first word, and little else."""

    name, dimension = "kinds", KINDS

    def embed(self, texts: list[str], kind: str = "query") -> np.ndarray:  # type: ignore[type-arg]
        rows = np.full((len(texts), KINDS), 0.5, np.float32)
        for row, text in enumerate(texts):
            word = text.split()[0]
            number = int(word) if word.isdigit() else sum(map(ord, word))
            rows[row, number % KINDS] += 3 - 0.001 * len(text)
        return unit(rows)


def shop(items: int) -> CatalogSnapshot:
    rows = [
        (f"itm_{encode(n.to_bytes(16, 'big'))}", f"{n} thing", "", "", "c", "m", "", 100, 4.5, 1)
        for n in range(items)
    ]
    return build_snapshot("CNY", rows)


def test_the_nearest_stand_out_and_come_first() -> None:
    nearest = NearestItems.build(shop(800), Cached(Kinds()))  # type: ignore[arg-type]
    rows, relevance = nearest.found("7 ?")
    assert set((rows % KINDS).tolist()) == {7}
    assert 10 <= len(rows) <= NEAREST_MAX
    assert (np.diff(relevance) <= 0).all()
    assert 0 <= relevance.min() <= relevance.max() <= 1
    assert np.array_equal(nearest.found("7 ?")[0], rows)


@pytest.mark.parametrize(("items", "query"), [(0, "7 ?"), (80, ""), (80, "  ")])
def test_nothing_to_find_finds_nothing(items: int, query: str) -> None:
    rows, relevance = NearestItems.build(shop(items), Cached(Kinds())).found(query)  # type: ignore[arg-type]
    assert len(rows) == len(relevance) == 0


def test_a_first_query_is_not_waited_for() -> None:
    reads = Cached(Kinds())  # type: ignore[arg-type]
    nearest = NearestItems.build(shop(400), reads, patience_s=0)
    nearest.found("7 ?")
    reads.embed(["7 ?"])
    assert len(nearest.found("7 ?")[0]) >= 5
