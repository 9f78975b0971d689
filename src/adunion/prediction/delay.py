"""How late orders come after their click, from a log that ends before some have come."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

WINDOW_US = 7 * 86_400_000_000
"""Orders later than this after a click are not counted to it."""
ARRIVAL_HOURS = (0.25, 1, 3, 6, 12, 24, 48, 72, 96, 168)
"""At which models keep the share of orders that have come."""
_LEFT_MAX = 0.8  # of late orders, after a quarter of the span looked at
_EDGES = np.concatenate(([0], np.geomspace(10e6, WINDOW_US, 120)))


def arrival_curve(
    click_at_us: npt.NDArray[np.int64], order_at_us: npt.NDArray[np.int64], now_us: int
) -> npt.NDArray[np.float64]:
    """The share of orders that come within each edge of delay, from clicks and orders (0 none).

    Orders are seen only if they came before now: right truncation, so the distribution is the
    product over later orders of 1 - 1 / (orders up to that delay whose click is as old) (Lagakos,
    Barraj and De Gruttola 1988). What comes later than any click is old cannot be seen: it is told
    by an exponential tail. Without orders everything counts as come.
    """
    ordered = order_at_us > 0
    if not ordered.any():
        return np.ones(len(_EDGES))
    lag = np.sort(np.clip(order_at_us[ordered] - click_at_us[ordered], 0, WINDOW_US))
    age = np.sort(now_us - click_at_us[ordered])
    at_risk = np.searchsorted(lag, lag, "right") - np.searchsorted(age, lag, "left")
    stay = np.log1p(-1 / np.maximum(at_risk, 2))
    from_there = np.concatenate(([0.0], np.cumsum(stay[::-1])))[::-1]
    within = np.exp(from_there[np.searchsorted(lag, _EDGES, "right")])
    within[0] = 0.0
    return _with_tail(within, float(now_us - click_at_us.min()))


def _with_tail(within: npt.NDArray[np.float64], oldest_us: float) -> npt.NDArray[np.float64]:
    """The curve of all orders from that of orders whose delay is at most the oldest click's age.

    Of an exponential tail the share in the last half of that span, over that in the quarter before
    it, is x + x^2, x being how much is left after a quarter.
    """
    if oldest_us >= WINDOW_US:
        return within
    quarter, half = np.interp(oldest_us * np.array([0.25, 0.5]), _EDGES, within)
    if not half > quarter:
        return within
    left = min((np.sqrt(1 + 4 * (1 - half) / (half - quarter)) - 1) / 2, _LEFT_MAX)
    later = (1 - half) * left**2 / (1 - left**2)  # over those within
    whole = within + later * (1 - left ** (4 * np.maximum(_EDGES / oldest_us - 1, 0)))
    curve: npt.NDArray[np.float64] = whole / whole[-1]
    return curve


def arrived_share(
    curve: npt.NDArray[np.float64], click_at_us: npt.NDArray[np.int64], now_us: int
) -> npt.NDArray[np.float32]:
    """For each click the share of its orders that would have come by now, 0..1, float32 (n,)."""
    age = np.clip(now_us - click_at_us, 0, WINDOW_US)
    return np.asarray(np.interp(age, _EDGES, curve), np.float32)


def arrivals(curve: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """The curve at `ARRIVAL_HOURS`."""
    at = np.interp(np.array(ARRIVAL_HOURS) * 3_600e6, _EDGES, curve)
    return tuple(round(float(share), 4) for share in at)
