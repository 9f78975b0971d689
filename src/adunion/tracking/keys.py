"""Identity of events and people: two events of one key are one, a pseudonym becomes 16 bytes."""

from __future__ import annotations

import re
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import invalid

from .types import EventType

U64 = npt.NDArray[np.uint64]
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d\s().-]{7,20}")
PSEUDONYM_LETTERS_MAX = 128


def shopper_key(pseudonym: str) -> bytes:
    """The 16 bytes that stand for a pseudonym in every event.

    Raises:
        AdUnionError: it is empty, too long, or looks like an e-mail address or phone number.
    """
    if not pseudonym or len(pseudonym) > PSEUDONYM_LETTERS_MAX:
        raise invalid("shopper", f"A pseudonym has 1 to {PSEUDONYM_LETTERS_MAX} characters.")
    if _EMAIL.search(pseudonym) or _is_phone(pseudonym):
        raise invalid(
            "shopper",
            "This looks like an e-mail address or a phone number.",
            "Send a pseudonym, such as a random number you keep for the shopper.",
        )
    try:
        return blake2b(pseudonym.encode(), digest_size=16).digest()
    except UnicodeEncodeError:
        raise invalid("shopper", "A pseudonym is valid Unicode text.") from None


def order_key(merchant: bytes, external_id: str) -> bytes:
    """The 16 bytes of an order's id, from the merchant's 16 and the merchant's own order number.

    A function of the two, so that a report sent twice, or a payment that overtakes its order,
    names the same order without a look-up.
    """
    return blake2b(external_id.encode(), digest_size=16, key=merchant).digest()


def beacon_keys(
    type_: npt.NDArray[np.uint8], request: npt.NDArray[np.void], slot: npt.NDArray[np.int16]
) -> U64:
    """Keys of requests, impressions, clicks, visits, favourites and carts; shapes (n,) -> (n,)."""
    high, low = _halves(request)
    place = slot.astype(np.int64).astype(np.uint64) << np.uint64(8) | type_.astype(np.uint64)
    return _mix(_mix(_mix(high) ^ low) ^ place)


def order_step_keys(
    type_: npt.NDArray[np.uint8],
    order: npt.NDArray[np.void],
    line: npt.NDArray[np.int16],
    number: npt.NDArray[np.int32],
) -> U64:
    """Keys of orders, payments, receipts and refunds; shapes (n,) -> (n,)."""
    high, low = _halves(order)
    place = (
        line.astype(np.int64).astype(np.uint64) << np.uint64(40)
        | number.astype(np.uint32).astype(np.uint64) << np.uint64(8)
        | type_.astype(np.uint64)
    )
    return _mix(_mix(_mix(high) ^ low) ^ place)


def event_key(type_: EventType, id_: bytes, slot_or_line: int, number: int = 0) -> int:
    """The key of one event, equal to what the batch functions give."""
    types = np.array([type_], np.uint8)
    ids = np.frombuffer(id_, "V16")
    places = np.array([slot_or_line], np.int16)
    if type_ < EventType.ORDER:
        return int(beacon_keys(types, ids, places)[0])
    return int(order_step_keys(types, ids, places, np.array([number], np.int32))[0])


def _is_phone(text: str) -> bool:
    """A phone number is written with spaces or a plus, or is mobile-shaped: mere digits may be an id."""
    if not _PHONE.fullmatch(text):
        return False
    digits = "".join(letter for letter in text if letter.isdigit())
    mobile = len(digits) == 11 and digits.startswith("1")
    return len(digits) >= 7 and (text != digits or mobile)


def _halves(ids: npt.NDArray[np.void]) -> tuple[U64, U64]:
    words = np.ascontiguousarray(ids).view(np.uint64).reshape(-1, 2)
    return words[:, 0], words[:, 1]


def _mix(words: U64) -> U64:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ words >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ words >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return words ^ words >> np.uint64(31)
