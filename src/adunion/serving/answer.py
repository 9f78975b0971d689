"""The body of an answer, joined from pieces of JSON that are made once for each item."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import orjson

SLOTS_MAX = 100
_LABELS = {False: "广告", True: "Sponsored"}


class Card(NamedTuple):
    """What an answer shows of an item in one language, whoever asks, as pieces of JSON."""

    raw: bytes  # the 16 bytes of its id
    head: bytes  # `,"item": ... "image_url": ...`
    praise: bytes  # the end of the text why it is there, without quotes
    tail: bytes  # `","link": ...}`, from the end of the token on


class Reasons(NamedTuple):
    """Why the slots of one answer hold what they hold; an item's praise comes after.

    A slot whose item fits what was asked for says `fitting`, any other `plain`.
    """

    fitting: str
    plain: str
    fits: list[bool]  # by slot; empty: none does
    paid: str  # stands before it where a bid moved the item


def card(
    item: str, raw: bytes, title: str, price: dict[str, int | str], image_url: str,
    praise: str, link: str,
) -> Card:  # fmt: skip
    """The pieces of an item's slot; `link` is its page, "" where it has none."""
    shown = {"item": item, "title": title, "price": price, "image_url": image_url}
    return Card(
        raw, b"," + orjson.dumps(shown)[1:-1], letters(praise),
        b'","link":' + orjson.dumps(link) + b"}",
    )  # fmt: skip


def letters(text: str) -> bytes:
    """A text as it stands between the quotes of a JSON string."""
    return orjson.dumps(text)[1:-1]


def pieces(
    cards: Sequence[Card], moved: Sequence[bool], tokens: Sequence[bytes], reasons: Reasons,
    *, english: bool,
) -> list[bytes]:  # fmt: skip
    """The JSON of the filled slots, in pieces; the cards, tokens and what bids moved by slot."""
    paid, organic = _before(reasons.paid, english=english), _ORGANIC
    plain, fits = letters(reasons.plain), reasons.fits
    fitting = letters(reasons.fitting) if fits else plain
    out: list[bytes] = []
    for slot, card in enumerate(cards):
        out += (
            _OPENING[slot],
            card.head,
            paid if moved[slot] else organic,
            fitting if fits and fits[slot] else plain,
            card.praise,
            b'","token":"',
            tokens[slot],
            card.tail,
        )
    return out


_OPENING = [b'{"slot":0', *(b',{"slot":%d' % slot for slot in range(1, SLOTS_MAX))]
_ORGANIC = b',"sponsored":false,"label":null,"why":"'


@lru_cache(64)
def _before(paid: str, *, english: bool) -> bytes:
    """What stands between the head and the reason where a bid moved the item."""
    label = letters(_LABELS[english])
    return b',"sponsored":true,"label":"%b","why":"%b' % (label, letters(paid))


def body(request: str, decided_at: str, slots: list[bytes]) -> bytes:
    """The whole answer, of the pieces of its slots."""
    head = f'{{"request":"{request}","decided_at":"{decided_at}","slots":['
    return b"".join([head.encode(), *slots, b"]}"])


def is_english(locale: str) -> bool:
    """Whether a locale is answered in English; any other is in Chinese."""
    return locale[:2].lower() == "en"
