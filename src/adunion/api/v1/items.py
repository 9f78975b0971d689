"""Items: what is sold. Merchants see and write their own, publishers see all that are live."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field, StringConstraints

from adunion.api.deps import Caller, Services, check_own, own_merchant, seen_merchant
from adunion.api.fields import (
    NAMED_KEYS,
    Body,
    Count,
    Currency,
    Cursor,
    ItemId,
    Key,
    MerchantId,
    Money,
    Name,
    NewMoney,
    Page,
    ShortText,
    Text,
    Title,
    Url,
    View,
    When,
    money,
    page,
)
from adunion.api.route import ANYONE_WITH_A_KEY, allow, router
from adunion.catalog import Item as ItemOfCatalog
from adunion.catalog import ItemQuery, ItemRecord
from adunion.catalog import repository as catalog
from adunion.kernel.errors import conflict, not_found
from adunion.trust import Role

routes = router("items", "items")
_WRITERS = allow(Role.MERCHANT, Role.OPERATOR)
ITEMS_MAX = 1_000
Locale = Annotated[str, StringConstraints(pattern="^[a-z]{2}(-[A-Z]{2})?$")]


class Item(View):
    """An item as it stands."""

    id: ItemId
    merchant_id: MerchantId
    external_id: str
    title: str
    translations: dict[str, str] = Field(description="Locale -> title")
    description: str
    category: str = Field(description="Path", examples=["母婴 > 奶粉"])
    brand: str
    price: Money
    availability: str
    link: str
    image_url: str
    gtin: str
    mpn: str
    item_group: str = Field(description="Variants of one product share it")
    attributes: dict[str, Any]
    rating: float | None
    rating_count: int
    created_at: When
    updated_at: When
    withdrawn_at: When | None


class NewItem(Body):
    """An item to insert, or to update where its external id is known."""

    external_id: Name = Field(description="The merchant's own number, unique in its catalog")
    title: Title
    price: NewMoney
    translations: dict[Locale, Title] = Field(
        default_factory=dict,
        max_length=20,
        examples=[{"en": "Infant formula 800 g"}],
        json_schema_extra=NAMED_KEYS,
    )
    description: Text = ""
    category: ShortText = Field("", examples=["母婴 > 奶粉"])
    brand: ShortText = ""
    availability: Literal["in_stock", "out_of_stock", "preorder", "backorder"] = "in_stock"
    link: Url = Field("", examples=["https://shop.example/item/42"])
    image_url: Url = ""
    gtin: ShortText = ""
    mpn: ShortText = ""
    item_group: ShortText = ""
    attributes: dict[Key, Text] = Field(
        default_factory=dict,
        max_length=100,
        examples=[{"size": "800 g"}],
        json_schema_extra=NAMED_KEYS,
    )
    rating: Annotated[float, Field(ge=1, le=5, allow_inf_nan=False)] | None = None
    rating_count: Count = 0


class NewItems(Body):
    """A batch: all of it is stored or none."""

    items: list[NewItem] = Field(min_length=1, max_length=ITEMS_MAX)
    merchant_id: MerchantId | None = Field(None, description="Only for operators")


class Stored(View):
    """What a batch did."""

    inserted: int
    updated: int
    unchanged: int
    outside_market: int = Field(
        description="Of the batch, those not priced in the market's currency: kept, not offered"
    )


class ItemSearch(Cursor):
    """Which items to list."""

    q: ShortText = Field("", description="Words; each must be in the title or the brand")
    merchant_id: MerchantId | None = None
    category: ShortText | None = Field(None, description="This path and all below it")
    currency: Currency | None = None
    withdrawn: bool = Field(False, description="The withdrawn ones instead of the live")


def _view(item: ItemOfCatalog) -> Item:
    columns = {name: getattr(item, name) for name in Item.model_fields if name != "price"}
    return Item(price=money(item.price_minor, item.currency), **columns)


@routes.get("", openapi_extra=allow(*ANYONE_WITH_A_KEY), summary="List and search items")
def list_items(
    services: Services, caller: Caller, query: Annotated[ItemSearch, Query()]
) -> Page[Item]:
    """Newest first. A merchant sees its own; a publisher those of the market's currency."""
    publisher = caller.role is Role.PUBLISHER
    wanted = ItemQuery(
        text=query.q,
        merchant_id=seen_merchant(caller, query.merchant_id),
        category=query.category,
        currency=services.insight.currency if publisher else query.currency,
        withdrawn=query.withdrawn and not publisher,
        starting_after=query.starting_after,
        ending_before=query.ending_before,
        limit=query.limit,
    )
    with services.engine.connect() as conn:
        found = catalog.list_items(conn, wanted)
    return page([_view(item) for item in found.items], found.has_more, query)


@routes.post("", openapi_extra=_WRITERS, summary="Insert or update items")
def put_items(services: Services, caller: Caller, body: NewItems) -> Stored:
    """Up to 1,000 in one transaction. Items that are not named stay as they are."""
    with services.engine.connect() as conn:
        merchant = catalog.get_merchant(conn, own_merchant(caller, body.merchant_id))
    seen: set[str] = set()
    for item in body.items:
        if item.external_id in seen:
            raise conflict("duplicate_item", f"{item.external_id!r} is twice in the batch.")
        seen.add(item.external_id)
    merged = services.catalog.upsert_items(
        _record(merchant.external_id, item) for item in body.items
    )
    outside = sum(item.price.currency != services.insight.currency for item in body.items)
    return Stored(
        inserted=merged.inserted,
        updated=merged.updated,
        unchanged=merged.unchanged,
        outside_market=outside,
    )


@routes.get("/{item_id}", openapi_extra=allow(*ANYONE_WITH_A_KEY), summary="Get an item")
def get_item(services: Services, caller: Caller, item_id: ItemId) -> Item:
    """A merchant sees its own."""
    return _view(own_item(services, caller, item_id))


@routes.post("/{item_id}/withdraw", openapi_extra=_WRITERS, summary="Withdraw an item")
def withdraw_item(services: Services, caller: Caller, item_id: ItemId) -> Item:
    """It is shown no more; `restore` undoes it."""
    own_item(services, caller, item_id)
    return _view(services.catalog.withdraw(item_id))


@routes.post("/{item_id}/restore", openapi_extra=_WRITERS, summary="Bring an item back")
def restore_item(services: Services, caller: Caller, item_id: ItemId) -> Item:
    """Undoes `withdraw`."""
    own_item(services, caller, item_id)
    return _view(services.catalog.withdraw(item_id, withdrawn=False))


def own_item(services: Services, caller: Caller, item_id: str) -> ItemOfCatalog:
    """An item that the caller may see; 404 for another merchant's."""
    with services.engine.connect() as conn:
        found = catalog.get_item(conn, item_id)
    check_own(caller, Role.MERCHANT, found.merchant_id, "item", item_id)
    if caller.role is Role.PUBLISHER and found.withdrawn_at is not None:
        raise not_found("item", item_id)
    return found


def _record(merchant: str, item: NewItem) -> ItemRecord:
    columns = {n: getattr(item, n) for n in NewItem.model_fields if n not in ("price", "rating")}
    return ItemRecord(
        merchant=merchant,
        price_minor=item.price.amount_minor,
        currency=item.price.currency,
        rating=item.rating,
        **columns,
    )
