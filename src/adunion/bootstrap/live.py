"""A market that serves: what the hot path and the shops' reports need beyond deciding."""

from __future__ import annotations

from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine

from adunion.campaigns import leases
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.settings import DecisionSettings
from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.insight.types import raw_id
from adunion.kernel.clock import Clock, random_bytes
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory
from adunion.ledger import Ledger
from adunion.serving.answer import Card, Cards, Reasons, card
from adunion.serving.decide import decide_one
from adunion.serving.types import LinkTarget, MarketPort
from adunion.tracking import EventBatch, EventType
from adunion.trust import Identity, Role
from adunion.trust.token import TokenSigner
from adunion.understanding.context.safety import Safety
from adunion.understanding.needs import Library

from . import books
from .forecasts import Forecasts
from .leases import Leases
from .market import Market
from .outbox import absorb
from .replayed import Wish
from .why import praise, why

KEYS_REMEMBERED_MAX = 10_000


class _Dry:
    """A market whose decisions change nothing."""

    def __init__(self, market: LiveMarket) -> None:
        self._market = market

    def __getattr__(self, name: str) -> Any:
        return getattr(self._market, name)

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        return self._market.brain.engine.preview(requests)


class LiveMarket(Market):
    """A `Market` behind a server; satisfies `serving.MarketPort`."""

    def __init__(
        self,
        engine: Engine,
        home: Path,
        clock: Clock,
        ids: IdFactory,
        currency: str,
        signing_key: bytes,
        identity: Identity,
        storefront: bool,
        rules: DecisionSettings | None = None,
        node: str = "main",
        needs: Library | None = None,
    ) -> None:
        self._pages: dict[str, tuple[str, str]] = {}
        self._cards: dict[bool, Cards] = {}  # by language
        self._carded: CatalogSnapshot | None = None  # the catalog whose rows they are
        self._leases = Leases(engine, Ledger(ids, clock), clock, ids, node, currency)
        super().__init__(engine, home, clock, ids, currency, settings=rules, needs=needs)
        self._load_pages()
        self.lease()
        self.signer = TokenSigner({1: signing_key})
        self.storefront = storefront
        self._identity = identity
        self._shop_key = random_bytes(32).hex()
        self._merchant_of: dict[bytes, tuple[str | None, float]] = {}
        safety = Safety(self.home)
        self._harmful = lru_cache(4096)(lambda text: safety.level(text) == "unsafe")

    @property
    def plan_ids(self) -> npt.NDArray[np.void]:
        """(p,) V16: the ids of the rows in `DecisionBatch.plan`."""
        return self.plans.raw

    def reload(self) -> None:
        """Take items, their pages, placements and plans from the records again."""
        super().reload()
        self._load_pages()
        self.lease()

    def tick(self) -> None:
        """Set multipliers by what all nodes saw; new plans may bid at once."""
        with self.lock:
            absorb(self.home, self.brain.engine.pilot.memory)
        super().tick()
        with self.engine.begin() as conn:
            leases.forget(conn, self.clock.now())
        self.lease()

    def warm(self) -> None:
        """Answer once from each kind of placement, so that the first shopper waits for no kernel.

        Nothing is remembered of it, charged or logged.
        """
        dry, items = _Dry(self), self.catalog.ids[:2]
        for place in {place.kind: place for place in self.placements}.values() if items else ():
            for context in ({"query": self.catalog.titles[0]}, {"cart": items}, {}):
                decide_one(cast(MarketPort, dry), {"placement": place.code, "context": context})
        self._warm_forecast()

    def _warm_forecast(self) -> None:
        """Forecast once, so that no merchant waits for kernels, nor shoppers for that."""
        if len(self.catalog) and self.placements:
            every = np.arange(len(self.catalog), dtype=np.int32)
            Forecasts(self).of_rows(Wish(every, (3.0,)), self.catalog)

    def lease(self) -> None:
        """Tell the records what was promised, and hold enough of the budgets to go on."""
        with self.lock:
            self._leases.expire()
        self._leases.renew(self.lock)

    def close(self) -> None:
        """Give the budgets back and let go of the event log."""
        try:
            self._leases.close(self.lock)
        finally:
            super().close()

    def heard(self, batch: EventBatch) -> None:
        """Count the requests that other nodes decided as traffic."""
        with self.lock:
            self._asked += int(np.count_nonzero(batch.type == EventType.REQUEST))
            self.brain.expect(batch)

    def _describe(self) -> None:
        """Whenever there is a new book: it bids with what this node holds."""
        super()._describe()
        if self._carded is not self.catalog:  # rows are of other items now
            self._carded, self._cards = self.catalog, {}
        self._placement_rows = {place.code: row for row, place in enumerate(self.placements)}
        self._leases.swap(self.plans)

    def _load_pages(self) -> None:
        with self.engine.connect() as conn:
            pages = books.pages_of_items(conn)
        with self.lock:
            self._pages, self._cards = pages, {}

    def why(self, requests: RequestBatch, decisions: DecisionBatch, locale: str) -> Reasons:
        """Why the slots of the one request hold what they hold, in the locale's words."""
        brain, kind = self.brain, self.placements[int(requests.placement[0])].kind
        return why(self.catalog, brain.index, kind, requests, decisions, locale, brain.retrieval)

    def harmful(self, text: str) -> bool:
        """Whether nothing may be advertised beside a page's text; read once a text."""
        return self._harmful(text)

    def placement_row(self, code: str) -> int | None:
        """The row of the placement with that code."""
        return self._placement_rows.get(code)

    def cards(self, *, english: bool) -> Cards:
        """What is shown of the catalog's rows; each is made once and kept until the next reload."""
        kept = self._cards.get(english)
        if kept is None:
            make = partial(self._card, english=english)
            kept = self._cards[english] = Cards(len(self.catalog), make, english=english)
        return kept

    def _card(self, row: int, *, english: bool) -> Card:
        """What is shown of a catalog row.

        The picture is generated where the item names none. The page is the merchant's own, else the
        demo shop's, else none.
        """
        catalog, id_ = self.catalog, self.catalog.ids[row]
        page, picture = self._pages.get(id_, ("", ""))
        return card(
            id_,
            (catalog.titles_en[row] if english else "") or catalog.titles[row],
            {"amount_minor": int(catalog.price_minor[row]), "currency": catalog.currency},
            picture or f"/thumb/{id_}.svg", praise(catalog, row, english=english),
            page or (f"/store/item/{id_}" if self.storefront else ""),
        )  # fmt: skip

    def link(self, code: str) -> LinkTarget | None:
        """The link of a code."""
        found = self.publishers.link_by_code(code)
        if found is None:
            return None
        return LinkTarget(
            link=raw_id(found.id),
            item=raw_id(found.item_id),
            item_id=found.item_id,
            url=self._pages.get(found.item_id, ("", ""))[0],
            disabled=found.disabled_at is not None,
        )

    def shop_secret(self, merchant_id: str) -> str:
        """What the demo storefront, the shop of every merchant, shows as a merchant's key."""
        return f"{self._shop_key}:{merchant_id}"

    def merchant_of_key(self, secret: str) -> str | None:
        """The merchant whose live API key this is; looked up once a minute at most."""
        head, _, merchant_id = secret.partition(":")
        if merchant_id:
            return merchant_id if self.storefront and head == self._shop_key else None
        digest = sha256(secret.encode(errors="replace")).digest()
        now = self.clock.now().timestamp()
        known = self._merchant_of.get(digest)
        if known is None or now - known[1] > 60:
            if len(self._merchant_of) >= KEYS_REMEMBERED_MAX:
                self._merchant_of.clear()
            known = (self._merchant(secret), now)
            self._merchant_of[digest] = known
        return known[0]

    def _merchant(self, secret: str) -> str | None:
        try:
            caller = self._identity.authenticate(secret)
        except AdUnionError:
            return None
        return caller.party_id if caller.role is Role.MERCHANT else None
