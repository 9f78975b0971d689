"""What shoppers ask for and do, and what a model predicts of it: draws that hang on the request.

Every draw is a function of (request, item), see `simulation.chance`: all bidders of a market meet
the same people with the same luck.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..chance import normal, uniform

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

CTR, CVR = 0.09, 0.16  # of a middling item
MATCH_SD, MOOD_SD = 0.5, 0.3  # what the request adds to an item's click and order rate, known
ERROR_CTR_SD, ERROR_CVR_SD = 0.2, 0.15  # the model's error at one request and item
QUICK = 0.5  # share of orders that come at once, ...
QUICK_HOURS, SLOW_HOURS = 0.4, 18.0  # ... within about this; mean time of the others
DELAY_HOURS_MAX = 160.0  # then the click no longer counts
RETURN_RATE = 0.12
HOUR_US = 3_600_000_000


class Items(NamedTuple):
    """What is true of the items, and how wrong the model is about each, lastingly."""

    topic_items: I32  # (t, L), L a prime: any stride visits every place once
    click: F64  # (n,) factor on CTR
    order: F64  # (n,) factor on CVR
    click_error: F64  # (n,) predicted / true
    order_error: F64


class Pages(NamedTuple):
    """Candidates of a batch of requests, (m,), request i at offsets[i] to offsets[i + 1]."""

    offsets: I64
    item: I32
    ctr: F32  # true
    cvr: F32
    pctr: F32  # predicted
    pcvr: F32


@njit(cache=True)
def fill_pages(
    keys: U64, topic: I32, items: Items, known: float, unknown: float, out: Pages
) -> None:
    """Draw the candidates of each request; `known` and `unknown` are factors on the order rate."""
    length = items.topic_items.shape[1]
    for request in range(len(keys)):
        key = keys[request]
        at = int(uniform(key, 0, 1) * length)
        stride = 1 + int(uniform(key, 0, 2) * (length - 1))
        for row in range(out.offsets[request], out.offsets[request + 1]):
            item = items.topic_items[topic[request], at]
            at = (at + stride) % length
            match = math.exp(MATCH_SD * normal(key, item, 10) - MATCH_SD**2 / 2)
            mood = math.exp(MOOD_SD * normal(key, item, 12) - MOOD_SD**2 / 2)
            ctr = min(CTR * items.click[item] * match, 0.6)
            cvr = min(CVR * items.order[item] * mood * known, 0.6)
            wrong_ctr = math.exp(ERROR_CTR_SD * normal(key, item, 14) - ERROR_CTR_SD**2 / 2)
            wrong_cvr = math.exp(ERROR_CVR_SD * normal(key, item, 16) - ERROR_CVR_SD**2 / 2)
            out.item[row] = item
            out.ctr[row] = ctr
            out.cvr[row] = min(cvr * unknown, 0.9)
            out.pctr[row] = min(ctr * items.click_error[item] * wrong_ctr, 0.8)
            out.pcvr[row] = min(cvr * items.order_error[item] * wrong_cvr, 0.8)


@njit(cache=True)
def answer(
    keys: U64,
    pages: Pages,
    shown: I32,
    exposure: F32,
    returns: float,
    delay: float,
    chance: F64,
    seen: npt.NDArray[np.bool_],
    order_after_us: I64,
    returned: npt.NDArray[np.bool_],
) -> None:
    """What people do with the items shown, (n, K); -1 is an empty slot.

    Writes P(order | seen), whether the slot was seen, the time to the order (-1: none) and whether
    it comes back.
    """
    for request in range(len(keys)):
        key = keys[request]
        depth = uniform(key, 0, 3)  # one look down the list: seen as far as this says
        begin, end = pages.offsets[request], pages.offsets[request + 1]
        for slot in range(shown.shape[1]):
            item = shown[request, slot]
            if item < 0:
                continue
            row = begin
            while row < end and pages.item[row] != item:
                row += 1
            chance[request, slot] = float(pages.ctr[row]) * pages.cvr[row]
            if depth >= exposure[request, slot]:
                continue
            seen[request, slot] = True
            if uniform(key, item, 20) >= pages.ctr[row] or uniform(key, item, 21) >= pages.cvr[row]:
                continue
            quick = uniform(key, item, 22) < QUICK
            mean = QUICK_HOURS if quick else SLOW_HOURS * delay
            hours = min(-mean * math.log(uniform(key, item, 23)), DELAY_HOURS_MAX)
            order_after_us[request, slot] = int(hours * HOUR_US)
            returned[request, slot] = uniform(key, item, 24) < RETURN_RATE * returns
