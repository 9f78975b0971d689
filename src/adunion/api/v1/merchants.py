"""Merchants: those who sell."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from adunion.api.deps import Caller, Services, check_own
from adunion.api.fields import (
    Body,
    Cursor,
    MerchantId,
    Name,
    Page,
    ShortText,
    View,
    When,
    page,
)
from adunion.api.route import allow, router
from adunion.catalog import repository as catalog
from adunion.kernel.errors import invalid
from adunion.trust import Role

routes = router("merchants", "merchants")


class Merchant(View):
    """A merchant (商家)."""

    id: MerchantId
    external_id: str = Field(description="The name or number that its files carry")
    name: str
    name_en: str = Field(description="In English; empty: as `name`")
    created_at: When


class NewMerchant(Body):
    """A merchant to add or to rename."""

    external_id: Name
    name: Name
    name_en: Name | Literal[""] | None = Field(
        None, description="In English, where it differs; null keeps what is there"
    )


class MerchantSearch(Cursor):
    """Which merchants to list."""

    q: ShortText = Field("", description="A part of the name")


@routes.get("", openapi_extra=allow(Role.OPERATOR), summary="List merchants")
def list_merchants(services: Services, query: Annotated[MerchantSearch, Query()]) -> Page[Merchant]:
    """All merchants, newest first."""
    if query.backwards:
        raise invalid("ending_before", "Merchants are read forwards only.", "Use starting_after.")
    with services.engine.connect() as conn:
        rows = catalog.list_merchants(conn, query.q, query.starting_after, query.limit + 1)
    shown = [Merchant.model_validate(row) for row in rows[: query.limit]]
    return page(shown, len(rows) > query.limit, query)


@routes.post("", openapi_extra=allow(Role.OPERATOR), summary="Add or rename a merchant")
def put_merchant(services: Services, body: NewMerchant) -> Merchant:
    """The merchant of that external id, made if there is none."""
    made = services.catalog.upsert_merchant(body.external_id, body.name, body.name_en)
    return Merchant.model_validate(made)


@routes.get(
    "/{merchant_id}", openapi_extra=allow(Role.MERCHANT, Role.OPERATOR), summary="Get a merchant"
)
def get_merchant(services: Services, caller: Caller, merchant_id: MerchantId) -> Merchant:
    """A merchant sees only itself."""
    check_own(caller, Role.MERCHANT, merchant_id, "merchant", merchant_id)
    with services.engine.connect() as conn:
        return Merchant.model_validate(catalog.get_merchant(conn, merchant_id))
