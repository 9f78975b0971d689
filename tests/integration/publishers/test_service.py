from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from adunion.catalog import Catalog, ItemRecord
from adunion.catalog.repository import find_merchant, item_ids
from adunion.kernel.clock import ManualClock
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory
from adunion.publishers import Publishers, default_exposures

pytestmark = pytest.mark.integration


@pytest.fixture
def publishers(engine: Engine, clock: ManualClock, ids: IdFactory) -> Publishers:
    return Publishers(engine, clock, ids)


@pytest.fixture
def item_id(engine: Engine, clock: ManualClock, ids: IdFactory) -> str:
    Catalog(engine, clock, ids).upsert_items([ItemRecord("m", "sku", "奶粉", 100, "CNY")])
    with engine.connect() as conn:
        merchant = find_merchant(conn, "m")
        assert merchant is not None
        return item_ids(conn, merchant.id)["sku"]


def test_on_site_placements_are_made_once(publishers: Publishers) -> None:
    first = publishers.ensure_on_site()
    assert {p.code: p.slots for p in first} == {"search": 10, "feed": 12, "cart": 6}
    assert first[0].exposures == default_exposures(first[0].slots)
    assert publishers.ensure_on_site() == first
    assert publishers.placement_by_code("feed") in first


def test_a_link_is_the_same_for_the_same_publisher_item_and_sub_id(
    publishers: Publishers, item_id: str
) -> None:
    publisher = publishers.create("p", "P")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: publishers.create_link(publisher.id, item_id), range(8)))
    assert len({link.id for link, _ in made}) == 1
    assert sum(new for _, new in made) == 1
    other, new = publishers.create_link(publisher.id, item_id, "post-7")
    assert new
    link = made[0][0]
    assert len(link.code) == 12
    assert link.code != other.code
    assert publishers.link_by_code(link.code) == link
    assert [found.id for found in publishers.list_links(publisher.id)[0]] == [other.id, link.id]


def test_an_unknown_code_finds_no_link(publishers: Publishers) -> None:
    for code in ("", "nope", "a\0b", "x" * 500, "../../etc"):
        assert publishers.link_by_code(code) is None


def test_disabling_is_undone_by_enabling(
    publishers: Publishers, item_id: str, clock: ManualClock
) -> None:
    link, _ = publishers.create_link(publishers.create("p", "P").id, item_id)
    assert publishers.disable_link(link.id).disabled_at == clock.now()
    with pytest.raises(AdUnionError) as refused:
        publishers.create_link(link.publisher_id, item_id)
    assert (refused.value.status, refused.value.code) == (409, "link_disabled")
    assert refused.value.extra == {"link_id": link.id}
    assert publishers.enable_link(link.id) == link


def test_a_link_needs_a_live_item(
    publishers: Publishers, item_id: str, engine: Engine, clock: ManualClock, ids: IdFactory
) -> None:
    publisher = publishers.create("p", "P")
    with pytest.raises(AdUnionError) as unknown:
        publishers.create_link(publisher.id, "itm_unknown")
    assert unknown.value.status == 404
    Catalog(engine, clock, ids).withdraw(item_id)
    with pytest.raises(AdUnionError) as withdrawn:
        publishers.create_link(publisher.id, item_id)
    assert (withdrawn.value.status, withdrawn.value.code) == (409, "item_withdrawn")


BAD: list[tuple[str, dict[str, object]]] = [
    ("code", {"code": "Über"}),
    ("kind", {"kind": "banner"}),
    ("slots", {"slots": 0}),
    ("name", {"name": "a\0"}),
    ("exposures", {"exposures": [0.5, 0.6]}),
    ("exposures", {"exposures": [1.0]}),
    ("exposures", {"exposures": [1.0, float("nan")]}),
]


def test_a_bad_field_of_a_placement_is_named(publishers: Publishers) -> None:
    good = {"code": "page:1", "kind": "page", "name": "P", "slots": 2}
    for field, change in BAD:
        with pytest.raises(AdUnionError) as refused:
            publishers.create_placement(**{**good, **change})  # type: ignore[arg-type]
        assert (refused.value.status, refused.value.field) == (422, field)


def test_audience_shares_sum_to_at_most_one(publishers: Publishers) -> None:
    for audience in ({"a": 0.6, "b": 0.6}, {"a": -0.1}, {"a": float("nan")}):
        with pytest.raises(AdUnionError) as refused:
            publishers.create("p", "P", audience=audience)
        assert refused.value.field == "audience"


def test_codes_and_external_ids_are_taken_once(publishers: Publishers) -> None:
    publishers.create("p", "P")
    publishers.create_placement("page:1", "page", "P", 2)
    with pytest.raises(AdUnionError, match="already") as publisher:
        publishers.create("p", "Q")
    with pytest.raises(AdUnionError, match="already") as placement:
        publishers.create_placement("page:1", "page", "Q", 2)
    assert (publisher.value.code, placement.value.code) == ("external_id_taken", "code_taken")
