from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from adunion.simulation.chance import keys, mix, normal, uniform

WORDS = st.integers(0, 2**63 - 1)


def draws(count: int, thing: int, draw: int) -> np.ndarray:
    return np.array([uniform(key, thing, draw) for key in keys(1, 2, count)])


@settings(max_examples=60, derandomize=True, deadline=None)
@given(seed=WORDS, thing=st.integers(0, 10**6), draw=st.integers(0, 40))
def test_a_draw_is_a_function_of_its_key_thing_and_purpose(seed, thing, draw):
    key = keys(seed, 0, 1)[0]
    first = uniform(key, thing, draw)
    assert 0.0 < first < 1.0
    assert first == uniform(key, thing, draw)
    assert first != uniform(key, thing + 1, draw)
    assert first != uniform(key, thing, draw + 1)


def test_draws_are_uniform():
    sample = np.sort(draws(20_000, 5, 2))
    distance = np.abs(sample - (np.arange(20_000) + 0.5) / 20_000).max()
    assert distance < 1.63 / np.sqrt(20_000)  # Kolmogorov and Smirnov at 1 %


def test_draws_of_neighbouring_keys_things_and_purposes_do_not_hang_together():
    base = draws(20_000, 5, 2)
    for other in (draws(20_000, 6, 2), draws(20_000, 5, 3), np.roll(base, 1)):
        assert abs(np.corrcoef(base, other)[0, 1]) < 4 / np.sqrt(20_000)


def test_normal_draws_have_mean_0_and_deviation_1():
    sample = np.array([normal(key, 1, 1) for key in keys(4, 4, 20_000)])
    assert abs(sample.mean()) < 0.03
    assert abs(sample.std() - 1) < 0.02


def test_keys_of_one_span_are_distinct_and_of_another_different():
    assert len(np.unique(keys(1, 0, 100_000))) == 100_000
    assert not np.intersect1d(keys(1, 0, 1_000), keys(1, 1, 1_000)).size
    assert not np.intersect1d(keys(1, 0, 1_000), keys(2, 0, 1_000)).size


def test_the_mixer_is_splitmix64():
    # First outputs of the reference generator for the seed 0.
    assert int(mix(np.uint64(0))) == 0xE220A8397B1DCDAF
    assert int(mix(np.uint64(0x9E3779B97F4A7C15))) == 0x6E789E6AA1B965F4
