"""Links: a publisher's way to an item, at `/l/{code}`."""

from __future__ import annotations

from fastapi import Response
from pydantic import Field

from adunion.api.deps import Caller, Services, check_own, own_publisher, seen_publisher
from adunion.api.fields import (
    Body,
    CursorQuery,
    ItemId,
    LinkId,
    Page,
    PublisherId,
    ShortText,
    View,
    When,
    page,
)
from adunion.api.route import allow, router
from adunion.publishers import Link as LinkRecord
from adunion.trust import Role

routes = router("links", "links")
_WRITERS = allow(Role.PUBLISHER, Role.OPERATOR)


class Link(View):
    """A link to an item that credits its publisher."""

    id: LinkId
    code: str
    path: str = Field(description="Where it leads to, on this server", examples=["/l/7y3k..."])
    publisher_id: PublisherId
    item_id: ItemId
    sub_id: str
    created_at: When
    disabled_at: When | None


class NewLink(Body):
    """A link to make; asking twice gives the same one."""

    item_id: ItemId
    sub_id: ShortText = Field("", description="The publisher's own mark, e.g. a post's number")
    publisher_id: PublisherId | None = Field(None, description="Only for operators")


def _view(link: LinkRecord) -> Link:
    return Link(path=f"/l/{link.code}", **{n: getattr(link, n) for n in LinkRecord.__slots__})


@routes.get("", openapi_extra=_WRITERS, summary="List links")
def list_links(
    services: Services,
    caller: Caller,
    cursor: CursorQuery,
) -> Page[Link]:
    """A publisher sees its own."""
    rows, more = services.publishers.list_links(
        seen_publisher(caller, None),
        None,
        cursor.limit,
        cursor.starting_after,
        cursor.ending_before,
    )
    return page([_view(row) for row in rows], more, cursor)


@routes.post(
    "",
    status_code=201,
    openapi_extra=_WRITERS,
    responses={200: {"model": Link, "description": "It was there already"}},
    summary="Make a link",
)
def create_link(services: Services, caller: Caller, body: NewLink, response: Response) -> Link:
    """The link of this publisher, item and sub id: 201 if new, else 200; 409 if disabled."""
    made, new = services.publishers.create_link(
        own_publisher(caller, body.publisher_id), body.item_id, body.sub_id
    )
    response.status_code = 201 if new else 200
    return _view(made)


@routes.get("/{link_id}", openapi_extra=_WRITERS, summary="Get a link")
def get_link(services: Services, caller: Caller, link_id: LinkId) -> Link:
    """A publisher sees its own."""
    return _view(_own(services, caller, link_id))


@routes.post("/{link_id}/disable", openapi_extra=_WRITERS, summary="Disable a link")
def disable_link(services: Services, caller: Caller, link_id: LinkId) -> Link:
    """`/l/{code}` answers 410 from now on; `enable` undoes it."""
    _own(services, caller, link_id)
    return _view(services.publishers.disable_link(link_id))


@routes.post("/{link_id}/enable", openapi_extra=_WRITERS, summary="Enable a link")
def enable_link(services: Services, caller: Caller, link_id: LinkId) -> Link:
    """Undoes `disable`."""
    _own(services, caller, link_id)
    return _view(services.publishers.enable_link(link_id))


def _own(services: Services, caller: Caller, link_id: str) -> LinkRecord:
    found = services.publishers.get_link(link_id)
    check_own(caller, Role.PUBLISHER, found.publisher_id, "link", link_id)
    return found
