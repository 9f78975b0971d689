"""A market that serves: what the hot path and the shops' reports need beyond deciding."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine

from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.insight.types import raw_id
from adunion.kernel.clock import Clock, random_bytes
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory
from adunion.serving.types import LinkTarget
from adunion.trust import Identity, Role
from adunion.trust.token import TokenSigner

from . import books
from .market import Market
from .why import why

KEYS_REMEMBERED_MAX = 10_000


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
    ) -> None:
        self._pages: dict[str, tuple[str, str]] = {}
        super().__init__(engine, home, clock, ids, currency)
        self._load_pages()
        self.signer = TokenSigner({1: signing_key})
        self.storefront = storefront
        self._identity = identity
        self._shop_key = random_bytes(32).hex()
        self._merchant_of: dict[bytes, tuple[str | None, float]] = {}

    @property
    def plan_ids(self) -> npt.NDArray[np.void]:
        """(p,) V16: the ids of the rows in `DecisionBatch.plan`."""
        return self.plans.raw

    def reload(self) -> None:
        """Take items, their pages, placements and plans from the records again."""
        super().reload()
        self._load_pages()

    def _load_pages(self) -> None:
        with self.engine.connect() as conn:
            self._pages = books.pages_of_items(conn)

    def why(self, requests: RequestBatch, decisions: DecisionBatch, slot: int, locale: str) -> str:
        """Why the item in a slot of the one request is there, in the locale's words."""
        return why(
            self.catalog, list(self.placements), requests, decisions, slot, locale,
            self.brain.complements,
        )  # fmt: skip

    def image_url(self, row: int) -> str:
        """The picture of a catalog row; generated where the item names none."""
        id_ = self.catalog.ids[row]
        return self._pages.get(id_, ("", ""))[1] or f"/thumb/{id_}.svg"

    def item_url(self, row: int) -> str:
        """The page of a catalog row: the merchant's own, else the demo shop's, else none."""
        id_ = self.catalog.ids[row]
        page = self._pages.get(id_, ("", ""))[0]
        return page or (f"/store/item/{id_}" if self.storefront else "")

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
