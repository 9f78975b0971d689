"""Separate slots, mixed ranking with GSP, and the joint auction with uplift prices, side by side.

Every merchant bids what earns it most: the margin on its sales, organic and paid, less what it
pays. Under uplift prices that is its value, reserve or not; under GSP it shades, each taking its
best reply in turn. The weight of organic worth is tuned until a page is worth as much to shoppers
as with separate slots. `joint_reserve` takes the reserve that earns the platform most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import invalid

from .market import TAKE, Market, market
from .pages import Pages, Sums, joint, separate, sums

ROUNDS = 2
EQUILIBRIA = 2
SHARES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)  # of its value, what a bidder may bid
BISECTIONS = 10
WEIGHTS = (0.01, 100.0)
RESERVES = (0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.5)
RESERVE_UNIT = 20_000  # micros per seen impression: of the order of a price
FORMATS = ("separate", "mixed_gsp", "joint_uplift", "joint_reserve")
MEASURES = ("gmv", "experience", "media", "platform", "merchants", "welfare")

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Case:
    """One market: how many separate slots, how many items bid, and whom it suits."""

    name: str
    ad_slots: int = 2
    density: float = 0.3
    correlation: float = 0.3


CASES = (
    Case("usual"),
    Case("one ad slot", ad_slots=1),
    Case("four ad slots", ad_slots=4),
    Case("few bid", density=0.1),
    Case("most bid", density=0.7),
    Case("the liked pay", correlation=0.9),
    Case("the disliked pay", correlation=-0.6),
)


def compare(
    seeds: Sequence[int],
    requests: int = 1_000,
    cases: Sequence[Case] = CASES,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """One row a case: each format's mean of every measure, and its ratio to separate slots.

    Money is micros per page, `experience` liked clicks per page. Intervals are 95 % of the mean
    ratio over seeds (Student's t); they are None with one seed.
    """
    if not seeds or requests < 50:
        raise invalid("seeds", "Give at least one seed and 50 requests.")
    rows = []
    for number, case in enumerate(cases):
        found = [_formats(case, seed, requests) for seed in seeds]
        rows.append(_row(case, found))
        if progress is not None:
            progress("auctions", number + 1, len(cases))
    return rows


LEGEND = (
    "GMV, platform (its part of sales, and what it is paid for places) and media (the latter) are"
    " changes against separate ad slots, at equal shopper experience. Merchants and all: surplus"
    " over a page without ads, of its GMV. Paid: what bids placed, of what is seen. joint_reserve"
    " is joint_uplift at the reserve that earns the platform most. 95 % intervals over markets."
)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown; merchants and all: surplus over a page without ads, of its GMV."""
    head = (
        "| market | format | GMV | platform | of it media | merchants | all | paid | experience |"
    )
    lines = [head, "|---|---|---:|---:|---:|---:|---:|---:|---:|"]
    for row in rows:
        base = row["formats"]["no_ads"]["gmv"]
        for name in FORMATS:
            found = row["formats"][name]
            cells = [_percent(found["ratio"][each]) for each in ("gmv", "platform", "media")]
            if name == "separate":
                cells = ["0", "0", "0"]
            surplus = [f"{found[each] / base:+.2%}" for each in ("merchants", "welfare")]
            lines.append(
                f"| {row['case']['name']} | {name} | {' | '.join([*cells, *surplus])} |"
                f" {found['paid_share']:.0%} | {found['experience']:.3f} |"
            )
    return "\n".join(lines)


def _formats(case: Case, seed: int, requests: int) -> dict[str, dict[str, float]]:
    """Every format's measures in one market."""
    made = market(seed, requests, case.density, case.correlation)
    truthful = np.ones(len(made.margin_of))
    plain = sums(made, joint(made, 0 * truthful, 1.0, "uplift"))
    shade = partial(separate, made, weight=1.0, ad_slots=case.ad_slots)
    slots = _best_responses(made, shade, truthful)
    classic = sums(made, separate(made, slots, 1.0, case.ad_slots))
    out = {"separate": _measures(classic, plain, slots)}
    alpha = truthful
    for _ in range(EQUILIBRIA):
        weight = _equal(made, alpha, "gsp", 0, classic.experience)
        alpha = _best_responses(made, partial(joint, made, weight=weight, pricing="gsp"), alpha)
    out["mixed_gsp"] = _tuned(made, alpha, "gsp", 0, classic, plain)
    out["joint_uplift"] = _tuned(made, truthful, "uplift", 0, classic, plain)
    reserved = [
        _tuned(made, truthful, "uplift", round(share * RESERVE_UNIT), classic, plain)
        for share in RESERVES
    ]
    out["joint_reserve"] = max(reserved, key=lambda found: found["platform"])
    out["no_ads"] = _measures(plain, plain, 0 * truthful)
    return out


def _tuned(
    made: Market, alpha: Floats, pricing: str, reserve: int, classic: Sums, plain: Sums
) -> dict[str, float]:
    """The measures of a joint page that is worth as much to shoppers as the classic one."""
    weight = _equal(made, alpha, pricing, reserve, classic.experience)
    found = sums(made, joint(made, alpha, weight, pricing, reserve))
    return _measures(found, plain, alpha) | {"weight": weight, "reserve": float(reserve)}


def _equal(made: Market, alpha: Floats, pricing: str, reserve: int, wanted: float) -> float:
    """The weight of organic worth that makes the format's pages worth as much to shoppers."""
    low, high = (float(np.log(edge)) for edge in WEIGHTS)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        found = sums(made, joint(made, alpha, float(np.exp(middle)), pricing, reserve))
        low, high = (middle, high) if found.experience < wanted else (low, middle)
    return float(np.exp((low + high) / 2))


def _best_responses(made: Market, page: Callable[[Floats], Pages], alpha: Floats) -> Floats:
    """Every plan in turn takes the share of its value that earns it most, others as they are."""
    alpha = alpha.copy()
    for _ in range(ROUNDS):
        for plan in range(len(alpha)):
            profits = []
            for share in SHARES:
                alpha[plan] = share
                profits.append(sums(made, page(alpha)).profit[plan])
            alpha[plan] = SHARES[int(np.argmax(profits))]
    return alpha


def _measures(found: Sums, plain: Sums, alpha: Floats) -> dict[str, float]:
    """What one format is worth to each party, against a page without advertisements."""
    return {
        "gmv": found.gmv,
        "experience": found.experience,
        "media": found.media,
        "platform": found.media + TAKE * found.gmv,
        "merchants": found.margin - found.media - plain.margin,
        "welfare": found.margin + TAKE * found.gmv - plain.margin - TAKE * plain.gmv,
        "paid_share": found.paid_share,
        "bid_share": float(alpha.mean()),
    }


def _row(case: Case, found: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    formats: dict[str, Any] = {}
    for name in (*FORMATS, "no_ads"):
        own: dict[str, Any] = {
            key: float(np.mean([each[name][key] for each in found])) for key in found[0][name]
        }
        own["ratio"] = {
            key: _ratio(
                [each[name][key] for each in found], [each["separate"][key] for each in found]
            )
            for key in ("gmv", "experience", "media", "platform")
        }
        formats[name] = own
    return {"case": asdict(case), "seeds": len(found), "formats": formats}


def _ratio(left: list[float], right: list[float]) -> dict[str, float | None]:
    ratios = np.array(left) / np.array(right)
    if len(ratios) < 2:
        return {"mean": float(ratios.mean()), "low": None, "high": None}
    reach = _t975(len(ratios) - 1) * float(ratios.std(ddof=1)) / len(ratios) ** 0.5
    mean = float(ratios.mean())
    return {"mean": mean, "low": mean - reach, "high": mean + reach}


def _t975(degrees: int) -> float:
    """97.5 % quantile of Student's t (Cornish and Fisher 1938; within 1 % from 3 degrees)."""
    z, d = 1.959964, degrees
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * d**3)
    return z + (z**3 + z) / (4 * d) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * d**2) + third


def _percent(ratio: dict[str, float | None]) -> str:
    mean, low, high = ratio["mean"], ratio["low"], ratio["high"]
    assert mean is not None
    if low is None or high is None:
        return f"{mean - 1:+.1%}"
    return f"{mean - 1:+.1%} ({low - 1:+.1%} to {high - 1:+.1%})"
