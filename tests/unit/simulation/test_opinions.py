"""What buyers of a made world write follows from the truth, and is read as it was meant."""

from __future__ import annotations

import numpy as np

from adunion.kernel.clock import generator
from adunion.simulation.opinions import Bought, opinion
from adunion.simulation.world import generate
from adunion.tracking.reviews import polarity


def test_stars_follow_the_item_and_words_the_stars() -> None:
    world = generate(3, items=200, merchants=5, shoppers=50)
    worth = world.truth.item_experience
    rows = [int(worth.argmax()), int(worth.argmin())]
    said = [
        [opinion(world, Bought(row, 3.0, False), generator(row, n)) for n in range(200)]
        for row in rows
    ]
    stars = [np.mean([each for each, _ in one]) for one in said]
    assert stars[0] > stars[1]
    assert [opinion(world, Bought(0, 3, False), generator(1)) for _ in (1, 2)] == [
        opinion(world, Bought(0, 3, False), generator(1))
    ] * 2
    told = [pair for one in said for pair in one if pair[0] in (1, 5)]
    read = polarity([text for _, text in told])
    right = [(logit or 0) > 0 for logit in read]
    assert np.mean([ok == (star == 5) for ok, (star, _) in zip(right, told, strict=True)]) > 0.9


def test_what_went_wrong_is_said() -> None:
    world = generate(3, items=200, merchants=5, shoppers=50)
    late = [opinion(world, Bought(0, 9.0, False), generator(n))[1] for n in range(40)]
    back = [opinion(world, Bought(0, 2.0, True), generator(n))[1] for n in range(40)]
    assert any("9" in text for text in late)
    assert all("退" in text or "back" in text or "return" in text for text in back)
