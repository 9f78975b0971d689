"""The product that a short text means without saying its name whole, in any language.

"inkjet printer" and "เครื่องพิมพ์" mean a printer. A text means a product where it is nearer to
the product's name than to what any situation says; a name that the text says in part needs less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .words import Mention, names_the_thing

if TYPE_CHECKING:
    from .sources.types import Asked

_CHARS_MAX = 32  # of a text that may be a name
_COSINE = 0.50  # least of a name that is meant
_SAID_LESS = 0.12  # how much farther than a situation a name may be that the text says in part
_CLEAR = (0.55, 0.1)  # least cosine, and lead over situations, of a name in one language alone
_SHARE = 0.8  # of the text that such a name counts for


def product_meant(asked: Asked) -> Mention | None:
    """The product that a query means, None where it says one whole or means none."""
    library = asked.library
    said = asked.said
    if library.embedder is None or asked.kind != "query" or len(asked.text) > _CHARS_MAX:
        return None
    if len(said) == 1 and said[0].share > 0.99:
        return None
    cosine = asked.near_names.reshape(-1, 2)  # (products, Chinese and English)
    situation = float(asked.near_phrases.max(initial=-1.0))
    nearest = int(np.argmax(cosine.max(1)))
    alike = int(np.argmax(cosine.mean(1)))
    for mention in reversed(said):
        row, near = mention.product, float(cosine[mention.product].max())
        told = names_the_thing(asked.sizeless, mention.name)
        nearer = situation - _SAID_LESS if told else situation
        if (told or row in (nearest, alike)) and near >= max(_COSINE, nearer):
            return _mention(asked, row)
    best = float(cosine[nearest].max())
    agreed = nearest == alike and best >= max(_COSINE, situation)
    if agreed or best >= max(_CLEAR[0], situation + _CLEAR[1]):
        return _mention(asked, nearest)
    return None


def _mention(asked: Asked, row: int) -> Mention:
    share = sum(each.share for each in asked.said if each.product == row)
    return Mention(row, asked.text, max(_SHARE, min(share, 1.0)))
