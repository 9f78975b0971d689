"""Spend, wins and clicks of the rest of a log at several bids, told from its first part.

What was asked last counts most: half as much for every tenth of the rest that it lies back. Bids
are linear in the predicted click rate (Perlich et al. 2012); an auction is won where the bid
is above what the best rival bid, and costs that. What comes is told in two ways: from the whole
first part alone, and block by block, each from those before it, as a market forecasts every day.
Intervals come from how such forecasts have done within the first part (`doubt`).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import AdUnionError
from adunion.prediction.metrics import auc, calibration_error, log_loss

from .click import features, fit, with_price
from .doubt import Doubt, doubts
from .log import AuctionLog, read

LEVELS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Bids as a multiple of the mean price, of an auction of the mean click rate."""
FIGURES = ("spend", "wins", "clicks")
BLOCKS = 10
CLICKS_MIN = 10  # to fit on
TRIALS = 10  # forecasts within the first part that intervals are learned from
TRIALS_FROM = 0.4  # of the first part

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Told:
    """What was told of a span of auctions from all before it, and what came; (levels, 3)."""

    told: Floats
    came: Floats


def report(path: Path, share: float) -> dict[str, Any]:
    """Fit on the first `share` of a log; what was told of the rest, what came, and the errors."""
    log = read(path)
    cut = int(len(log) * share)
    clicks = int(log.click[:cut].sum())
    for count, what in ((clicks, "clicks"), (cut - clicks, "auctions without a click")):
        if count < CLICKS_MIN:
            raise AdUnionError(
                "too_few_clicks", f"{count:,} {what} to fit on are too few.", 422,
                hint=f"Choose --share so that the first part has {CLICKS_MIN} or more.",
            )  # fmt: skip
    table = features(log)
    model = fit(table[:cut], log.click[:cut])
    rate = model.predict(table)
    ahead = len(log) - cut
    rest, half_life = log.part(cut, len(log)), ahead / BLOCKS
    once = _tell(log, table, cut, len(log), half_life)
    doubt = _learned(log, table, cut, ahead, half_life)
    blocks = _blocks(log, table, cut, half_life)
    of_blocks = _learned(log, table, cut, -(-ahead // BLOCKS), half_life)
    return {
        "auctions": len(log),
        "fitted_on": cut,
        "forecast": ahead,
        "clicks_in_forecast": int(rest.click.sum()),
        "weights": [round(float(weight), 4) for weight in model.weights],
        "ctr": _ctr(rest, rate[cut:], log.part(0, cut)),
        "levels": _levels(once, doubt),
        "covered": _covered([once], doubt),
        "blocks": _by_block(blocks),
        "blocks_covered": _covered(blocks, of_blocks),
    }


def _tell(log: AuctionLog, table: Floats, cut: int, last: int, half_life: float) -> Told:
    """Auctions from `cut` to `last`, told from those before."""
    fitted, rest = log.part(0, cut), log.part(cut, last)
    rate = fit(table[:cut], fitted.click).predict(table[:last])
    known = with_price(table[:cut], fitted)
    likely = fit(known, fitted.click).predict(known)
    weight = _weights(cut, half_life, len(rest))
    bids = _bids(rate, float(rate[:cut].mean()), float(fitted.price.mean()))
    return Told(
        np.array([_totals(fitted, likely, bid[:cut], weight) for bid in bids]),
        np.array([_came(rest, bid[cut:]) for bid in bids]),
    )


def _learned(
    log: AuctionLog, table: Floats, cut: int, ahead: int, half_life: float
) -> list[list[Doubt]]:
    """How far forecasts of so many auctions were off within the first part, (levels, 3)."""
    first = int(cut * TRIALS_FROM)
    starts = np.linspace(first, max(cut - ahead, first), TRIALS).astype(int)
    trials = [
        _tell(log, table, start, min(start + ahead, cut), half_life)
        for start in np.unique(starts).tolist()
        if log.click[:start].sum() > 0
    ]
    told, came = (np.array([getattr(each, name) for each in trials]) for name in ("told", "came"))
    return doubts(told, came, (cut - first) / ahead, float(log.click[:cut].sum()))


def _bids(rate: Floats, mean_rate: float, mean_price: float) -> list[Floats]:
    return [each * mean_price * rate / mean_rate for each in LEVELS]


def _weights(past: int, half_life: float, ahead: int) -> Floats:
    """What each past auction counts for among those ahead: the last ones most, (past,)."""
    weight = 0.5 ** ((past - np.arange(past)) / half_life)
    scaled: Floats = weight * (ahead / float(weight.sum()))
    return scaled


def _totals(log: AuctionLog, rate: Floats, bid: Floats, weight: Floats) -> Floats:
    """(spend, wins, clicks) expected; clicks by the rate of each."""
    counted = (bid > log.price) * weight
    return np.array([(log.price * counted).sum(), counted.sum(), (rate * counted).sum()])


def _came(log: AuctionLog, bid: Floats) -> Floats:
    """(spend, wins, clicks) that came."""
    won = bid > log.price
    return np.array([log.price[won].sum(), won.sum(), log.click[won].sum()])


def _levels(once: Told, doubt: list[list[Doubt]]) -> list[dict[str, Any]]:
    """By bid and figure, with the interval; clicks beside what the chance of so few of them is."""
    rows: list[dict[str, Any]] = []
    for at, bid in enumerate(LEVELS):
        row: dict[str, Any] = {"bid": bid}
        for column, name in enumerate(FIGURES):
            said, had = float(once.told[at, column]), float(once.came[at, column])
            low, high = doubt[at][column].interval(said)
            row[name] = {
                "told": round(said, 1), "low": round(low, 1), "high": round(high, 1), "came": had,
                "error": None if had <= 0 else round(said / had - 1, 4),
                "within": bool(low <= had <= high),
            }  # fmt: skip
        row["clicks"]["floor"] = round(float(0.6745 / np.sqrt(max(once.told[at, 2], 1))), 4)
        rows.append(row)
    return rows


def _covered(spans: list[Told], doubt: list[list[Doubt]]) -> dict[str, float]:
    """The share of what came that lay within its 80 % interval, over bids and spans."""
    found: dict[str, float] = {}
    for column, name in enumerate(FIGURES):
        within = []
        for span, at in itertools.product(spans, range(len(LEVELS))):
            low, high = doubt[at][column].interval(float(span.told[at, column]))
            within.append(low <= span.came[at, column] <= high)
        found[name] = round(float(np.mean(within)), 3)
    return found


def _ctr(rest: AuctionLog, rate: Floats, fitted: AuctionLog) -> dict[str, dict[str, float | None]]:
    """The shipped prediction, shipped and scaled by the first part's clicks, and ours."""
    scale = fitted.click.sum() / fitted.pctr.sum()
    clicked, both = rest.click.astype(np.float32), 0 < rest.click.sum() < len(rest)
    return {
        name: {
            "auc": round(auc(chance.astype(np.float32), clicked), 4) if both else None,
            "log_loss": round(log_loss(chance, clicked), 6),
            "ece": round(calibration_error(chance.astype(np.float32), clicked), 6),
            "predicted": round(float(chance.mean()), 6),
            "clicked": round(float(rest.click.mean()), 6),
        }
        for name, chance in (("shipped", rest.pctr), ("scaled", rest.pctr * scale), ("ours", rate))
    }


def _blocks(log: AuctionLog, table: Floats, cut: int, half_life: float) -> list[Told]:
    """Each block of the rest, told from all before it."""
    edges = np.linspace(cut, len(log), BLOCKS + 1).astype(np.int64).tolist()
    return [_tell(log, table, *ends, half_life) for ends in itertools.pairwise(edges)]


def _by_block(blocks: list[Told]) -> list[dict[str, Any]]:
    """Mean absolute errors of the blocks, and the error of their total, by bid."""
    told, came = (np.array([getattr(each, name) for each in blocks]) for name in ("told", "came"))
    off = np.abs(told - came).sum(axis=0) / np.maximum(came.sum(axis=0), 1e-9)
    total = told.sum(axis=0) / np.maximum(came.sum(axis=0), 1) - 1
    return [
        {
            "bid": bid,
            **{
                name: {
                    "error": round(float(off[at, column]), 4),
                    "total_error": round(float(total[at, column]), 4),
                }
                for column, name in enumerate(FIGURES)
            },
        }
        for at, bid in enumerate(LEVELS)
    ]
