"""Publishers: those with an audience."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adunion.api.deps import Caller, Services, check_own
from adunion.api.fields import (
    NAMED_KEYS,
    Body,
    CursorQuery,
    Key,
    Name,
    Page,
    PublisherId,
    Share,
    View,
    When,
    page,
)
from adunion.api.route import allow, router
from adunion.trust import Role

routes = router("publishers", "publishers")


class Publisher(View):
    """A publisher (推广者)."""

    id: PublisherId
    external_id: str
    name: str
    name_en: str = Field(description="In English; empty: as `name`")
    kind: str
    audience: dict[str, float] = Field(description="Category -> share of the audience's interest")
    created_at: When


class NewPublisher(Body):
    """A publisher to add."""

    external_id: Name = Field(description="The operator's own number for it; unique")
    name: Name
    name_en: Name | Literal[""] = Field("", description="In English, where it differs")
    kind: Literal["site", "app", "live", "group", "creator"] = "site"
    audience: dict[Key, Share] = Field(
        default_factory=dict,
        max_length=200,
        description="Category -> share of interest; at most 1 in sum",
        examples=[{"母婴 > 奶粉": 0.4}],
        json_schema_extra=NAMED_KEYS,
    )


@routes.get("", openapi_extra=allow(Role.OPERATOR), summary="List publishers")
def list_publishers(services: Services, cursor: CursorQuery) -> Page[Publisher]:
    """All publishers, newest first."""
    rows, more = services.publishers.list_publishers(
        cursor.limit, cursor.starting_after, cursor.ending_before
    )
    return page([Publisher.model_validate(row) for row in rows], more, cursor)


@routes.post("", status_code=201, openapi_extra=allow(Role.OPERATOR), summary="Add a publisher")
def create_publisher(services: Services, body: NewPublisher) -> Publisher:
    """409 `external_id_taken` where the external id is known."""
    made = services.publishers.create(
        body.external_id, body.name, body.kind, body.audience, body.name_en
    )
    return Publisher.model_validate(made)


@routes.get(
    "/{publisher_id}",
    openapi_extra=allow(Role.PUBLISHER, Role.OPERATOR),
    summary="Get a publisher",
)
def get_publisher(services: Services, caller: Caller, publisher_id: PublisherId) -> Publisher:
    """A publisher sees only itself."""
    check_own(caller, Role.PUBLISHER, publisher_id, "publisher", publisher_id)
    return Publisher.model_validate(services.publishers.get(publisher_id))
