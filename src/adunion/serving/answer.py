"""The body of an answer, joined from pieces of JSON that are made once for each item."""

from __future__ import annotations

from typing import NamedTuple

import orjson

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


class Phrases(NamedTuple):
    """The pieces between an item's head and its token, of one answer."""

    moved: bytes  # up to the reason
    unmoved: bytes
    fitting: bytes
    plain: bytes

    @classmethod
    def of(cls, reasons: Reasons, *, english: bool) -> Phrases:
        """Those of an answer in one language."""
        label = letters(_LABELS[english])
        return cls(
            b',"sponsored":true,"label":"%b","why":"%b' % (label, letters(reasons.paid)),
            b',"sponsored":false,"label":null,"why":"',
            letters(reasons.fitting),
            letters(reasons.plain),
        )


def body(request: str, decided_at: str, slots: list[bytes]) -> bytes:
    """The whole answer."""
    return b'{"request":"%b","decided_at":"%b","slots":[%b]}' % (
        request.encode(), decided_at.encode(), b",".join(slots),
    )  # fmt: skip


def is_english(locale: str) -> bool:
    """Whether a locale is answered in English; any other is in Chinese."""
    return locale[:2].lower() == "en"
