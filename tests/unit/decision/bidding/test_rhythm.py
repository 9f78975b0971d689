"""Time passes as fast as levels were seen to move at each tick."""

from __future__ import annotations

import numpy as np

from adunion.decision.bidding.rhythm import Rhythm
from adunion.kernel.clock import generator

TICKS, BLOCK = 48, 8


def told(days: int, jumps: bool) -> Rhythm:
    """A rhythm of days whose levels jump each `BLOCK` ticks, or wander at every tick."""
    rng = generator(5)
    rhythm = Rhythm(TICKS)
    for _ in range(days):
        if jumps:
            moves = np.repeat(rng.normal(0, 0.4, (TICKS // BLOCK, 3)), BLOCK, axis=0)
            levels = moves + rng.normal(0, 0.02, (TICKS, 3))
        else:
            levels = rng.normal(0, 0.15, (TICKS, 3)).cumsum(axis=0)
        rhythm.add_day(levels)
    return rhythm


def test_where_levels_jump_time_jumps() -> None:
    rhythm = told(3, jumps=True)
    steps = np.diff(rhythm._clock(rhythm._usual(), 0.0))
    jump = np.arange(1, TICKS) % BLOCK == 0
    assert abs(steps.mean() - 1) < 1e-9
    assert steps[jump].min() > 5 * steps[~jump].max()


def test_where_levels_wander_it_passes_almost_evenly() -> None:
    rhythm = told(3, jumps=False)
    steps = np.diff(rhythm._clock(rhythm._usual(), 0.0))
    assert steps.min() > 0.4
    assert steps.max() < 2.5


def test_what_is_seen_within_a_block_is_believed_to_its_end() -> None:
    rhythm = told(3, jumps=True)
    usual = rhythm._usual()
    for tick in range(10):
        rhythm.observe(tick, usual[tick] + (0.8 if tick >= BLOCK else 0.0))
    come = rhythm.courses(10, np.arange(10, TICKS))[..., 1].mean(axis=0) - usual[10:, 1]
    assert come[4] > 0.6  # the same block
    assert come[8] < 0.4  # the next


def test_nothing_seen_leaves_the_clock_even() -> None:
    rhythm = Rhythm(TICKS)
    assert np.array_equal(rhythm._clock(np.zeros((TICKS, 3)), 0.0), np.arange(TICKS))
