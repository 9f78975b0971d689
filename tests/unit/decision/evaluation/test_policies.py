"""A policy judged by another's log, against what it truly earns in a market that is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from numba import njit

from adunion.bootstrap.evaluate import Rewards, judge
from adunion.decision.engine import DecisionEngine
from adunion.decision.evaluation import Policy, experience_curve, rerank
from adunion.decision.log import DecisionLog, LoggedDecisions
from adunion.decision.settings import DecisionSettings
from adunion.decision.types import CandidateBatch, RequestBatch
from adunion.kernel.chance import uniform
from adunion.kernel.clock import generator
from adunion.kernel.errors import AdUnionError

from ..test_engine import CATALOG, ITEMS, PLACE, engine, plan, requests

REQUESTS = 1_500
LOGGING = DecisionSettings(explore_bps=4_000, experience_bps=20, log_one_in=1)
NEVER_US = 1 << 60


def chances(request: npt.NDArray[np.void], item: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """True click rates of (request, item): an item's own, and the shopper's liking."""
    return _chances(request.view(np.uint64)[::2].copy(), item.astype(np.int64))


@njit
def _chances(words: npt.NDArray[np.uint64], item: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    out = np.empty(len(item))
    for row in range(len(item)):
        own = uniform(np.uint64(7), item[row], 2)
        liking = uniform(words[row], item[row], 1)
        out[row] = 0.03 + 0.2 * own**2 * (0.4 + 1.2 * liking)
    return out


def market(settings: DecisionSettings) -> DecisionEngine:
    """Models know an item's rate with an error of its own, and 10 candidates a request."""
    made = engine([plan(0), plan(1)], settings)
    wrong = generator(11).lognormal(0, 0.35, ITEMS)
    catalog = replace(CATALOG, rating=generator(12).uniform(1, 5, ITEMS).astype(np.float32))
    made.replace(0, made.plans, catalog, [PLACE])

    def retrieve(batch: RequestBatch) -> CandidateBatch:
        first = batch.request.view(np.uint64)[::2] % np.uint64(ITEMS)
        item = (first.astype(np.int64)[:, None] + 7 * np.arange(10)) % ITEMS
        return CandidateBatch(
            np.arange(len(batch) + 1, dtype=np.int64) * 10, item.ravel().astype(np.int32),
            np.ones(item.size, np.float32), np.zeros(item.size, np.uint8),
        )  # fmt: skip

    def predict(batch: RequestBatch, c: CandidateBatch) -> tuple[np.ndarray, np.ndarray]:
        true = chances(np.repeat(batch.request, 10), c.item)
        pctr = (true * wrong[c.item]).clip(0, 0.9).astype(np.float32)
        return pctr, np.full(len(pctr), 0.1, np.float32)

    made.retrieve, made.predict = retrieve, predict
    return made


def asked(seed: int, count: int) -> RequestBatch:
    ids = np.frombuffer(generator(seed, 5).bytes(16 * count), "V16")
    return replace(requests(count), request=ids)


def logged(seed: int, folder: Path) -> tuple[LoggedDecisions, Rewards]:
    """A log of decisions and the clicks that came of them."""
    made = market(LOGGING)
    made.log = DecisionLog(folder / str(seed), 1)
    batch = asked(seed, REQUESTS)
    made.decide(batch)
    log = made.log.read()
    assert log is not None
    shape = log.exposures.shape
    owner = np.repeat(np.arange(len(log)), np.diff(log.offsets))
    shown = np.flatnonzero(log.slot >= 0)
    row, slot = owner[shown], log.slot[shown]
    true = np.zeros(shape)
    true[row, slot] = chances(log.request[row], CATALOG.rows(log.item[shown]))
    seen = true * log.exposures / 10_000
    clicks = (generator(seed, 6).random(shape) < seen).astype(np.float64)
    return log, Rewards(clicks, clicks, clicks)


def truth(settings: DecisionSettings) -> float:
    """Expected clicks per thousand requests of a policy, over fresh requests."""
    batch = asked(10**6, 12_000)
    out = market(settings).decide(batch)
    true = chances(np.repeat(batch.request, 4), out.item.ravel()).reshape(out.item.shape)
    return float((true * out.exposure).sum(axis=1).mean() * 1_000)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[LoggedDecisions, Rewards]]:
    folder = tmp_path_factory.mktemp("logs")
    return [logged(seed, folder) for seed in range(24)]


@pytest.mark.parametrize(
    ("policy", "settings"),
    [
        (Policy(), LOGGING),
        (Policy(experience_bps=200), replace(LOGGING, experience_bps=200)),
        (Policy(explore_bps=0), replace(LOGGING, explore_bps=0)),
        (Policy(merchant_cap=1), replace(LOGGING, merchant_cap=1)),
    ],
    ids=["as it was", "more experience", "no exploration", "one a merchant"],
)
def test_the_truth_is_within_the_interval_and_the_bias_is_small(
    logs: list[tuple[LoggedDecisions, Rewards]], policy: Policy, settings: DecisionSettings
) -> None:
    wanted = truth(settings)
    found = [judge(log, rerank(log, policy), rewards, "clicks", NEVER_US) for log, rewards in logs]
    for name in ("snips", "dr"):
        within = [each[name]["low"] <= wanted <= each[name]["high"] for each in found]
        assert np.mean(within) >= 0.83, name  # of 24, 95 % intervals
        values = np.array([each[name]["value"] for each in found])
        assert values.mean() == pytest.approx(wanted, rel=0.03), name
    spread = {name: np.std([each[name]["value"] for each in found]) for name in ("ips", "dr")}
    assert spread["dr"] <= 1.05 * spread["ips"]


def test_a_log_is_worth_to_its_own_policy_what_it_earned(
    logs: list[tuple[LoggedDecisions, Rewards]],
) -> None:
    log, rewards = logs[0]
    found = rerank(log, Policy())
    assert found.supported.tolist() == pytest.approx([1.0] * len(log))
    shown = found.row >= 0
    assert found.weight[shown] == pytest.approx(np.ones(shown.sum()), rel=1e-4)
    assert found.expected.sum() == pytest.approx(shown.sum(), rel=1e-6)
    judged = judge(log, found, rewards, "clicks", NEVER_US)
    assert judged["ips"]["value"] == pytest.approx(judged["logged"])
    assert judged["change"]["low"] < 0 < judged["change"]["high"]


def test_the_weights_of_any_policy_sum_to_what_it_shows(
    logs: list[tuple[LoggedDecisions, Rewards]],
) -> None:
    for policy in (Policy("organic"), Policy(experience_bps=100), Policy("gmv", explore_bps=500)):
        weights = [rerank(log, policy) for log, _ in logs[:8]]
        mean = np.mean([found.weight.sum(axis=1).mean() for found in weights])
        supported = np.mean([found.supported.mean() for found in weights])
        assert mean == pytest.approx(4 * supported, rel=0.03)


def test_bad_policies_and_young_logs_are_refused(
    logs: list[tuple[LoggedDecisions, Rewards]],
) -> None:
    for wrong in ({"ranking": "best"}, {"experience_bps": -1}, {"merchant_cap": 0}):
        with pytest.raises(AdUnionError):
            Policy(**wrong)  # type: ignore[arg-type]
    log, rewards = logs[0]
    with pytest.raises(AdUnionError, match="hours old"):
        judge(log, rerank(log, Policy()), rewards, "gmv", int(log.at_us.max()))


def test_the_curve_of_experience_rises_and_its_middle_is_what_was_logged(
    logs: list[tuple[LoggedDecisions, Rewards]],
) -> None:
    log = logs[0][0]
    points = experience_curve(log, "uplift")
    liked = [point.liked for point in points]
    assert (np.diff(liked) > -1e-9).all()
    assert liked[-1] > 1.05 * liked[0]
    assert points[-1].experience > points[0].experience + 0.05
    middle = points[2]
    assert middle.weight_bps == 20
    owner = np.repeat(np.arange(len(log)), np.diff(log.offsets))
    home = np.flatnonzero(log.home >= 0)
    theta = log.exposures[owner[home], log.home[home]] / 10_000
    sales = log.pctr.astype(float) * log.pcvr * log.value
    assert middle.gmv == pytest.approx((theta * sales[home]).sum() / 10_000 / len(log) * 1_000)
    assert 0 < middle.media < middle.gmv
    assert middle.platform == pytest.approx(middle.media + 0.1 * middle.gmv)
    assert 0 < middle.sponsored < 1
