"""A small live market and the console over it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from adunion.bootstrap.faces import Faces
from adunion.bootstrap.live import LiveMarket
from adunion.bootstrap.notices import DemoAccount
from adunion.catalog import Catalog
from adunion.catalog.types import ItemRecord
from adunion.console import create_console
from adunion.kernel.clock import ManualClock
from adunion.kernel.ids import IdFactory
from adunion.publishers import Publishers
from adunion.trust import LIGHT_HASHER, Identity

PASSWORD = "correct horse"


class Browser:
    """Keeps cookies and headers; follows no redirect; each call runs to its end."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.cookies = httpx.Cookies()
        self.headers: dict[str, str] = {}

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request."""

        async def call() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://testserver",
                cookies=self.cookies, headers=self.headers,
            ) as client:  # fmt: skip
                answer = await client.request(method, path, **more)
                self.cookies = client.cookies
                return answer

        return asyncio.run(call())

    def get(self, path: str) -> httpx.Response:
        """A page."""
        return self.request("GET", path)

    def post(self, path: str, data: dict[str, str] | None = None) -> httpx.Response:
        """A form."""
        return self.request("POST", path, data=data)


@dataclass(frozen=True)
class Site:
    """The console's app and the ids that its pages are about."""

    faces: Faces
    app: object
    merchant: str
    other_merchant: str
    publisher: str
    items: list[str]

    def client(self, role: str | None = None) -> Browser:
        """A browser, signed in by role; `merchant2` is the other merchant."""
        browser = Browser(self.app)
        if role is not None:
            token, csrf = self.faces.identity.sign_in(f"{role}@test.example", PASSWORD)
            browser.cookies.set("adunion_session", token)
            browser.headers["X-CSRF-Token"] = csrf
        return browser


@pytest.fixture
def site(engine: Engine, clock: ManualClock, ids: IdFactory, tmp_path: Path) -> Iterator[Site]:
    records = [
        ItemRecord(m, f"i{n}", f"奶粉 {m} {n}", 1_000 + n, "CNY", {"en": f"Milk <b>{m}</b> {n}"},
                   category="母婴 > 奶粉", attributes={
                       "category_en": "Mother & Baby > Formula", "spec": "800克",
                       "spec_en": "800 g"})
        for m in ("m1", "m2") for n in range(40)
    ]  # fmt: skip
    Catalog(engine, clock, ids).upsert_items(records)
    publishers = Publishers(engine, clock, ids)
    publishers.ensure_on_site()
    publisher = publishers.create("p1", "小鱼").id
    with engine.connect() as conn:
        merchants = list(
            conn.execute(text("select id from merchants order by external_id")).scalars()
        )
        items = list(
            conn.execute(
                text("select id from items where merchant_id = :m order by id"), {"m": merchants[0]}
            ).scalars()
        )
    identity = Identity(engine, clock, ids, LIGHT_HASHER)
    parties = {"merchant": merchants[0], "merchant2": merchants[1], "publisher": publisher}
    for role, party in [*parties.items(), ("operator", None)]:
        identity.create_user(f"{role}@test.example", role, PASSWORD, role.rstrip("2"), party)
    market = LiveMarket(engine, tmp_path, clock, ids, "CNY", b"k" * 32, identity, True)
    account = DemoAccount("merchant", "Shop <1>", "merchant@test.example", PASSWORD)
    faces = Faces(market, identity, "http://testserver", [account])
    yield Site(faces, create_console(faces), *merchants, publisher, items)
    market.close()
