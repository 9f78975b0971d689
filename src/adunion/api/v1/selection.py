"""Selection: the products that a publisher should promote today."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from adunion.advice import Wish
from adunion.advice.types import TOP_MAX
from adunion.api.deps import Caller, Services, own_publisher
from adunion.api.fields import (
    ItemId,
    LinkId,
    MerchantId,
    Money,
    PublisherId,
    Text,
    View,
    money,
)
from adunion.api.route import allow, router
from adunion.kernel.money import MINOR_MAX
from adunion.trust import Role

routes = router("selection", "links")
Minor = Annotated[int, Field(ge=0, le=MINOR_MAX)]


class Asked(BaseModel):
    """Which products."""

    model_config = ConfigDict(extra="ignore")

    publisher_id: PublisherId | None = Field(None, description="Only for operators")
    top: int = Field(20, ge=1, le=TOP_MAX)
    category: Text = Field("", description="This path and all below it")
    rate_min_bps: int = Field(0, ge=0, le=10_000, description="Least commission")
    price_min_minor: Minor = 0
    price_max_minor: Minor | None = None
    rising_only: bool = Field(False, description="Only what a topic or a season lifts")
    new_only: bool = Field(False, description="Without items that have a link already")


class Need(View):
    """What an item's need rises by."""

    kind: str = Field(description="topic or season")
    zh: str
    en: str
    slug: str


class Chosen(View):
    """An item."""

    item_id: ItemId
    title: str
    title_en: str = Field(description="Empty: there is no translation")
    category: str
    merchant_id: MerchantId
    price: Money
    rate_bps: int = Field(description="Commission of a sale, ten-thousandths")
    rating: float
    link_id: LinkId | None = Field(description="The publisher's link to it, if there is one")


class Pick(Chosen):
    """A product to promote, and why."""

    earns: Money = Field(description="Commission expected of a thousand views, without the rise")
    factors: dict[str, float] = Field(
        description="need, fit, appeal, orders, worth, commission, experience: times the middle"
    )
    reasons: list[str] = Field(description="The factors that lift it, the strongest first")
    need: Need | None


class LeftOut(Chosen):
    """A product that would have earned a place."""

    why: str


class SelectionView(View):
    """Today's products, best first."""

    publisher_id: PublisherId
    looked: int = Field(description="Items that were looked at")
    trends_at: str | None = Field(description="Hour of the trends used; null: there are none")
    nothing: str | None = Field(description="Where there are no picks, why")
    picks: list[Pick]
    left: list[LeftOut]


@routes.get("", openapi_extra=allow(Role.PUBLISHER, Role.OPERATOR), summary="What to promote")
def get_selection(
    services: Services, caller: Caller, asked: Annotated[Asked, Query()]
) -> SelectionView:
    """Rising need x fit x commission x what sells x experience, with reasons and caps."""
    publisher_id = own_publisher(caller, asked.publisher_id)
    wish = Wish(**asked.model_dump(exclude={"publisher_id"}))
    found = services.selections.of(publisher_id, wish)

    def priced(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"price": money(row["price_minor"], found["currency"])}

    return SelectionView(
        publisher_id=publisher_id, looked=found["looked"], trends_at=found["trends_at"],
        nothing=found["nothing"],
        picks=[
            Pick(**priced(row), earns=money(row["earns_minor"], found["currency"]))
            for row in found["picks"]
        ],
        left=[LeftOut(**priced(row)) for row in found["left"]],
    )  # fmt: skip
