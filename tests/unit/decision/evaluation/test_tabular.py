"""Logs of single recommendations: a planted bandit, and the Open Bandit sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adunion.decision.evaluation.tabular import Log, evaluate, open_bandit, read_log, target_of
from adunion.kernel.clock import generator
from adunion.kernel.errors import AdUnionError

ITEMS, ROWS = 12, 4_000
RATE = np.linspace(0.02, 0.3, ITEMS)
TARGET = np.linspace(1, 4, ITEMS)[:, None] / np.linspace(1, 4, ITEMS).sum()


def planted(seed: int, rows: int = ROWS, rate: float = 1.0) -> Log:
    rng = generator(seed)
    chances = rng.dirichlet(np.full(ITEMS, 3.0))
    item = rng.choice(ITEMS, rows, p=chances)
    click = (rng.random(rows) < RATE[item] * rate).astype(float)
    return Log(
        item, np.zeros(rows, int), click, chances[item], [str(i) for i in range(ITEMS)], [""]
    )


def test_truth_is_within_most_intervals_and_bias_is_small() -> None:
    truth = float((RATE[:, None] * TARGET).sum())
    found = [evaluate(planted(seed), TARGET, False)["estimates"] for seed in range(100)]
    for name in ("ips", "snips", "dr"):
        within = np.mean([each[name]["low"] <= truth <= each[name]["high"] for each in found])
        assert 0.88 <= within <= 1.0, name
        mean = np.mean([each[name]["value"] for each in found])
        assert mean == pytest.approx(truth, rel=0.01), name
    spread = [np.std([each[name]["value"] for each in found]) for name in ("ips", "snips", "dr")]
    assert spread[2] <= spread[1] <= spread[0]


@pytest.mark.parametrize(("rows", "rate"), [(ROWS, 1.0), (400, 0.1)], ids=["many", "few events"])
def test_80_percent_intervals_hold_80_percent_of_the_truth(rows: int, rate: float) -> None:
    truth = float((RATE[:, None] * TARGET).sum()) * rate
    found = [
        evaluate(planted(seed, rows, rate), TARGET, False, 0.8)["estimates"] for seed in range(200)
    ]
    for name in ("ips", "snips", "dr"):
        within = np.mean([each[name]["low"] <= truth <= each[name]["high"] for each in found])
        assert 0.74 <= within <= 0.88, name


def test_the_best_policy_is_not_judged_by_what_it_was_chosen_by() -> None:
    flat = [
        Log(log.item, log.position, (generator(seed, 9).random(ROWS) < 0.1) * 1.0, log.propensity,
            log.items, log.positions)
        for seed, log in ((seed, planted(seed)) for seed in range(60))
    ]  # fmt: skip
    found = [evaluate(log, target_of(log, "best"), held=True)["estimates"]["snips"] for log in flat]
    values = np.array([each["value"] for each in found])
    assert values.mean() == pytest.approx(0.1, abs=3 * values.std() / np.sqrt(60))


@pytest.mark.parametrize("campaign", ["all", "men", "women"])
def test_thompson_sampling_is_judged_from_the_open_bandits_random_log(campaign: str) -> None:
    log, other = (read_log(open_bandit(policy, campaign)) for policy in ("random", "bts"))
    assert len(log) == 10_000
    on_policy = other.click.mean()
    found = evaluate(log, target_of(log, "bts", other), False)["estimates"]
    for name in ("ips", "snips", "dr"):
        assert found[name]["low"] <= on_policy <= found[name]["high"], name


def write(path: Path, *rows: str, head: str = "item_id,position,click,propensity_score") -> Path:
    path.write_text("\n".join((head, *rows)))
    return path


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["1,1,0,0"], "line 2: propensity"),
        (["1,1,0,0.5", "1,1,2,0.5"], "line 3: click"),
        (["1,1,0,x"], "line 2: not a number"),
        (["1,1,nan,0.5"], "line 2: click"),
        (["1,1,0"], "line 2: not a number"),
        (["1,1,0,0.5"], "1 rows"),
        ([], "0 rows"),
    ],
)
def test_bad_rows_are_refused_with_their_line(tmp_path: Path, rows: list[str], says: str) -> None:
    with pytest.raises(AdUnionError, match=says):
        read_log(write(tmp_path / "log.csv", *rows))


def test_a_missing_column_or_file_or_item_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AdUnionError, match="no column 'propensity_score'"):
        read_log(write(tmp_path / "log.csv", "1,1,0", head="item_id,position,click"))
    with pytest.raises(AdUnionError, match="Cannot read"):
        read_log(tmp_path / "absent.csv")
    rows = ["1,1,0,0.5", "2,1,1,0.5"]
    mine = read_log(write(tmp_path / "a.csv", *rows))
    other = read_log(write(tmp_path / "b.csv", *rows, "3,1,1,0.5"))
    with pytest.raises(AdUnionError, match="'3', which the log never does"):
        target_of(mine, "b", other)
    with pytest.raises(AdUnionError, match="No policy 'nice'"):
        target_of(mine, "nice")
