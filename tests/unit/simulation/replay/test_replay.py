"""Real auctions forecast: on a log of known odds, on the real one, and on broken files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.prediction.metrics import auc
from adunion.simulation.replay import read, report
from adunion.simulation.replay.click import PRICE_USUAL, features, fit

REAL = Path("../shared/data/ads/ipinyou_2997.txt")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """20,000 auctions whose rivals know the click rate better than the shipped prediction."""
    rng = np.random.default_rng(5)
    group = rng.integers(0, 300, 20_000)
    shipped, hidden = rng.uniform(0.01, 0.03, 300), rng.lognormal(0, 0.7, 300)
    price = rng.gamma(4, 15 * hidden[group] / 4)
    click = rng.random(20_000) < np.minimum(shipped * hidden, 0.5)[group]
    path = tmp_path / "log.txt"
    np.savetxt(path, np.column_stack([click, price.round(), shipped[group]]), fmt="%d %d %.12f")
    return path


def test_the_rest_is_told_about_right_at_every_bid(log: Path) -> None:
    found = report(log, 0.7)
    for row in found["levels"]:
        assert abs(row["spend"]["error"]) < 0.1, row
        assert abs(row["wins"]["error"]) < 0.05, row
        assert abs(row["clicks"]["error"]) < 5 * row["clicks"]["floor"], row
    assert found["ctr"]["ours"]["auc"] > found["ctr"]["shipped"]["auc"] + 0.05


def test_intervals_hold_what_came_and_are_no_wider_than_they_must(log: Path) -> None:
    found = report(log, 0.7)
    covered = {name: found["blocks_covered"][name] for name in ("spend", "wins", "clicks")}
    assert all(0.6 <= share <= 1 for share in covered.values()), covered
    for row in found["levels"]:
        for name in ("spend", "wins", "clicks"):
            assert row[name]["low"] <= row[name]["told"] <= row[name]["high"]
        assert row["spend"]["high"] < 1.35 * row["spend"]["told"]
    ours, shipped = found["ctr"]["ours"], found["ctr"]["shipped"]
    assert ours["log_loss"] < shipped["log_loss"]


def test_columns_in_any_order_with_or_without_a_heading_are_the_same_log(log: Path) -> None:
    rows, one = np.loadtxt(log), read(log)
    for order, head, between in (
        ([1, 0, 2], "", " "), ([2, 1, 0], "", "\t"), ([2, 0, 1], "pctr,click,market_price", ","),
    ):  # fmt: skip
        np.savetxt(log, rows[:, order], header=head, comments="", delimiter=between)
        other = read(log)
        for name in ("click", "price", "pctr"):
            assert np.allclose(getattr(one, name), getattr(other, name)), (order, name)


def test_prices_before_are_used_and_prices_after_are_not(log: Path) -> None:
    whole = read(log)
    table = features(whole)
    later = whole.price.copy()
    later[10_000:] = 1.0
    from dataclasses import replace

    changed = features(replace(whole, price=later))
    assert np.array_equal(table[:10_001], changed[:10_001])
    assert not np.array_equal(table[10_001:], changed[10_001:])
    first = np.unique(whole.pctr, return_index=True)[1]
    unit = whole.price[:200].mean() / PRICE_USUAL
    usual = np.log1p(np.cumsum(whole.price)[first[first > 0] - 1] / first[first > 0] / unit)
    assert table[first[first > 0], 1] == pytest.approx(usual)


def test_the_money_that_prices_are_in_changes_nothing(log: Path) -> None:
    one = report(log, 0.7)
    rows = np.loadtxt(log)
    rows[:, 1] /= 1_000
    wide = np.column_stack([np.arange(len(rows)), rows])
    head = "bid_id click market_price pctr"  # a column that is not read beside them
    np.savetxt(log, wide, header=head, comments="")
    other = report(log, 0.7)
    assert other["ctr"]["ours"] == one["ctr"]["ours"]
    for a, b in zip(one["levels"], other["levels"], strict=True):
        assert b["spend"]["error"] == pytest.approx(a["spend"]["error"], abs=2e-4)
        assert b["wins"] == a["wins"]


def test_the_real_log_is_told_and_the_shipped_prediction_beaten() -> None:
    if not REAL.exists():
        pytest.skip(f"{REAL} is not there")
    found = report(REAL, 0.8)
    ours, shipped = found["ctr"]["ours"], found["ctr"]["shipped"]
    assert ours["auc"] >= max(shipped["auc"], 0.604)
    assert ours["ece"] < shipped["ece"]
    for row in found["levels"]:
        assert abs(row["spend"]["error"]) < 0.06
        assert abs(row["wins"]["error"]) < 0.02
    half = read(REAL)
    table, cut = features(half), len(half) // 2
    rate = fit(table[:cut], half.click[:cut]).predict(table)
    assert auc(rate[cut:].astype("f4"), half.click[cut:].astype("f4")) > 0.604


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["0 1 0.1"] * 5, "5 auctions are too few"),
        (["0 1 0.1"] * 1_200 + ["0 1"], "line 1201: it is not three numbers"),
        (["0 1 0.1"] * 1_200 + ["2 1 0.1"], "line 1201: it has a click"),
        (["0 1 0.1"] * 1_200 + ["0 -1 0.1"], "line 1201: it has a price below 0"),
        (["0 1 0.1"] * 1_200 + ["0 nan 0.1"], "line 1201: it has a price below 0"),
        (["0 1 1.5"] + ["0 1 0.1"] * 1_200, "line 1: it has a predicted CTR"),
        (["0 1 0.1"] * 1_200, "0 clicks to fit on"),
        (["1 1 0.1"] * 1_200, "0 auctions without a click to fit on"),
        (
            [f"{row % 2} 0 0.1" for row in range(1_200)],
            "line 1: it and the 199 lines after it cost",
        ),
        (
            ["click,bid,pctr"] + ["0,1,0.1"] * 1_200,
            "line 1: it names the columns click, bid, pctr; of",
        ),
        (["", "0 1 0.1", "x 1 0.1"], "line 3: it is not three numbers"),
    ],
)
def test_a_broken_log_says_where(tmp_path: Path, lines: list[str], said: str) -> None:
    path = tmp_path / "log.txt"
    path.write_text("\n".join(lines))
    with pytest.raises(AdUnionError, match=said):
        report(path, 0.5)


def test_a_log_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(AdUnionError, match="No such file"):
        report(tmp_path / "none.txt", 0.5)
