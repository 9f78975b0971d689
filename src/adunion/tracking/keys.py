"""Identity of events and orders: two events of one key are one."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.catalog.snapshot import raw_ids as catalog_ids

from .types import EventType

U64 = npt.NDArray[np.uint64]
_NOBODY = "nul_" + "0" * 26
_LETTERS = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", np.uint8)


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


def id_texts(prefix: str, ids: npt.NDArray[np.void]) -> list[str]:
    """16-byte ids (n,) as `prefix_01J...` texts, `prefix_` and Crockford's base 32."""
    head = np.frombuffer(f"{prefix}_".encode(), np.uint8)
    size = len(head) + 26
    letters = np.empty((len(ids), size), np.uint8)
    letters[:, : len(head)] = head
    _spell(np.ascontiguousarray(ids).view(np.uint8), letters[:, len(head) :])
    text = letters.tobytes().decode()
    return [text[at : at + size] for at in range(0, len(text), size)]


@njit(cache=True, nogil=True)
def _spell(raw: npt.NDArray[np.uint8], letters: npt.NDArray[np.uint8]) -> None:
    """Write the 130 bits of each id, two zeros first, five to a letter."""
    for i in range(len(letters)):
        bits, held, at = np.uint32(0), 2, 0
        for byte in range(16 * i, 16 * i + 16):
            bits, held = bits << np.uint32(8) | raw[byte], held + 8
            while held >= 5:
                held -= 5
                letters[i, at] = _LETTERS[bits >> np.uint32(held) & np.uint32(31)]
                at += 1
            bits &= np.uint32(31)


def raw_ids(texts: list[str | None]) -> npt.NDArray[np.void]:
    """Prefixed ids back to 16 bytes each, shape (n,); None gives `NO_ID`."""
    return catalog_ids([_NOBODY if text is None else text for text in texts])


def event_key(type_: EventType, id_: bytes, slot_or_line: int, number: int = 0) -> int:
    """The key of one event, equal to what the batch functions give."""
    types = np.array([type_], np.uint8)
    ids = np.frombuffer(id_, "V16")
    places = np.array([slot_or_line], np.int16)
    if type_ < EventType.ORDER:
        return int(beacon_keys(types, ids, places)[0])
    return int(order_step_keys(types, ids, places, np.array([number], np.int32))[0])


def _halves(ids: npt.NDArray[np.void]) -> tuple[U64, U64]:
    words = np.ascontiguousarray(ids).view(np.uint64).reshape(-1, 2)
    return words[:, 0], words[:, 1]


def _mix(words: U64) -> U64:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ words >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ words >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return words ^ words >> np.uint64(31)
