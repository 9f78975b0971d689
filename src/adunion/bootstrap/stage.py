"""Put a world on stage: its merchants, items, publishers, placements and links into the records."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection, Engine, insert, select

from adunion.catalog import Catalog
from adunion.catalog.snapshot import raw_ids
from adunion.catalog.tables import items as items_table
from adunion.catalog.tables import merchants as merchants_table
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.types import Placement
from adunion.kernel.clock import Clock, generator
from adunion.kernel.ids import Ids
from adunion.publishers.tables import links, placements, publishers
from adunion.simulation.types import Staged
from adunion.simulation.world import item_records
from adunion.simulation.world.types import Links, PlatformView, World
from adunion.tracking import shopper_key


def put_on_stage(engine: Engine, catalog: Catalog, clock: Clock, ids: Ids, world: World) -> None:
    """Write what the platform may see of a world; all or nothing of each kind."""
    view = world.platform_view()
    catalog.upsert_items(item_records(world), withdraw_missing=True)
    with engine.begin() as conn:
        them = view.merchants
        for external_id, name, english in zip(
            them.external_id, them.name, them.name_en, strict=True
        ):
            conn.execute(
                merchants_table.update()
                .where(merchants_table.c.external_id == external_id)
                .values(name=name, name_en=english)
            )
        _publishers(conn, clock, ids, view)


def make_links(
    engine: Engine, clock: Clock, ids: Ids, world: World, count: int, each: int, seed: int
) -> Links:
    """Give the first `count` publishers links to items that suit their audience."""
    view, truth = world.view, world.truth
    rng = generator(seed, 0x11)
    top = view.leaves.top[view.items.leaf]
    sales = truth.leaf_popularity[view.items.leaf] * truth.item_popularity
    publisher, item = [], []
    for row in range(min(count, len(view.publishers))):
        weight = sales * view.publishers.audience[row][top]
        number = min(each, int(np.count_nonzero(weight)))
        chosen = rng.choice(len(sales), number, replace=False, p=weight / weight.sum())
        publisher += [row] * number
        item += chosen.tolist()
    made = Links(
        np.array(publisher, np.int32),
        np.array(item, np.int32),
        np.ones(len(item), np.float32),
    )
    with engine.begin() as conn:
        _write_links(conn, clock, ids, world, made)
    return made


def staged(
    engine: Engine,
    world: World,
    made: Links,
    snapshot: CatalogSnapshot,
    engine_placements: list[Placement],
) -> Staged:
    """Which row of the world is which row of the market."""
    view = world.view
    with engine.connect() as conn:
        id_of = _item_ids(conn)
        merchant_id_of: dict[str, str] = dict(
            conn.execute(select(merchants_table.c.external_id, merchants_table.c.id)).all()
        )
        publisher_id_of: dict[str, str] = dict(
            conn.execute(select(publishers.c.external_id, publishers.c.id)).all()
        )
        link_of = {
            (publisher, item): id_
            for publisher, item, id_ in conn.execute(
                select(publishers.c.external_id, links.c.item_id, links.c.id).join_from(
                    links, publishers, links.c.publisher_id == publishers.c.id
                )
            )
        }
    external = view.merchants.external_id
    keys = zip(view.items.merchant.tolist(), view.items.external_id, strict=True)
    item_ids = [id_of[external[merchant], item] for merchant, item in keys]
    rows = snapshot.rows(raw_ids(item_ids))
    back = np.full(len(snapshot), -1, np.int32)
    back[rows] = np.arange(len(rows), dtype=np.int32)
    row_of_code = {placement.code: row for row, placement in enumerate(engine_placements)}
    link_ids = [
        link_of[view.publishers.external_id[publisher], item_ids[item]]
        for publisher, item in zip(made.publisher, made.item, strict=True)
    ]
    return Staged(
        row_of_item=rows,
        item_of_row=back,
        merchant_ids=[merchant_id_of[each] for each in external],
        publisher_ids=[publisher_id_of[each] for each in view.publishers.external_id],
        merchant_raw=raw_ids(snapshot.merchant_ids),
        placement_rows=np.array([row_of_code[code] for code in view.placements.code], np.int16),
        placement_raw=raw_ids([placement.id for placement in engine_placements]),
        shopper_raw=np.frombuffer(
            b"".join(shopper_key(each) for each in view.shoppers.pseudonym), "V16"
        ),
        link_raw=raw_ids(link_ids) if link_ids else np.zeros(0, "V16"),
        link_publisher=made.publisher,
        link_item=made.item,
    )


def _item_ids(conn: Connection) -> dict[tuple[str, str], str]:
    chosen = select(
        merchants_table.c.external_id, items_table.c.external_id, items_table.c.id
    ).join_from(items_table, merchants_table)
    return {(merchant, item): id_ for merchant, item, id_ in conn.execute(chosen)}


def _publishers(conn: Connection, clock: Clock, ids: Ids, view: PlatformView) -> None:
    now, them = clock.now(), view.publishers
    publisher_ids = [ids("pub") for _ in them.name]
    if publisher_ids:
        conn.execute(
            insert(publishers),
            [
                {
                    "id": publisher_ids[row],
                    "external_id": them.external_id[row],
                    "name": them.name[row],
                    "name_en": them.name_en[row],
                    "kind": them.kind[row],
                    "audience": {
                        top: round(float(share), 4)
                        for top, share in zip(
                            view.leaves.top_names, them.audience[row], strict=True
                        )
                        if share > 0.01
                    },
                    "created_at": now,
                }
                for row in range(len(them))
            ],
        )
    places = view.placements
    conn.execute(
        insert(placements),
        [
            {
                "id": ids("plc"),
                "code": places.code[row],
                "kind": places.kind[row],
                "publisher_id": None if owner < 0 else publisher_ids[owner],
                "name": places.code[row] if owner < 0 else them.name[owner],
                "slots": int(places.slots[row]),
                "exposures": [
                    round(float(share), 4) for share in places.exposures[row][: places.slots[row]]
                ],
            }
            for row, owner in enumerate(places.publisher.tolist())
        ],
    )


def _write_links(conn: Connection, clock: Clock, ids: Ids, world: World, made: Links) -> None:
    if not len(made.item):
        return
    view = world.view
    publisher_ids = dict(conn.execute(select(publishers.c.external_id, publishers.c.id)).all())
    item_ids = _item_ids(conn)
    external = view.merchants.external_id
    rows = []
    for publisher, item in zip(made.publisher.tolist(), made.item.tolist(), strict=True):
        link_id = ids("lnk")
        owner = external[view.items.merchant[item]]
        rows.append(
            {
                "id": link_id,
                "code": link_id[-12:].lower(),
                "publisher_id": publisher_ids[view.publishers.external_id[publisher]],
                "item_id": item_ids[owner, view.items.external_id[item]],
                "sub_id": "",
                "created_at": clock.now(),
            }
        )
    conn.execute(insert(links), rows)
