"""Last click: the item's last click says which plan, the merchant's last link click which link."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from adunion.kernel.id_columns import IdTable, given
from adunion.tracking.types import FLAG_MOVED, NO_ID, EventBatch, EventType

from .clicks import CLICK_DTYPE, ClickIndex
from .types import Credits, attribution_rules

DAY_US = 86_400_000_000
PLAN_WINDOW_DAYS = 7
LINK_WINDOW_DAYS = 15


@attribution_rules.register("last_click")
class LastClick:
    """Credits by the last click before the order.

    A plan: the shopper's last click on the same item, within 7 days, if the plan's bid had moved
    that impression; a later organic click on the item takes the credit away. A link: the last
    click on any of the publisher's links to the same merchant's items, within 15 days.

    Args:
        items: (m,) V16.
        merchants: (m,) a number for each item's merchant.
    """

    name = "last_click"

    def __init__(
        self,
        items: npt.NDArray[np.void],
        merchants: npt.NDArray[np.int32],
        plan_window_days: int = PLAN_WINDOW_DAYS,
        link_window_days: int = LINK_WINDOW_DAYS,
    ) -> None:
        self._items = ClickIndex(plan_window_days * DAY_US)
        self._merchants = ClickIndex(link_window_days * DAY_US)
        self.set_items(items, merchants)

    def set_items(self, items: npt.NDArray[np.void], merchants: npt.NDArray[np.int32]) -> None:
        """Take a newer catalog, in which merchants may have other numbers."""
        self._table = IdTable(items)
        self._merchant = merchants
        self._merchants.replace_subjects(self._merchant_ids)

    def observe(self, batch: EventBatch) -> None:
        """Remember the clicks of a batch; unknown shoppers leave none."""
        if not len(batch):
            return
        start_us = int(batch.at_us.min())
        rows = batch.take((batch.type == EventType.CLICK) & given(batch.shopper))
        clicks = np.zeros(len(rows), CLICK_DTYPE)
        for name in ("at_us", "shopper", "link", "placement", "exposure", "exposure_organic"):
            clicks[name] = getattr(rows, name)
        clicks["subject"] = clicks["item"] = rows.item
        clicks["plan"] = np.where(rows.flags & FLAG_MOVED, rows.plan, NO_ID)
        self._items.add(clicks.copy(), start_us)
        linked = given(rows.link)
        clicks["subject"] = self._merchant_ids(rows.item)
        self._merchants.add(clicks[linked], start_us)

    def credit(self, batch: EventBatch) -> Credits:
        """Remember the clicks of a batch, then credit its ORDER events, in their order."""
        self.observe(batch)
        orders = batch.take(batch.type == EventType.ORDER)
        known = given(orders.shopper)
        click = self._items.last(orders.shopper, orders.item, orders.at_us)
        merchant = self._merchant_ids(orders.item)
        by_link = self._merchants.last(orders.shopper, merchant, orders.at_us)
        clicked = known & (click["at_us"] >= 0)
        linked = known & (by_link["at_us"] >= 0) & given(merchant)
        return Credits(
            order=orders.order,
            line=orders.line,
            item=orders.item,
            shopper=orders.shopper,
            at_us=orders.at_us,
            quantity=orders.quantity,
            amount_minor=orders.amount_minor,
            plan=np.where(clicked, click["plan"], NO_ID),
            link=np.where(linked, by_link["link"], NO_ID),
            placement=np.where(clicked, click["placement"], NO_ID),
            exposure=np.where(clicked, click["exposure"], np.float32(0)),
            exposure_organic=np.where(clicked, click["exposure_organic"], np.float32(0)),
            click_at_us=np.where(clicked, click["at_us"], -1),
            link_click_at_us=np.where(linked, by_link["at_us"], -1),
        )

    def _merchant_ids(self, item: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
        """The items' merchants as 16 bytes each, `NO_ID` where the item is unknown."""
        out = np.zeros((len(item), 2), np.uint64)
        row = self._table.rows(item)
        out[row >= 0, 0] = self._merchant[row[row >= 0]].astype(np.int64) + 1
        return out.view("V16").reshape(-1)
