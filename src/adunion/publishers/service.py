"""Publishers, the placements where items are shown, and links to items."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from math import isfinite
from unicodedata import category

from sqlalchemy import Connection, Engine

from adunion.kernel.clock import Clock
from adunion.kernel.errors import conflict, invalid, not_found
from adunion.kernel.ids import Ids

from . import repository
from .exposure import default_exposures
from .tables import links, placements, publishers
from .types import (
    PLACEMENT_KINDS,
    PUBLISHER_KINDS,
    SLOTS_MAX,
    Link,
    PlacementRecord,
    Publisher,
)

ON_SITE = (("search", "Search results", 10), ("feed", "Home feed", 12), ("cart", "Cart", 6))
_CODE = re.compile(r"[a-z0-9][a-z0-9:._-]{0,79}", re.ASCII)
_LINK_CODE_LENGTH = 12  # the id's last 60 random bits: unguessable, and needs no second draw


class Publishers:
    """Use cases of the room; every write is one transaction."""

    def __init__(self, engine: Engine, clock: Clock, ids: Ids, currency: str | None = None) -> None:
        """`currency` is the market's: no links are made to items of another. None: not checked."""
        self._engine = engine
        self._clock = clock
        self._ids = ids
        self._currency = currency

    def create(
        self,
        external_id: str,
        name: str,
        kind: str = "site",
        audience: Mapping[str, float] | None = None,
        name_en: str = "",
    ) -> Publisher:
        """Add a publisher; `name_en` is its name in English, where it differs.

        Raises:
            AdUnionError: `invalid` (422) for a bad field, `external_id_taken` (409).

        """
        made = Publisher(
            self._ids("pub"),
            _text("external_id", external_id, 200),
            _text("name", name, 200),
            _one_of("kind", kind, PUBLISHER_KINDS),
            self._clock.now(),
            _audience(audience or {}),
            _text("name_en", name_en, 200, empty=True),
        )
        with self._engine.begin() as conn:
            added = repository.add(
                conn,
                publishers,
                ["external_id"],
                id=made.id,
                external_id=made.external_id,
                name=made.name,
                name_en=made.name_en,
                kind=made.kind,
                audience=made.audience,
                created_at=made.created_at,
            )
        if not added:
            raise conflict(
                "external_id_taken", f"There is a publisher {made.external_id!r} already."
            )
        return made

    def get(self, publisher_id: str) -> Publisher:
        """One publisher, or `not_found`."""
        found = self._publisher(publisher_id)
        if found is None:
            raise not_found("publisher", publisher_id)
        return found

    def by_external_id(self, external_id: str) -> Publisher | None:
        """The publisher of that external id, if any."""
        with self._engine.connect() as conn:
            return repository.publisher(conn, publishers.c.external_id == external_id)

    def list_publishers(
        self, limit: int = 50, starting_after: str | None = None, ending_before: str | None = None
    ) -> tuple[list[Publisher], bool]:
        """Publishers newest first, and whether there are more."""
        with self._engine.connect() as conn:
            return repository.publishers_page(conn, limit, starting_after, ending_before)

    def create_placement(
        self,
        code: str,
        kind: str,
        name: str,
        slots: int,
        publisher_id: str | None = None,
        exposures: Sequence[float] | None = None,
    ) -> PlacementRecord:
        """Add a placement; without a publisher it is on-site, without exposures they are assumed.

        Raises:
            AdUnionError: `invalid` (422), `not_found` for the publisher, `code_taken` (409).

        """
        made = self._new_placement(code, kind, name, slots, publisher_id, exposures)
        if publisher_id is not None:
            self.get(publisher_id)
        if not self._add_placement(made):
            raise conflict("code_taken", f"There is a placement {made.code!r} already.")
        return made

    def ensure_on_site(self) -> list[PlacementRecord]:
        """The placements of the shop itself (search, feed, cart), made where absent."""
        for code, name, slots in ON_SITE:
            self._add_placement(self._new_placement(code, code, name, slots, None, None))
        codes = {code for code, _, _ in ON_SITE}
        return [p for p in self.all_placements() if p.code in codes]

    def get_placement(self, placement_id: str) -> PlacementRecord:
        """One placement, or `not_found`."""
        with self._engine.connect() as conn:
            found = repository.placement(conn, placements.c.id == placement_id)
        if found is None:
            raise not_found("placement", placement_id)
        return found

    def placement_by_code(self, code: str) -> PlacementRecord | None:
        """The placement of that code, if any."""
        with self._engine.connect() as conn:
            return repository.placement(conn, placements.c.code == code)

    def all_placements(self) -> list[PlacementRecord]:
        """Every placement, oldest first; what a decision engine loads."""
        with self._engine.connect() as conn:
            return repository.all_placements(conn)

    def list_placements(
        self,
        publisher_id: str | None = None,
        limit: int = 50,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> tuple[list[PlacementRecord], bool]:
        """Placements newest first; with a publisher, its own and the on-site ones."""
        with self._engine.connect() as conn:
            return repository.placements_page(
                conn, publisher_id, limit, starting_after, ending_before
            )

    def create_link(self, publisher_id: str, item_id: str, sub_id: str = "") -> tuple[Link, bool]:
        """The publisher's link to an item under a sub id, and whether it is new.

        Asking twice gives the same link, so a page may ask each time that it is built.

        Raises:
            AdUnionError: `not_found` for publisher or item, `invalid`, and 409 `item_withdrawn`,
                `item_outside_market`, or `link_disabled`, where there is one that was switched off.

        """
        sub_id = _text("sub_id", sub_id, 100, empty=True)
        self.get(publisher_id)
        where = (
            (links.c.publisher_id == publisher_id)
            & (links.c.item_id == item_id)
            & (links.c.sub_id == sub_id)
        )
        link_id = self._ids("lnk")
        with self._engine.begin() as conn:
            found = repository.link(conn, where)
            if found is not None:
                return _working(found), False
            self._check_item(conn, item_id)
            added = repository.add(
                conn,
                links,
                ["publisher_id", "item_id", "sub_id"],
                id=link_id,
                code=link_id[-_LINK_CODE_LENGTH:].lower(),
                publisher_id=publisher_id,
                item_id=item_id,
                sub_id=sub_id,
                created_at=self._clock.now(),
            )
            found = repository.link(conn, where)
        assert found is not None  # either ours or the one that stood in its way
        return _working(found), added

    def get_link(self, link_id: str) -> Link:
        """One link, or `not_found`."""
        with self._engine.connect() as conn:
            found = repository.link(conn, links.c.id == link_id)
        if found is None:
            raise not_found("link", link_id)
        return found

    def link_by_code(self, code: str) -> Link | None:
        """The link that `/l/{code}` names, disabled or not; None where there is none."""
        if not _CODE.fullmatch(code):
            return None
        with self._engine.connect() as conn:
            return repository.link(conn, links.c.code == code)

    def list_links(
        self,
        publisher_id: str | None = None,
        item_id: str | None = None,
        limit: int = 50,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> tuple[list[Link], bool]:
        """Links newest first, and whether there are more."""
        with self._engine.connect() as conn:
            return repository.links_page(
                conn, publisher_id, item_id, limit, starting_after, ending_before
            )

    def disable_link(self, link_id: str) -> Link:
        """Stop a link: `/l/{code}` answers 410. `enable_link` undoes it."""
        return self._set_disabled(link_id, self._clock.now())

    def enable_link(self, link_id: str) -> Link:
        """Let a disabled link work again."""
        return self._set_disabled(link_id, None)

    def _set_disabled(self, link_id: str, at: datetime | None) -> Link:
        self.get_link(link_id)
        with self._engine.begin() as conn:
            repository.set_disabled(conn, link_id, at)
        return self.get_link(link_id)

    def _publisher(self, publisher_id: str) -> Publisher | None:
        with self._engine.connect() as conn:
            return repository.publisher(conn, publishers.c.id == publisher_id)

    def _new_placement(
        self,
        code: str,
        kind: str,
        name: str,
        slots: int,
        publisher_id: str | None,
        exposures: Sequence[float] | None,
    ) -> PlacementRecord:
        if not _CODE.fullmatch(code):
            raise invalid("code", "A code is 1 to 80 of a-z 0-9 : . _ - (first a letter or digit).")
        if not 1 <= slots <= SLOTS_MAX:
            raise invalid("slots", f"A placement has 1 to {SLOTS_MAX} slots.")
        return PlacementRecord(
            self._ids("plc"),
            code,
            _one_of("kind", kind, PLACEMENT_KINDS),
            publisher_id,
            _text("name", name, 200),
            slots,
            default_exposures(slots) if exposures is None else _exposures(exposures, slots),
        )

    def _add_placement(self, made: PlacementRecord) -> bool:
        with self._engine.begin() as conn:
            return repository.add(
                conn,
                placements,
                ["code"],
                id=made.id,
                code=made.code,
                kind=made.kind,
                publisher_id=made.publisher_id,
                name=made.name,
                slots=made.slots,
                exposures=made.exposures,
            )

    def _check_item(self, conn: Connection, item_id: str) -> None:
        found = repository.item_offer(conn, item_id)
        if found is None:
            raise not_found("item", item_id)
        live, currency = found
        if not live:
            raise conflict("item_withdrawn", f"Item {item_id} is withdrawn.", "Choose another.")
        if self._currency not in (None, currency):
            raise conflict(
                "item_outside_market",
                f"Item {item_id} is priced in {currency}; this market counts in {self._currency}.",
                f"Choose an item priced in {self._currency}.",
            )


def _text(field: str, value: str, length_max: int, *, empty: bool = False) -> str:
    value = value.strip()
    bad = any(category(letter) in ("Cc", "Cs") for letter in value)
    if bad or len(value) > length_max or not (value or empty):
        least = 0 if empty else 1
        raise invalid(field, f"Write {least} to {length_max} characters, none of them a control.")
    return value


def _working(link: Link) -> Link:
    if link.disabled_at is None:
        return link
    raise conflict(
        "link_disabled",
        f"There is link {link.code} to this item already, and it was switched off.",
        f"Switch it on again with POST /v1/links/{link.id}/enable, or use another sub_id.",
        link_id=link.id,
    )


def _one_of(field: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise invalid(field, f"No {field} {value[:40]!r}.", f"Choose from {', '.join(choices)}.")
    return value


def _audience(audience: Mapping[str, float]) -> dict[str, float]:
    if len(audience) > 200 or not all(isfinite(s) and 0 <= s <= 1 for s in audience.values()):
        raise invalid("audience", "Shares lie between 0 and 1, of at most 200 categories.")
    if sum(audience.values()) > 1.000_001:
        raise invalid("audience", "Shares sum to at most 1.")
    return {_text("audience", name, 200): share for name, share in audience.items()}


def _exposures(exposures: Sequence[float], slots: int) -> tuple[float, ...]:
    values = tuple(exposures)
    falling = all(a >= b for a, b in pairwise(values))
    if len(values) != slots or not falling or not all(0 < v <= 1 for v in values):
        raise invalid("exposures", f"Give {slots} numbers in (0, 1] that never rise.")
    return values
