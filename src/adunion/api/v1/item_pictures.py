"""Pictures of items: sent, kept, and read for taste at the next training."""

from __future__ import annotations

from typing import Literal

from adunion.api.deps import Caller, Services
from adunion.api.fields import Body, ItemId, View
from adunion.api.route import allow, router
from adunion.kernel.errors import AdUnionError, not_found
from adunion.trust import Role

from .items import own_item
from .pictures import Base64, bytes_of

routes = router("items", "items")
BODY_BYTES_MAX = 12_000_000
_WRITERS = allow(Role.MERCHANT, Role.OPERATOR, body_bytes_max=BODY_BYTES_MAX)


class PictureSent(Body):
    """A JPEG, PNG or WebP picture in base64, of 24 million pixels at most."""

    data: Base64


class PictureKept(View):
    """What is kept."""

    format: Literal["JPEG", "PNG", "WEBP"]
    width: int
    height: int
    bytes: int


class PictureDropped(View):
    """What was done."""

    dropped: bool


@routes.put("/{item_id}/picture", openapi_extra=_WRITERS, summary="Put an item's picture")
def put_picture(
    services: Services, caller: Caller, item_id: ItemId, body: PictureSent
) -> PictureKept:
    """In place of the one it had. Its colours and styles are part of tastes from the next day."""
    own_item(services, caller, item_id)
    try:
        kept = services.readings.item_pictures.keep(item_id, bytes_of(body.data))
    except AdUnionError as error:
        raise AdUnionError(error.code, error.message, 422, field="data", hint=error.hint) from None
    return PictureKept.model_validate(kept)


@routes.delete("/{item_id}/picture", openapi_extra=_WRITERS, summary="Delete an item's picture")
def drop_picture(services: Services, caller: Caller, item_id: ItemId) -> PictureDropped:
    """404 where it has none."""
    own_item(services, caller, item_id)
    if not services.readings.item_pictures.drop(item_id):
        raise not_found("picture", item_id)
    return PictureDropped(dropped=True)
