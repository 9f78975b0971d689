"""What a batch of events tells of tastes: a shopper's own, with consent, and a scene's."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from adunion.audience import CART, CLICK, FAVOURITE, ORDER, SEEN, ProfileStore
from adunion.tracking import FLAG_CONSENT, EventBatch, EventType

_KINDS = {
    EventType.IMPRESSION: SEEN,
    EventType.CLICK: CLICK,
    EventType.FAVOURITE: FAVOURITE,
    EventType.CART: CART,
    EventType.ORDER: ORDER,
}
_KIND_OF = np.array([_KINDS.get(each, -1) for each in EventType], np.int8)


def learn_tastes(
    profiles: ProfileStore,
    batch: EventBatch,
    rows: npt.NDArray[np.int32],
    place: npt.NDArray[np.int16],
    rate: npt.NDArray[np.float32],
) -> None:
    """Take a batch, in order of time, into profiles and scenes.

    `rows` are the catalog rows of the events' items (-1 gone), `place` the kind code of their
    placement (-1 none), `rate` (items, kinds) the clicks that anybody's seeing an item is worth.
    """
    kind = _KIND_OF[batch.type]
    told = np.flatnonzero((kind >= 0) & (rows >= 0))
    kind, item, where, at_us = kind[told], rows[told], place[told], batch.at_us[told]
    seen = kind == SEEN
    expected = np.where(seen, rate[item, np.maximum(where, 0)], np.float32(0))
    profiles.observe(
        batch.shopper[told], item, at_us, kind.astype(np.uint8),
        batch.flags[told] & FLAG_CONSENT > 0, expected,
    )  # fmt: skip
    shown = (seen | (kind == CLICK)) & (where >= 0)  # a click over a link was not seen
    profiles.scenes.observe(
        at_us[shown], profiles.categories_of(item[shown]), profiles.vectors[item[shown]],
        (~seen[shown]).astype(np.float32), expected[shown],
    )  # fmt: skip
