"""Spend, wins and clicks of the rest of a log at several bids, told from its first part.

What was asked last counts most: half as much for every tenth of the rest that it lies back. Bids
are linear in the predicted click rate (Perlich et al. 2012); an auction is won where the bid
is above what the best rival bid, and costs that. What comes is told in two ways: from the whole
first part alone, and block by block, each from those before it, as a market forecasts every day.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.table import Table

from adunion.prediction.metrics import auc, calibration_error

from .click import features, fit, with_price
from .log import CLICKS_MIN, AuctionLog, read

LEVELS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Bids as a multiple of the mean price, of an auction of the mean click rate."""
BLOCKS = 10
HALF_LIFE_BLOCKS = 1.0

Floats = npt.NDArray[np.float64]


def report(path: Path, share: float) -> dict[str, Any]:
    """Fit on the first `share` of a log; what was told of the rest, what came, and the errors."""
    log = read(path)
    cut = int(len(log) * share)
    _check(log, cut)
    table = features(log)
    model = fit(table[:cut], log.click[:cut])
    rate = model.predict(table)
    fitted, rest = log.part(0, cut), log.part(cut, len(log))
    likely = _likely(table, log, cut)
    bids = _bids(rate, float(rate[:cut].mean()), float(fitted.price.mean()))
    weight = _weights(cut, len(rest) / BLOCKS, len(rest))
    once = [
        _errors(level, _totals(fitted, likely, bid[:cut], weight), _came(rest, bid[cut:]))
        for level, bid in zip(LEVELS, bids, strict=True)
    ]
    return {
        "auctions": len(log),
        "fitted_on": cut,
        "forecast": len(rest),
        "clicks_in_forecast": int(rest.click.sum()),
        "weights": [round(float(weight), 4) for weight in model.weights],
        "ctr": _ctr(rest, rate[cut:], fitted),
        "levels": once,
        "blocks": _blocks(log, table, cut),
    }


def _check(log: AuctionLog, cut: int) -> None:
    from adunion.kernel.errors import AdUnionError

    before, after = log.click[:cut].sum(), log.click[cut:].sum()
    if min(before, after) < CLICKS_MIN:
        raise AdUnionError(
            "too_few_clicks",
            f"{before:.0f} clicks to fit on and {after:.0f} to judge by are too few.",
            422,
            hint=f"Choose --share so that both parts have {CLICKS_MIN} or more.",
        )


def _bids(rate: Floats, mean_rate: float, mean_price: float) -> list[Floats]:
    return [level * mean_price * rate / mean_rate for level in LEVELS]


def _likely(table: Floats, log: AuctionLog, cut: int) -> Floats:
    """Click rates of the first auctions, their own prices known, (cut,)."""
    known = with_price(table[:cut], log.part(0, cut))
    return fit(known, log.click[:cut]).predict(known)


def _weights(past: int, block: float, ahead: int) -> Floats:
    """What each past auction counts for among those ahead: the last ones most, (past,)."""
    weight = 0.5 ** ((past - np.arange(past)) / block / HALF_LIFE_BLOCKS)
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


def _errors(level: float, told: Floats, came: Floats) -> dict[str, Any]:
    """Beside the error of clicks, what the chance of so few of them is by itself."""
    names = ("spend", "wins", "clicks")
    out: dict[str, Any] = {"bid": level}
    for name, said, had in zip(names, told, came, strict=True):
        error = None if had <= 0 else round(float(said / had - 1), 4)
        out[name] = {"told": round(float(said), 1), "came": float(had), "error": error}
    out["clicks"]["floor"] = round(float(0.6745 / np.sqrt(max(came[2], 1))), 4)
    return out


def _ctr(rest: AuctionLog, rate: Floats, fitted: AuctionLog) -> dict[str, dict[str, float]]:
    """The shipped prediction, shipped and scaled by the first part's clicks, and ours."""
    scale = fitted.click.sum() / fitted.pctr.sum()
    return {
        name: {
            "auc": round(auc(chance.astype(np.float32), rest.click.astype(np.float32)), 4),
            "ece": round(
                calibration_error(chance.astype(np.float32), rest.click.astype(np.float32)), 6
            ),
            "predicted": round(float(chance.mean()), 6),
            "clicked": round(float(rest.click.mean()), 6),
        }
        for name, chance in (("shipped", rest.pctr), ("scaled", rest.pctr * scale), ("ours", rate))
    }


def _blocks(log: AuctionLog, table: Floats, cut: int) -> list[dict[str, Any]]:
    """Mean absolute errors of telling each block of the rest from all before it."""
    edges = np.linspace(cut, len(log), BLOCKS + 1).astype(np.int64)
    size = edges[1] - edges[0]
    told, came = (np.zeros((len(LEVELS), BLOCKS, 3)) for _ in range(2))
    for block, (first, last) in enumerate(itertools.pairwise(edges)):
        model = fit(table[:first], log.click[:first])
        rate = model.predict(table[:last])
        likely = _likely(table, log, int(first))
        weight = _weights(int(first), float(size), int(last - first))
        before, next_ = log.part(0, int(first)), log.part(int(first), int(last))
        mean_rate, mean_price = float(weight @ rate[:first]), float(weight @ before.price)
        bids = _bids(rate, mean_rate / weight.sum(), mean_price / weight.sum())
        for row, bid in enumerate(bids):
            told[row, block] = _totals(before, likely, bid[:first], weight)
            came[row, block] = _came(next_, bid[first:])
    return [
        {
            "bid": level,
            **{
                name: {
                    "error": _mean_error(told[row, :, column], came[row, :, column]),
                    "total_error": round(
                        float(told[row, :, column].sum() / max(came[row, :, column].sum(), 1) - 1),
                        4,
                    ),
                }
                for column, name in enumerate(("spend", "wins", "clicks"))
            },
        }
        for row, level in enumerate(LEVELS)
    ]


def _mean_error(told: Floats, came: Floats) -> float:
    return round(float(np.abs(told - came).sum() / max(came.sum(), 1e-9)), 4)


def table(found: dict[str, Any]) -> list[Any]:
    """The report as tables to print."""
    clicks = Table(title=f"Click rates of the {found['forecast']:,} auctions forecast")
    for name in ("", "AUC", "ECE", "predicted", "clicked"):
        clicks.add_column(name, justify="right" if name else "left")
    for name, row in found["ctr"].items():
        clicks.add_row(name, f"{row['auc']:.4f}", f"{row['ece']:.5f}", f"{row['predicted']:.5f}",
                       f"{row['clicked']:.5f}")  # fmt: skip
    errors = Table(title=f"Told from the first {found['fitted_on']:,}, and block by block")
    for name in ("bid / mean price", "spend", "wins", "clicks", "chance of clicks",
                 "spend, by block", "wins, by block"):  # fmt: skip
        errors.add_column(name, justify="right")
    for row, block in zip(found["levels"], found["blocks"], strict=True):
        errors.add_row(
            f"{row['bid']:g}", *(f"{row[name]['error']:+.1%}" for name in ("spend", "wins")),
            "-" if row["clicks"]["error"] is None else f"{row['clicks']['error']:+.1%}",
            f"{row['clicks']['floor']:.1%}",
            f"{block['spend']['error']:.1%}", f"{block['wins']['error']:.1%}",
        )  # fmt: skip
    return [clicks, errors]
