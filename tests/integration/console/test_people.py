"""The merchant's People page: segments of at least 50, words beside figures, nobody by name."""

import re
from datetime import UTC, datetime

import numpy as np

from adunion.audience import CLICK

from .conftest import Site


def look(site: Site, people: int, first: int = 0) -> None:
    """So many shoppers click the merchant's first item."""
    market = site.faces.market
    ids = np.frombuffer(b"".join((first + k + 1).to_bytes(16, "big") for k in range(people)), "V16")
    at = np.full(people, int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1e6))
    row = market.catalog.merchant.tolist().index(market.catalog.merchant_ids.index(site.merchant))
    item = np.full(people, row, np.int32)
    market.brain.profiles.observe(
        ids, item, at, np.full(people, CLICK, np.uint8), np.ones(people, bool)
    )


def test_people_are_told_of_only_from_fifty_on(site: Site) -> None:
    look(site, 49)
    page = site.client("merchant").get("/merchant/people")
    assert page.status_code == 200
    assert "50" in page.text
    assert "segment-0" not in page.text


def test_a_segment_has_sentences_and_the_figures_behind_them(site: Site) -> None:
    look(site, 400)
    page = site.client("merchant").get("/merchant/people")
    assert 'id="segment-0"' in page.text
    counts = [int(n) for n in re.findall(r">(\d{3})<", page.text)]
    assert any(380 <= n <= 420 and n % 5 == 0 for n in counts)
    again = site.client("merchant").get("/merchant/people")
    assert [int(n) for n in re.findall(r">(\d{3})<", again.text)] == counts
    assert "shp_" not in page.text


def test_another_merchant_sees_nobody_of_them(site: Site) -> None:
    look(site, 400)
    assert 'id="segment-0"' not in site.client("merchant2").get("/merchant/people").text
