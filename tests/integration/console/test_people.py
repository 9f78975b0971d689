"""The merchant's People page: segments of at least 50, words beside figures, nobody by name."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np

from adunion.audience import CLICK, looks
from adunion.tracking import FLAG_CONSENT, EventType, beacon_keys, events

from .conftest import Site


def look(site: Site, people: int, first: int = 0, merchant: str = "") -> None:
    """So many shoppers click the first item of the merchant, or of another."""
    market = site.faces.market
    ids = np.frombuffer(b"".join((first + k + 1).to_bytes(16, "big") for k in range(people)), "V16")
    at = np.full(people, int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1e6))
    owner = market.catalog.merchant_ids.index(merchant or site.merchant)
    row = market.catalog.merchant.tolist().index(owner)
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


def colour(site: Site, key: str) -> None:
    """The merchant's first item is of that colour."""
    market = site.faces.market
    row = market.catalog.merchant.tolist().index(market.catalog.merchant_ids.index(site.merchant))
    market.brain.profiles.facets.looks[row, [each.key for each in looks()].index(key)] = True


def happen(site: Site, kind: EventType, people: int, at: datetime) -> None:
    """So many consenting people see or click the merchant's first item, over the event log."""
    market = site.faces.market
    row = market.catalog.merchant.tolist().index(market.catalog.merchant_ids.index(site.merchant))
    ids = np.frombuffer(b"".join((k + 1).to_bytes(16, "big") for k in range(people)), "V16")
    stamp = int(at.timestamp() * 1e6)
    request = np.frombuffer(
        b"".join((stamp * 1_000 + k).to_bytes(16, "big") for k in range(people)), "V16"
    )
    kinds, slot = np.full(people, kind, np.uint8), np.zeros(people, np.int16)
    market.take(
        events(
            people, type=kinds, at_us=np.full(people, stamp), slot=slot, request=request,
            key=beacon_keys(kinds, request, slot), shopper=ids,
            item=np.repeat(market.catalog.raw[row], people),
            placement=np.repeat(np.zeros(1, "V16"), people),
            flags=np.full(people, FLAG_CONSENT, np.uint8),
        )
    )  # fmt: skip


def test_looks_prices_and_fitting_items_stand_beside_their_figures(site: Site) -> None:
    colour(site, "red")
    look(site, 400)
    look(site, 400, first=1_000, merchant=site.other_merchant)
    page = site.client("merchant").get("/merchant/people").text
    card = page[page.index('id="segment-0"') : page.index("</section>", page.index("segment-0"))]
    assert "#c8312b" in card
    assert 'href="#table-segments"' in card
    assert "¥10.00" in card or "10.00" in card  # the price of what they took, two digits
    fitting = re.findall(r"/thumb/(itm_\w+)\.svg", card)
    assert 1 <= len(set(fitting)) <= 4
    assert set(fitting) <= set(site.items)
    for href in set(re.findall(r'class="said" href="#([\w-]+)"', card)):
        assert f'id="{href}"' in page


def test_a_colour_that_others_take_as_much_has_no_swatch(site: Site) -> None:
    colour(site, "red")
    look(site, 400)  # nobody else likes the category
    page = site.client("merchant").get("/merchant/people").text
    card = page[page.index('id="segment-0"') : page.index("</section>", page.index("segment-0"))]
    assert "#c8312b" not in card
    assert "red" in page[page.index("table-likes") :]


def test_colours_are_named_in_chinese_and_english(site: Site) -> None:
    colour(site, "red")
    look(site, 400)
    look(site, 400, first=1_000, merchant=site.other_merchant)
    client = site.client("merchant")
    client.headers["Accept-Language"] = "en"
    assert ">red " in re.sub(r"</i>", ">", client.get("/merchant/people").text)
    client.headers["Accept-Language"] = "zh-CN"
    assert "红色" in client.get("/merchant/people").text


def test_people_who_went_from_seeing_to_looking_within_a_week_are_told(site: Site) -> None:
    now = site.faces.market.clock.now()
    happen(site, EventType.IMPRESSION, 120, now - timedelta(days=9))
    happen(site, EventType.CLICK, 80, now - timedelta(days=2))
    client = site.client("merchant")
    client.headers["Accept-Language"] = "en"
    page = client.get("/merchant/people").text
    flow = page[page.index('id="flow"') : page.index("</section>", page.index('id="flow"'))]
    assert "Aware" in flow
    assert "Interested" in flow
    count = int(re.findall(r'class="num">(\d+)<', flow)[0])
    assert abs(count - 80) <= 25
    assert count % 5 == 0
    assert "6 other moves are not shown: fewer than 50 people made them" in flow
    assert "All merchants" in page[page.index('id="table-moves"') :]  # two are not compared with
    told = site.faces.people.of(site.merchant)
    assert told.category
    assert {move.usual_of for move in told.moves or () if move.people and move.usual} == {"market"}


def test_fewer_than_fifty_who_moved_are_not_told(site: Site) -> None:
    now = site.faces.market.clock.now()
    happen(site, EventType.IMPRESSION, 120, now - timedelta(days=9))
    happen(site, EventType.CLICK, 120, now - timedelta(days=8))
    page = site.client("merchant").get("/merchant/people").text
    assert 'class="flow"' not in page


def test_the_figures_download(site: Site) -> None:
    colour(site, "red")
    look(site, 400)
    client = site.client("merchant")
    for table in ("segments", "likes"):
        text = client.get(f"/merchant/people?csv={table}").text
        assert len(text.strip().splitlines()) >= 2, table
