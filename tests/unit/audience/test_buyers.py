"""Who is new to a merchant: known of those who consent, counted of the others."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.audience import Buyers, words_of


def people(*numbers: int) -> np.ndarray:
    return np.frombuffer(b"".join(n.to_bytes(16, "big") for n in numbers), "V16")


MERCHANTS = words_of(people(1, 2))


def test_a_first_order_is_first_once_at_each_merchant() -> None:
    buyers = Buyers()
    who, where = people(5, 5, 6, 5), MERCHANTS[[0, 0, 0, 1]]
    assert buyers.first(who, where).tolist() == [True, False, True, True]
    buyers.observe(who, where)
    assert buyers.first(who, where).tolist() == [False] * 4
    assert buyers.first(people(7), MERCHANTS[:1]).tolist() == [True]
    assert len(buyers) == 3


def test_of_consenting_people_it_is_known_of_others_the_share() -> None:
    buyers = Buyers()
    for shopper in range(1, 41):
        buyers.observe(people(shopper), MERCHANTS[:1])
    for _ in range(120):
        buyers.observe(people(1), MERCHANTS[:1])
    new = buyers.newness(people(1, 99, 1), np.array([True, True, False]), MERCHANTS[[0, 0, 0]])
    assert new[:2].tolist() == [0.0, 1.0]
    assert new[2] == pytest.approx(40 / 160, abs=0.03)
    assert buyers.shares(MERCHANTS[1:])[0] == pytest.approx(40 / 160, abs=0.05)


def test_nobody_is_nobody() -> None:
    buyers = Buyers()
    buyers.observe(people(0, 0), MERCHANTS)
    assert len(buyers) == 0
    assert not buyers.first(people(0), MERCHANTS[:1]).any()
