"""Types of the room: what the hot path needs of the market, and what it answers with."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.decision.types import DecisionBatch, Placement, RequestBatch
from adunion.kernel.clock import Clock
from adunion.trust.token import TokenSigner

from .answer import Cards, Reasons


class RawIds(Protocol):
    """A source of 16-byte ids (`kernel.ids.IdFactory`)."""

    def raw(self) -> bytes:
        """The 16 bytes of a new id."""
        ...


class Noted(NamedTuple):
    """A decision made, or a link followed, to be written to the event log; ids of 16 bytes."""

    at_us: int
    request: bytes
    shopper: bytes
    item: bytes  # the item being viewed, or linked to; zeros: none
    placement: bytes = bytes(16)
    link: bytes = bytes(16)
    flags: int = 0
    text: str = ""


class IntakePort(Protocol):
    """Where serving hands over what happened; `tracking.Intake` is one."""

    def note_request(self, request: Noted) -> None:
        """Write a REQUEST event soon; nobody waits."""
        ...

    async def click(self, click: Noted) -> None:
        """Write a link's CLICK event; return when it is durable."""
        ...

    async def submit(self, body: object, secret: str | None) -> list[dict[str, Any]]:
        """Check and write a `POST /v1/events` body; return the answers when it is durable."""
        ...

    async def flush(self) -> None:
        """Return when all that was handed in is durable."""
        ...


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """What a publisher's link code stands for."""

    link: bytes  # 16
    item: bytes  # 16
    item_id: str
    url: str  # the item's own page; "" where the item has none
    disabled: bool = False


class MarketPort(Protocol):
    """The market as the hot path sees it; `bootstrap.Market` is one.

    `catalog`, `plan_ids` and `placements` say what the rows in a decision mean, so all are read
    while `lock` is held.
    """

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Holds catalog, plans and placements still."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def ids(self) -> RawIds:
        """New ids."""
        ...

    @property
    def signer(self) -> TokenSigner:
        """Signs and verifies slot tokens."""
        ...

    @property
    def catalog(self) -> CatalogSnapshot:
        """Live items."""
        ...

    @property
    def placements(self) -> Sequence[Placement]:
        """Rows as in `RequestBatch.placement`."""
        ...

    def harmful(self, text: str) -> bool:
        """Whether nothing may be advertised beside a page's text."""
        ...

    def placement_row(self, code: str) -> int | None:
        """The row of the placement with that code."""
        ...

    @property
    def plan_ids(self) -> npt.NDArray[np.void]:
        """(p,) V16: the ids of the rows in `DecisionBatch.plan`."""
        ...

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        """The production decision."""
        ...

    def profile_rows(
        self, shopper: npt.NDArray[np.void], consent: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int32]:
        """Rows in the profile store; -1 unknown or no consent."""
        ...

    def why(self, requests: RequestBatch, decisions: DecisionBatch, locale: str) -> Reasons:
        """Why the slots of the one request hold what they hold, in the locale's words."""
        ...

    def cards(self, *, english: bool) -> Cards:
        """What is shown of the catalog's rows."""
        ...

    def link(self, code: str) -> LinkTarget | None:
        """The link of a code, from memory."""
        ...

    def merchant_of_key(self, secret: str) -> str | None:
        """The id of the merchant whose live API key this is (constant time, from memory)."""
        ...

    @property
    def storefront(self) -> bool:
        """Whether this is the demo shop, where a click's token may report the order."""
        ...
