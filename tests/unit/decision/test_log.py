"""The log of decisions: what it keeps is what was decided, and it is found again."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from adunion.decision.log import BLOCK_REQUESTS, CANDIDATES_MAX, DecisionLog
from adunion.decision.types import RequestBatch

from .test_engine import CATALOG, QUIET, engine, plan, requests


def one(asked: RequestBatch, row: int) -> RequestBatch:
    columns = ("request", "at_us", "placement", "slots", "shopper", "profile", "query", "consent")
    cut = {name: getattr(asked, name)[row : row + 1] for name in columns}
    return replace(asked, context_offsets=np.zeros(2, np.int64), **cut)


EXPLORING = replace(QUIET, explore_bps=3_000)


def test_what_is_kept_is_what_was_decided(tmp_path: Path) -> None:
    market = engine([plan(0), plan(1)], EXPLORING)
    market.log = DecisionLog(tmp_path, one_in=1)
    asked = requests(300)
    out = market.decide(asked)
    market.log.flush()
    found = DecisionLog(tmp_path, one_in=1).read()
    assert found is not None
    assert len(found) == 300
    owner = np.repeat(np.arange(300), np.diff(found.offsets))
    shown = found.slot >= 0
    at = (owner[shown], found.slot[shown])
    np.testing.assert_array_equal(found.item[shown], CATALOG.raw[out.item[at]])
    np.testing.assert_array_equal(found.price[shown], out.price_micros[at])
    np.testing.assert_array_equal(found.propensity[shown], out.propensity[at])
    np.testing.assert_array_equal(found.moved[shown], out.moved[at])
    np.testing.assert_array_equal(found.pctr[shown], out.pctr[at])
    assert (found.propensity[~shown] == 0).all()
    assert ((found.bid > 0) == (found.plan != np.zeros(1, "V16")[0])).all()
    assert (found.home != found.slot).any()
    assert (found.ranked == 60).all()
    score = found.organic + found.bid
    for row in range(300):
        own = score[found.offsets[row] : found.offsets[row + 1]]
        assert len(own) <= CANDIDATES_MAX
        assert (np.diff(own) <= 0).all()


def test_a_share_is_kept_whatever_the_batch(tmp_path: Path) -> None:
    asked = requests(4_000)
    log = DecisionLog(tmp_path, one_in=20)
    chosen = log.chosen(asked.request)
    assert 140 < len(chosen) < 260
    alone = [row for row in range(4_000) if len(log.chosen(asked.request[row : row + 1]))]
    assert alone == chosen.tolist()


def test_a_request_is_found_in_memory_and_on_disk(tmp_path: Path) -> None:
    market = engine([plan(0)], QUIET)
    market.log = DecisionLog(tmp_path, one_in=1)
    asked = requests(5)
    market.decide(asked)
    wanted = bytes(asked.request[3])
    for log in (market.log, DecisionLog(tmp_path, 1)):
        found = log.find(wanted)
        assert found is not None
        assert found.request[0] == asked.request[3]
        market.log.flush()
    assert market.log.find(b"\1" * 16) is None


def test_a_torn_block_is_left_out(tmp_path: Path) -> None:
    market = engine([plan(0)], QUIET)
    market.log = DecisionLog(tmp_path, one_in=1)
    market.decide(requests(BLOCK_REQUESTS))
    (path,) = tmp_path.glob("*.npz")
    (tmp_path / "0000000000000001-000000.npz").write_bytes(path.read_bytes()[:1000])
    found = DecisionLog(tmp_path, 1).read()
    assert found is not None
    assert len(found) == BLOCK_REQUESTS


def test_single_requests_are_kept_as_those_of_a_batch(tmp_path: Path) -> None:
    asked = requests(100)
    logs = []
    for folder in ("batch", "single"):
        market = engine([plan(0), plan(1)], EXPLORING)
        market.log = DecisionLog(tmp_path / folder, one_in=3)
        rows = [asked] if folder == "batch" else [one(asked, row) for row in range(100)]
        for each in rows:
            market.decide(each)
        market.watch()
        logs.append(market.log.read())
    batch, single = logs
    assert batch is not None
    assert single is not None
    for column in fields(batch):
        left, right = getattr(batch, column.name), getattr(single, column.name)
        np.testing.assert_array_equal(left, right, err_msg=column.name)


def test_a_request_to_explain_is_found_at_once(tmp_path: Path) -> None:
    market = engine([plan(0)], QUIET)
    market.log = DecisionLog(tmp_path, one_in=10**9)
    asked = requests(3)
    for row in range(3):
        market.decide(replace(one(asked, row), keep=row == 1))
    assert market.log.find(bytes(asked.request[1])) is not None
    assert market.log.find(bytes(asked.request[2])) is None
