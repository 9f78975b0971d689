"""Placements: where items are shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from adunion.api.deps import Caller, Services, check_own, own_publisher, seen_publisher
from adunion.api.fields import (
    Body,
    CursorQuery,
    Name,
    Page,
    PlacementId,
    PublisherId,
    View,
    Whole,
    page,
)
from adunion.api.route import allow, router
from adunion.trust import Role

routes = router("placements", "placements")
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9:._-]{0,79}$")]


class Placement(View):
    """Where items are shown; on-site ones have no publisher."""

    id: PlacementId
    code: str
    kind: str
    publisher_id: PublisherId | None
    name: str
    slots: int
    exposures: list[float] = Field(description="P(slot is seen), first slot first")


class NewPlacement(Body):
    """A placement to add; the exposures start from 1 / (1 + 0.12 k)."""

    code: Code = Field(description="Unique; what `/v1/decide` names", examples=["page:blog-42"])
    kind: Literal["search", "feed", "cart", "page", "live"]
    name: Name
    slots: Annotated[int, Whole] = Field(ge=1, le=50)
    publisher_id: PublisherId | None = Field(
        None, description="Left out: the caller's own, or for an operator on-site"
    )


@routes.get("", openapi_extra=allow(Role.PUBLISHER, Role.OPERATOR), summary="List placements")
def list_placements(services: Services, caller: Caller, cursor: CursorQuery) -> Page[Placement]:
    """A publisher sees its own and the on-site ones."""
    rows, more = services.publishers.list_placements(
        seen_publisher(caller, None), cursor.limit, cursor.starting_after, cursor.ending_before
    )
    return page([Placement.model_validate(row) for row in rows], more, cursor)


@routes.post(
    "",
    status_code=201,
    openapi_extra=allow(Role.PUBLISHER, Role.OPERATOR),
    summary="Add a placement",
)
def create_placement(services: Services, caller: Caller, body: NewPlacement) -> Placement:
    """409 `code_taken` where the code is known. Only an operator adds on-site placements."""
    publisher_id = body.publisher_id
    if caller.role is Role.PUBLISHER:
        publisher_id = own_publisher(caller, publisher_id)
    made = services.publishers.create_placement(
        body.code, body.kind, body.name, body.slots, publisher_id
    )
    return Placement.model_validate(made)


@routes.get(
    "/{placement_id}",
    openapi_extra=allow(Role.PUBLISHER, Role.OPERATOR),
    summary="Get a placement",
)
def get_placement(services: Services, caller: Caller, placement_id: PlacementId) -> Placement:
    """A publisher sees its own and the on-site ones."""
    found = services.publishers.get_placement(placement_id)
    if found.publisher_id is not None:
        check_own(caller, Role.PUBLISHER, found.publisher_id, "placement", placement_id)
    return Placement.model_validate(found)
