"""A small market behind the API, and a client for each role."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from adunion.advice import Wish
from adunion.api import ApiServices, create_api
from adunion.bootstrap.item_reviews import ItemReviews
from adunion.bootstrap.live import LiveMarket
from adunion.bootstrap.people import MerchantPeople
from adunion.bootstrap.readings import Readings
from adunion.campaigns import BoostDraft, Boosts, PlanDraft, Plans, SharedBudgets
from adunion.catalog import repository
from adunion.catalog.service import Catalog
from adunion.catalog.types import ItemQuery, ItemRecord
from adunion.commission import Commissions, CreditedLine
from adunion.insight import Insight
from adunion.kernel.clock import ManualClock
from adunion.kernel.ids import IdFactory, encode
from adunion.ledger import Ledger
from adunion.publishers import Publishers
from adunion.serving import ServingApp
from adunion.settlement import Settlement, settle
from adunion.simulation.forecast import Ask, Band, Cell, Forecast
from adunion.tracking import Intake, shopper_key
from adunion.tracking.reviews import NewReview, unlink
from adunion.tracking.tables import order_lines, order_steps, orders, rejected_events
from adunion.trust import LIGHT_HASHER, Identity
from adunion.understanding import LexicalIndex
from adunion.understanding.needs import ItemMatcher, Knowledge, Library, NeedFinder
from adunion.understanding.trends import Board

from .kept import Kept

ROLES = ("merchant", "publisher", "operator")
_keys = count()


@dataclass
class Api:
    """The application, its services, and the records and keys that tests speak of."""

    app: FastAPI
    services: ApiServices
    clock: ManualClock
    ids: dict[str, str]  # of the records of the merchant and publisher whose keys these are
    others: dict[str, str]  # of another merchant's and publisher's
    secrets: dict[str, str] = field(default_factory=dict)

    def send(
        self, role: str | None, method: str, path: str, key: str | None = None, **kwargs: Any
    ) -> httpx.Response:
        """A call with a role's key; writes get a fresh Idempotency-Key unless one is given."""
        headers = dict(kwargs.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {self.secrets.get(role, role)}"
        if method != "GET" and key != "":
            headers["Idempotency-Key"] = key or f"test-{next(_keys)}"
        return asyncio.run(self._send(method, path, headers=headers, **kwargs))

    async def _send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            return await client.request(method, path, **kwargs)

    def get(self, role: str | None, path: str, **kwargs: Any) -> httpx.Response:
        """A read."""
        return self.send(role, "GET", path, **kwargs)

    def post(self, role: str | None, path: str, body: Any = None, **kwargs: Any) -> httpx.Response:
        """A write."""
        return self.send(role, "POST", path, json={} if body is None else body, **kwargs)


def _item(merchant: str, number: int) -> ItemRecord:
    return ItemRecord(merchant, f"sku-{number}", f"纸尿裤 diapers {number}", 9_900 + number, "CNY")


def _records(services: ApiServices, clock: ManualClock, number: int, out: Path) -> dict[str, str]:
    """A merchant with a wallet, an item in a plan and an order, sold by a publisher's link."""
    merchant = services.catalog.upsert_merchant(f"m-{number}", f"Merchant {number}")
    services.catalog.upsert_items([_item(f"m-{number}", n) for n in range(3)])
    with services.engine.connect() as conn:
        items = repository.list_items(conn, ItemQuery(merchant_id=merchant.id)).items
    publisher = services.publishers.create(f"p-{number}", f"Publisher {number}")
    placement = services.publishers.create_placement(
        f"page:{number}", "page", "A page", 4, publisher.id
    )
    link, _ = services.publishers.create_link(publisher.id, items[0].id)
    plan = services.plans.create(PlanDraft(merchant.id, "4", (items[0].id,), name="A plan"))
    later = BoostDraft(5_000, clock.now() + timedelta(days=3), clock.now() + timedelta(days=2))
    boost = services.boosts.create(plan.id, later)
    shared = services.shared_budgets.create(merchant.id, "Together", 50_000)
    order_id = services.ids("ord")
    with services.engine.begin() as conn:
        services.ledger.top_up(conn, merchant.id, 1_000_000, "CNY", f"first-{number}")
        columns = {"id": order_id, "external_id": "o-1", "merchant_id": merchant.id}
        conn.execute(
            orders.insert(),
            columns
            | {"source": "live", "shopper": "", "currency": "CNY", "total_minor": 30_000}
            | {"placed_at": clock.now()},
        )
        lines = [(1, items[0].id, 10_000), (2, items[1].id, 20_000)]
        conn.execute(
            order_lines.insert(),
            [
                {"order_id": order_id, "line": n, "item_id": i, "quantity": 1, "amount_minor": a}
                for n, i, a in lines
            ],
        )
        paid = {"order_id": order_id, "line": 0, "step": "payment", "number": 0}
        conn.execute(order_steps.insert(), paid | {"amount_minor": 30_000, "at": clock.now()})
        sold = CreditedLine(
            order_id, 1, link.id, publisher.id, merchant.id, "", 10_000, "CNY", clock.now()
        )
        services.commissions.on_orders(conn, [sold])
        commission = services.commissions.of_orders(conn, [order_id])[0]
        refused = {"order_id": order_id, "line": 1, "step": "refund", "number": number}
        conn.execute(
            rejected_events.insert(),
            refused
            | {"amount_minor": 99_000, "at": clock.now(), "reason": "exceeds_line", "detail": "-"}
            | {"id": services.ids("rej"), "merchant_id": merchant.id},
        )
    said = NewReview(items[0].id, merchant.id, "质量很好", clock.now(), 5.0)
    services.item_reviews.keep([said])
    clock.advance(timedelta(minutes=1))
    settle(services.engine, clock, services.ids, clock.now(), out)
    with services.engine.connect() as conn:
        statement = services.settlement.page(conn, role="merchant", party_id=merchant.id)[0][0]
    return {
        "merchant_id": merchant.id,
        "publisher_id": publisher.id,
        "item_id": items[0].id,
        "placement_id": placement.id,
        "link_id": link.id,
        "plan_id": plan.id,
        "boost_id": boost.id,
        "budget_id": shared.id,
        "order_id": order_id,
        "commission_id": commission.id,
        "statement_id": statement.id,
    }


@dataclass
class Foretold:
    """A forecast that is the same for every plan that may be launched."""

    plans: Plans

    def __call__(self, ask: Ask) -> Forecast:
        for target in ask.targets or (4.0,):
            if ask.plan_id is None:
                self.plans.check(
                    PlanDraft(
                        ask.merchant_id, target, ask.item_ids, ask.selector,
                        budget_minor=ask.budgets_minor[0], start_at=ask.start_at, end_at=ask.end_at,
                    )
                )  # fmt: skip
            else:
                self.plans.get(ask.plan_id, ask.merchant_id or None)
        band = Band(10.0, 5.0, 20.0)
        cells = [
            Cell(target, budget, 1.0, band, band, band, band, band, None)
            for target in ask.targets or (4.0,)
            for budget in ask.budgets_minor
        ]
        return Forecast(cells, 168, True, 1_000.0, 5_000, 500, 50, ["no_sales"])


class Advised:
    """Advises nothing, and knows of one topic."""

    def of(self, publisher_id: str, wish: Wish) -> dict[str, Any]:
        """An empty selection."""
        found = {"publisher_id": publisher_id, "currency": "CNY", "looked": wish.top}
        return {**found, "trends_at": None, "nothing": None, "picks": [], "left": []}

    def board(self) -> Board | None:
        """None yet."""
        return None


class Few:
    """Merchants with too few people to tell of."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def of(self, merchant: str) -> MerchantPeople:
        """Nobody is told of."""
        return MerchantPeople(None, (), (), 0, self._clock.now())


def _forget(engine: Engine, pseudonym: str) -> int:
    with engine.begin() as conn:
        return unlink(conn, f"shp_{encode(shopper_key(pseudonym))}")


@pytest.fixture
def services(engine: Engine, clock: ManualClock, ids: IdFactory, tmp_path: Path) -> ApiServices:
    ledger = Ledger(ids, clock)
    catalog = Catalog(engine, clock, ids)
    finder = NeedFinder(Library(Knowledge.load()))

    def needs() -> tuple[NeedFinder, ItemMatcher]:
        goods = catalog.snapshot("CNY")
        return finder, ItemMatcher(goods, LexicalIndex.build(goods))

    readings = Readings(tmp_path, needs, lambda: catalog.snapshot("CNY"))
    return ApiServices(
        engine=engine,
        clock=clock,
        ids=ids,
        identity=Identity(engine, clock, ids, LIGHT_HASHER),
        catalog=catalog,
        plans=Plans(engine, clock, ids, "CNY"),
        boosts=Boosts(engine, clock, ids),
        shared_budgets=SharedBudgets(engine, clock, ids, "CNY"),
        publishers=Publishers(engine, clock, ids, "CNY"),
        commissions=Commissions(ids, clock, ledger),
        settlement=Settlement(),
        ledger=ledger,
        insight=Insight(engine),
        decisions=Kept(),
        forecast=Foretold(Plans(engine, clock, ids, "CNY")),
        needs=finder,
        readings=readings,
        selections=Advised(),
        people=Few(clock),
        item_reviews=ItemReviews(engine, clock, ids, readings),
        forget=partial(_forget, engine),
    )


@pytest.fixture
def api(services: ApiServices, clock: ManualClock, tmp_path: Path) -> Api:
    """Two merchants and two publishers with some of everything; one key for each role."""
    services.publishers.ensure_on_site()
    others, mine = (_records(services, clock, number, tmp_path) for number in (2, 1))
    made = Api(create_api(services, calls_per_minute=1_000_000), services, clock, mine, others)
    parties = {"merchant": mine["merchant_id"], "publisher": mine["publisher_id"]}
    for role in ROLES:
        for _ in (1, 2):  # the second may be revoked
            key_id, secret = services.identity.create_key(role, role, parties.get(role))
            made.secrets.setdefault(role, secret)
        made.ids[f"{role}_key_id"] = key_id
    made.ids["key_id"] = made.ids["merchant_key_id"]
    assert isinstance(services.decisions, Kept)
    for party, also in ((mine, [others["item_id"]]), (others, [])):
        party["request_id"] = services.ids("req")
        items = [party["item_id"], *also]
        plans = [party["plan_id"], *[None for _ in also]]
        services.decisions.keep(party["request_id"], items, plans)
    others["key_id"] = made.ids["operator_key_id"]
    return made


@dataclass
class HotPath:
    """The hot path over the same records; other paths go to the API, as in `adunion.asgi`."""

    api: FastAPI
    market: LiveMarket
    code: str  # of a link

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request; the hot path is made anew, for tests call from many event loops."""
        if not ServingApp.handles(scope["path"]):
            await self.api(scope, receive, send)
            return
        serving = ServingApp(self.market, Intake(self.market, self.market.tracker))
        await serving(scope, receive, send)
        await serving.close()


@pytest.fixture
def hot_path(api: Api, services: ApiServices, tmp_path: Path) -> Iterator[HotPath]:
    """The hot path of a live market."""
    market = LiveMarket(
        services.engine, tmp_path, api.clock, services.ids, "CNY", b"k" * 32, services.identity,
        storefront=True,
    )  # fmt: skip
    link = services.publishers.get_link(api.ids["link_id"])
    yield HotPath(api.app, market, link.code)
    market.close()
