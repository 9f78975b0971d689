"""Formats of a page: what each may show and charge, and that they are compared like with like."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.simulation.formats import Case, compare, table
from adunion.simulation.formats.market import CANDIDATES, SLOTS, market
from adunion.simulation.formats.pages import AD_SLOTS, joint, separate, sums

MADE = market(3, 80, density=0.4, correlation=0.2)
TRUTH = np.ones(len(MADE.margin_of))


def test_separate_slots_hold_the_highest_bids_and_nothing_twice() -> None:
    pages = separate(MADE, TRUTH, 1.0, ad_slots=3)
    assert all(len(set(row)) == SLOTS for row in pages.row.tolist())
    assert (pages.paid.sum(axis=1) <= 3).all()
    assert pages.paid[:, list(AD_SLOTS[:3])].all()
    items = MADE.candidates.item
    worth = MADE.candidates.pctr.astype(float) * MADE.candidates.pcvr * MADE.price[items]
    plan = MADE.plan[items]
    bid = np.where(plan >= 0, worth * MADE.margin_of[plan], 0)
    best = np.sort(bid.reshape(-1, CANDIDATES), axis=1)[:, ::-1]
    np.testing.assert_allclose(bid[pages.row[:, 0]], best[:, 0])
    np.testing.assert_allclose(pages.price[:, 0], best[:, 1])
    np.testing.assert_allclose(bid[pages.row[:, 3]], best[:, 1])


def test_without_bids_every_format_is_the_organic_page() -> None:
    nothing = 0 * TRUTH
    pages = [separate(MADE, nothing, 1.0, 2), joint(MADE, nothing, 1.0, "uplift")]
    assert sums(MADE, pages[0]).gmv == pytest.approx(sums(MADE, pages[1]).gmv, rel=1e-3)
    assert all(not page.paid.any() for page in pages)


def test_uplift_and_gsp_rank_alike_and_uplift_charges_less() -> None:
    uplift, gsp = (joint(MADE, TRUTH, 1.0, name) for name in ("uplift", "gsp"))
    np.testing.assert_array_equal(uplift.row, gsp.row)
    assert 0 < sums(MADE, uplift).media < sums(MADE, gsp).media


def test_a_reserve_moves_fewer_and_none_for_less() -> None:
    free, asked = (joint(MADE, TRUTH, 1.0, "uplift", reserve) for reserve in (0, 20_000))
    assert asked.paid.sum() < free.paid.sum()
    assert sums(MADE, asked).paid_share < sums(MADE, free).paid_share


def test_formats_are_compared_at_equal_experience() -> None:
    (row,) = compare([0], requests=60, cases=[Case("usual")])
    formats = row["formats"]
    for name in ("mixed_gsp", "joint_uplift", "joint_reserve"):
        assert formats[name]["ratio"]["experience"]["mean"] == pytest.approx(1, abs=0.01)
        assert formats[name]["welfare"] > formats["separate"]["welfare"]
    assert formats["joint_reserve"]["platform"] >= 0.99 * formats["joint_uplift"]["platform"]
    assert formats["joint_uplift"]["bid_share"] == 1
    assert formats["mixed_gsp"]["bid_share"] < 1
    assert "| usual | joint_uplift |" in table([row])


def test_no_seed_is_refused() -> None:
    with pytest.raises(AdUnionError, match="seed"):
        compare([], 60)
