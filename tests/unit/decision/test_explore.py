"""Exploration: what it changes, how often, and that the logged propensities are the true ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adunion.decision.types import RequestBatch
from adunion.kernel.clock import generator

from .test_engine import CATALOG, ITEMS, QUIET, engine, plan, requests

SHARE = 0.2
EXPLORING = replace(QUIET, explore_bps=2_000)
FILLED, RANKED = 4, 8  # 4 slots, and as many below


def with_ids(batch: RequestBatch, seed: int) -> RequestBatch:
    ids = np.frombuffer(generator(seed).bytes(16 * len(batch)), "V16")
    return replace(batch, request=ids)


def test_one_slot_gets_another_item_for_free_and_nobody_moved_it() -> None:
    asked = requests(4_000)
    plain = engine([plan(0)]).decide(asked)
    out = engine([plan(0)], EXPLORING).decide(asked)
    changed = out.item != plain.item
    rows = changed.any(axis=1)
    assert rows.mean() == pytest.approx(SHARE, abs=0.02)
    swapped = changed.sum(axis=1) == 2
    assert ((changed.sum(axis=1) == 1) | swapped | ~rows).all()
    assert swapped.sum() / rows.sum() == pytest.approx(3 / 7, abs=0.06)  # of 7 others 3 on the page
    assert (out.price_micros[changed] == 0).all()
    assert not out.moved[changed].any()
    np.testing.assert_array_equal(out.exposure, plain.exposure)
    np.testing.assert_array_equal(out.exposure_organic[changed], out.exposure[changed])
    still = ~changed
    np.testing.assert_array_equal(out.price_micros[still], plain.price_micros[still])
    assert all(len(set(row)) == 4 for row in out.item.tolist())


def test_the_logged_propensity_is_the_share_of_requests_that_show_it() -> None:
    market = engine([], EXPLORING)
    chances = generator(5).uniform(0.02, 0.2, ITEMS).astype(np.float32)
    market.predict = lambda _, c: (chances[c.item], np.full(len(c.item), 0.1, np.float32))
    out = market.decide(with_ids(requests(60_000), 9))
    for slot in range(FILLED):
        items, counts = np.unique(out.item[:, slot], return_counts=True)
        assert len(items) == RANKED
        for item, count in zip(items, counts, strict=True):
            said = out.propensity[:, slot][out.item[:, slot] == item]
            assert said.std() < 1e-6
            chance = float(said[0])
            noise = float(np.sqrt(chance * (1 - chance) / 60_000))
            assert count / 60_000 == pytest.approx(chance, abs=4.5 * noise)


def test_the_same_request_is_explored_alike_whenever_and_with_whomever_it_is_decided() -> None:
    asked = requests(400)
    together = engine([plan(0)], EXPLORING).decide(asked)
    single = engine([plan(0)], EXPLORING)
    rows = [
        single.decide(
            replace(
                requests(1), request=asked.request[row : row + 1], at_us=asked.at_us[row : row + 1]
            )
        )
        for row in range(400)
    ]
    np.testing.assert_array_equal(together.item, np.concatenate([one.item for one in rows]))
    np.testing.assert_array_equal(
        together.propensity, np.concatenate([one.propensity for one in rows])
    )


def test_an_explored_page_keeps_the_caps() -> None:
    market = engine([plan(0)], replace(QUIET, explore_bps=10_000, merchant_cap=1))
    owners = CATALOG.merchant[market.decide(requests(2_000)).item]
    assert all(len(set(row)) == 4 for row in owners.tolist())


def test_a_page_of_one_item_has_nothing_to_explore() -> None:
    market = engine([], replace(QUIET, explore_bps=10_000))
    retrieve = market.retrieve

    def one(batch: RequestBatch):  # type: ignore[no-untyped-def]
        found = retrieve(batch)
        first = found.offsets[:-1]
        return replace(
            found, offsets=np.arange(len(batch) + 1), item=found.item[first],
            relevance=found.relevance[first], source=found.source[first],
        )  # fmt: skip

    market.retrieve = one
    out = market.decide(requests(50))
    assert (out.propensity[:, 0] == 1).all()
    assert (out.item[:, 0] == 0).all()
