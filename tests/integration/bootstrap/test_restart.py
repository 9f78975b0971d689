"""A market that is closed and opened again knows what it knew."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adunion.bootstrap.evaluate import evaluate
from adunion.bootstrap.market import Market
from adunion.bootstrap.records import open_records
from adunion.bootstrap.simulator import open_run
from adunion.decision.evaluation import Policy
from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.engines.postgres import migrate
from adunion.kernel.clock import micros
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory
from adunion.prediction import TrainingLog
from adunion.simulation.scenario import parse
from adunion.simulation.world import generate

pytestmark = pytest.mark.integration

SCENARIO = {
    "history_days": 1,
    "days": 1,
    "drain_hours": 2,
    "control": False,
    "requests_per_day": 2_500,
    "plans": [{"target_roi": 2.0, "count": 3}],
}


class Pair:
    """A market that ran for two days, and itself opened again."""

    def __init__(self, before: Market, after: Market, requests: RequestBatch) -> None:
        self.before = before
        self.after = after
        self.decided = [self._decide(market, requests) for market in (before, after)]

    @staticmethod
    def _decide(market: Market, requests: RequestBatch) -> DecisionBatch:
        rows = market.profile_rows(requests.shopper, requests.consent)
        return market.decide(replace(requests, profile=rows))


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with (
        tempfile.TemporaryDirectory(prefix="adunion-test-") as folder,
        open_records(Settings(home=Path(folder), database_url=None)) as server,
    ):
        engine, home = server.database("restart"), Path(folder) / "market"
        migrate(engine)
        world = generate(5, items=500, merchants=8, shoppers=600)
        run = open_run(engine, home, parse(SCENARIO), 1, world, lambda *_: None)
        run.history()
        asked: list[RequestBatch] = []
        before = run.market
        decide = before.decide
        before.decide = lambda requests: (asked.append(requests), decide(requests))[1]  # type: ignore
        run.live()
        run.drain(2)
        before.close()
        clock = run.market.clock
        rules = before.brain.engine.settings
        after = Market(engine, home, clock, IdFactory(clock), world.view.currency, rules)
        biggest = max(asked, key=len)
        requests = replace(biggest, at_us=np.full(len(biggest), micros(clock.now())))
        yield Pair(before, after, requests)
        after.close()
        engine.dispose()


def test_it_decides_the_same(pair: Pair) -> None:
    before, after = pair.decided
    filled = before.item >= 0
    swapped = [((each.propensity < 0.5) & (each.item >= 0)).any(axis=1) for each in (before, after)]
    steady = ~(swapped[0] | swapped[1])  # exploration draws anew
    assert steady.mean() > 0.9
    assert filled[steady].any()
    for column in DecisionBatch._fields:
        left, right = (getattr(each, column)[steady] for each in (before, after))
        np.testing.assert_allclose(left, right, rtol=1e-4, err_msg=column)
    assert before.moved[steady].any()


def test_it_goes_on_with_its_multipliers_and_results(pair: Pair) -> None:
    before, after = pair.before, pair.after
    assert after.plans.alphas() == before.plans.alphas()
    assert set(after.plans.alphas().values()) != {1.0}
    now_us = micros(after.clock.now())
    left, right = (market.outcomes.results(market.plans.ids, now_us) for market in (before, after))
    known = dict(columns(left))
    for name, column in columns(right):
        np.testing.assert_allclose(known[name], column, err_msg=name)
    assert left.people.expected.sum() > 0
    assert left.spend_micros.sum() > 0


def columns(of: Any) -> Iterator[tuple[str, Any]]:
    """Every column of a dataclass, those of dataclasses in it too."""
    for field in fields(of):
        value = getattr(of, field.name)
        if is_dataclass(value):
            yield from ((f"{field.name}.{name}", column) for name, column in columns(value))
        else:
            yield field.name, value


def test_it_keeps_its_training_rows_and_models(pair: Pair) -> None:
    logs = []
    for market in (pair.before, pair.after):
        assert market.brain.notes is not None
        logs.append(market.brain.notes.log())
    before, after = logs
    assert len(before) > 10_000
    assert before.clicked.sum() > 100
    assert (before.order_at_us > 0).sum() > 10
    for column in fields(TrainingLog):
        np.testing.assert_array_equal(getattr(before, column.name), getattr(after, column.name))
    assert pair.after.brain.models.version == pair.before.brain.models.version != "prior"


def test_its_own_log_judges_other_policies(pair: Pair) -> None:
    found = evaluate(pair.after.home, Policy(), days=30, level=0.95)
    assert list(found["metrics"]) == ["clicks"]  # no order is three days old yet
    clicks = found["metrics"]["clicks"]
    assert found["supported"] == pytest.approx(1)
    assert found["changed"] < 0.01
    assert found["weight_mean"] == pytest.approx(1, rel=1e-3)
    assert clicks["events"] > 20
    assert clicks["ips"]["value"] == pytest.approx(clicks["logged"], rel=1e-3)
    assert clicks["dr"]["low"] < clicks["logged"] < clicks["dr"]["high"]
    other = evaluate(pair.after.home, Policy("relevance"), days=30, level=0.95)
    assert 0.1 < other["changed"] < 1
    assert other["weight_mean"] < 0.8  # most of what it would show was never shown
    assert other["metrics"]["clicks"]["changed"] > 100
    with pytest.raises(AdUnionError, match="no logged decisions"):
        evaluate(pair.after.home / "nowhere", Policy(), days=30, level=0.95)
