"""The body of an answer: what is shown of an item is made once, and a kernel copies a page's."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
from numba import njit

from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.kernel.boxed import Box, boxed
from adunion.kernel.clock import rfc3339_micros
from adunion.kernel.ids import ALPHABET

SLOTS_MAX = 100
_LABELS = {False: "广告", True: "Sponsored"}
_BYTES_FIRST = 1 << 16
_SLOT_BYTES, _BODY_BYTES = 100, 200  # more than what is in any slot, and in any body

Bytes = npt.NDArray[np.uint8]


class Card(NamedTuple):
    """What an answer shows of an item in one language, whoever asks, as pieces of JSON."""

    head: bytes  # `,"item": ... "image_url": ...`
    praise: bytes  # the end of the text why it is there, without quotes
    tail: bytes  # `","link": ...}`, from the end of the token on


class Reasons(NamedTuple):
    """Why the slots of one answer hold what they hold; an item's praise comes after.

    A slot whose item fits what was asked for says `fitting`, any other `plain`.
    """

    fitting: str
    plain: str
    fits: npt.NDArray[np.bool_]  # by slot; (0,): none does
    paid: str  # stands before it where a bid moved the item


def card(
    item: str, title: str, price: dict[str, int | str], image_url: str, praise: str, link: str
) -> Card:
    """The pieces of an item's slot; `link` is its page, "" where it has none."""
    shown = {"item": item, "title": title, "price": price, "image_url": image_url}
    return Card(
        b"," + orjson.dumps(shown)[1:-1], letters(praise), b'","link":' + orjson.dumps(link) + b"}"
    )


@lru_cache(64)  # the few texts that most pages say
def letters(text: str) -> bytes:
    """A text as it stands between the quotes of a JSON string."""
    return orjson.dumps(text)[1:-1]


class Cards:
    """The cards of a catalog's rows in one language, made when they are first shown.

    They lie end to end in one buffer, so that a page reads a few long stretches of memory.
    """

    def __init__(self, rows: int, make: Callable[[int], Card], *, english: bool) -> None:
        self._make, self._label = make, letters(_LABELS[english])
        self._known = bytearray(rows)
        self._text, self._used = np.empty(_BYTES_FIRST, np.uint8), 0
        self._ends = np.zeros((rows, 4), np.int64)
        self._longest = 0
        self._box = boxed(_Kept(self._text, self._ends))

    def body(
        self, requests: RequestBatch, decided: DecisionBatch, tokens: Bytes, count: int,
        reasons: Reasons,
    ) -> bytes:  # fmt: skip
        """The answer to a batch of one, of its first slots, which are filled.

        `tokens` are the letters of the slots' tokens, one after the other, all of one length.
        """
        known = self._known
        for row in decided.item[0, :count].tolist():
            if not known[row]:
                self._add(row)
        said = (
            rfc3339_micros(requests.at_us.item()).encode(), self._label, letters(reasons.paid),
            letters(reasons.plain), letters(reasons.fitting) if len(reasons.fits) else b"",
        )  # fmt: skip
        words = b"".join(said)
        room = count * (self._longest + len(words) + _SLOT_BYTES) + len(tokens) + _BODY_BYTES
        out = np.empty(room, np.uint8)
        time, label, paid, plain, _ = map(len, said)
        used = _write(
            self._box, requests.request.view(np.uint8), np.frombuffer(words, np.uint8), time,
            time + label, time + label + paid, time + label + paid + plain, decided.item,
            decided.moved, reasons.fits, tokens, count, out,
        )  # fmt: skip
        return out[:used].tobytes()

    def _add(self, row: int) -> None:
        pieces = self._make(row)
        whole, begin = b"".join(pieces), self._used
        end = begin + len(whole)
        if end > len(self._text):
            grown = np.empty(2 * len(self._text) + len(whole), np.uint8)
            grown[:begin] = self._text[:begin]
            self._text = grown
            self._box = boxed(_Kept(self._text, self._ends))
        self._text[begin:end] = np.frombuffer(whole, np.uint8)
        praise = begin + len(pieces.head)
        self._ends[row] = begin, praise, praise + len(pieces.praise), end
        self._used, self._known[row] = end, True
        self._longest = max(self._longest, len(whole))


class _Kept(NamedTuple):
    """Cards end to end, and where the three pieces of each row's begin and end, (rows, 4)."""

    text: Bytes
    ends: npt.NDArray[np.int64]


def _bytes(text: bytes) -> Bytes:
    return np.frombuffer(text, np.uint8)


_REQUEST, _AT = _bytes(b'{"request":"req_'), _bytes(b'","decided_at":"')
_SLOTS = _bytes(b'","slots":[')
_OPENING, _TOKEN, _END = _bytes(b',{"slot":'), _bytes(b'","token":"'), _bytes(b"]}")
_PAID, _PAID_WHY = _bytes(b',"sponsored":true,"label":"'), _bytes(b'","why":"')
_UNPAID = _bytes(b',"sponsored":false,"label":null,"why":"')
_BASE32 = _bytes(ALPHABET.encode())
_ZERO = ord("0")


@njit(cache=True, nogil=True)
def _write(
    cards: Box, request: Bytes, words: Bytes, time: int, label: int, paid: int, plain: int,
    item: npt.NDArray[np.int32], moved: npt.NDArray[np.bool_], fits: npt.NDArray[np.bool_],
    tokens: Bytes, count: int, out: Bytes,
) -> int:  # fmt: skip
    """Write the body; the bytes used. `words` are time, label, paid, plain and fitting, by ends."""
    text, ends = cards.value.text, cards.value.ends
    width = len(tokens) // max(count, 1)
    at = _put(out, 0, _REQUEST, 0, len(_REQUEST))
    at = _put_id(out, at, request)
    at = _put(out, at, _AT, 0, len(_AT))
    at = _put(out, at, words, 0, time)
    at = _put(out, at, _SLOTS, 0, len(_SLOTS))
    for slot in range(count):
        row = item[0, slot]
        at = _put(out, at, _OPENING, 0 if slot else 1, len(_OPENING))
        if slot >= 10:
            out[at] = _ZERO + slot // 10
            at += 1
        out[at] = _ZERO + slot % 10
        at = _put(out, at + 1, text, ends[row, 0], ends[row, 1])
        if moved[0, slot]:
            at = _put(out, at, _PAID, 0, len(_PAID))
            at = _put(out, at, words, time, label)
            at = _put(out, at, _PAID_WHY, 0, len(_PAID_WHY))
            at = _put(out, at, words, label, paid)
        else:
            at = _put(out, at, _UNPAID, 0, len(_UNPAID))
        if len(fits) and fits[slot]:
            at = _put(out, at, words, plain, len(words))
        else:
            at = _put(out, at, words, paid, plain)
        at = _put(out, at, text, ends[row, 1], ends[row, 2])
        at = _put(out, at, _TOKEN, 0, len(_TOKEN))
        at = _put(out, at, tokens, slot * width, (slot + 1) * width)
        at = _put(out, at, text, ends[row, 2], ends[row, 3])
    return _put(out, at, _END, 0, len(_END))


@njit(cache=True, nogil=True)
def _put_id(out: Bytes, at: int, raw: Bytes) -> int:
    """Write 16 bytes as 26 letters (`kernel.ids.encode`); where they end."""
    held, bits = np.uint64(0), 2  # two zeros before 128 bits make 26 letters of 5
    for byte in raw:
        held, bits = held << np.uint64(8) | np.uint64(byte), bits + 8
        while bits >= 5:
            bits -= 5
            out[at] = _BASE32[held >> np.uint64(bits) & np.uint64(31)]
            at += 1
    return at


@njit(cache=True, nogil=True)
def _put(out: Bytes, at: int, text: Bytes, first: int, last: int) -> int:
    """Copy a stretch of text; where it ends."""
    there, here = out[at : at + last - first], text[first:last]
    for k in range(len(here)):  # an index from 0 costs no look for negative ones
        there[k] = here[k]
    return at + last - first


def is_english(locale: str) -> bool:
    """Whether a locale is answered in English; any other is in Chinese."""
    return locale[:2].lower() == "en"
