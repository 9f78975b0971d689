"""The signed slot token: what was shown, to whom, at what price; a beacon is verified by it alone.

131 bytes of fields and 16 of keyed BLAKE2b (RFC 7693 section 2.9: a MAC in one pass, half the time
of HMAC-SHA256), in base64url: 196 characters without padding, so that every bit is covered.
"""

from __future__ import annotations

import hmac
import struct
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.borrowing import borrowing
from adunion.kernel.errors import AdUnionError

from .seal import SIGNATURE_BYTES, keyed, seal, sealed

TOKEN_SECONDS = 24 * 3600
CHARGE_SECONDS = 15 * 60
"""An impression costs something if it is reported this soon; its price is held for so long."""
FLAG_MOVED = 1  # the bid moved the item: sponsored, labelled, charged
FLAG_CONSENT = 2
TOKEN_DTYPE = np.dtype(
    [
        ("key_id", "u1"), ("flags", "u1"), ("slot", "u1"), ("request", "V16"), ("item", "V16"),
        ("plan", "V16"), ("placement", "V16"), ("shopper", "V16"), ("link", "V16"),
        ("price_micros", "<i8"), ("exposure", "<f4"), ("exposure_organic", "<f4"),
        ("pctr", "<f4"), ("pcvr", "<f4"), ("propensity", "<f4"),
        ("expires_s", "<u4"),
    ]
)  # fmt: skip
"""The fields of tokens as rows of a structured array; `key_id` is filled in when signed."""

_FIELDS = struct.Struct("<BBB16s16s16s16s16s16sqfffffI")
_LETTERS = (_FIELDS.size + SIGNATURE_BYTES) * 4 // 3
_FROM_URL = bytes.maketrans(b"-_+/", b"+/!!")  # one spelling only: the plain alphabet is refused
assert TOKEN_DTYPE.itemsize == _FIELDS.size


class SlotToken(NamedTuple):
    """One token's fields; ids are 16 bytes, zero where there is none."""

    flags: int
    slot: int
    request: bytes
    item: bytes
    plan: bytes
    placement: bytes
    shopper: bytes
    link: bytes
    price_micros: int
    exposure: float
    exposure_organic: float
    pctr: float
    pcvr: float
    propensity: float
    expires_s: int


class Page(Protocol):
    """What is signed of one answer, as `decision.types.DecisionBatch` has it, (1, K) each."""

    @property
    def item(self) -> npt.NDArray[np.int32]:
        """Row, -1 where the slot is empty."""

    @property
    def plan(self) -> npt.NDArray[np.int32]:
        """Row, -1 none."""

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """Whether a bid moved it."""

    @property
    def price_micros(self) -> npt.NDArray[np.int64]:
        """Per seen impression."""

    @property
    def exposure(self) -> npt.NDArray[np.float32]:
        """As the token has it."""

    @property
    def exposure_organic(self) -> npt.NDArray[np.float32]:
        """As the token has it."""

    @property
    def pctr(self) -> npt.NDArray[np.float32]:
        """As the token has it."""

    @property
    def pcvr(self) -> npt.NDArray[np.float32]:
        """As the token has it."""

    @property
    def propensity(self) -> npt.NDArray[np.float32]:
        """As the token has it."""


class TokenSigner:
    """Signs with the newest key, verifies with any of them.

    Args:
        secrets: key id (0..255) to secret; the highest id signs. To rotate, add a higher one and
            drop the old one after a day.
    """

    def __init__(self, secrets: Mapping[int, bytes]) -> None:
        if not secrets or not all(0 <= key_id <= 255 for key_id in secrets):
            raise ValueError("give at least one secret, with ids of 0 to 255")
        self._current = max(secrets)
        keys = {
            key_id: hmac.digest(secret, b"adunion slot token 2", "sha256")
            for key_id, secret in secrets.items()
        }
        self._macs = {key_id: _mac(key) for key_id, key in keys.items()}
        self._keys = {key_id: keyed(key) for key_id, key in keys.items()}

    def sign(self, token: SlotToken) -> str:
        """The text of one token."""
        body = np.frombuffer(_FIELDS.pack(self._current, *token), np.uint8)
        return sealed(self._keys[self._current], body.reshape(1, -1))[0].decode("ascii")

    def sign_page(
        self,
        shared: SlotToken,
        count: int,
        page: Page,
        items: npt.NDArray[np.void],
        plans: npt.NDArray[np.void],
    ) -> npt.NDArray[np.uint8]:
        """The letters of the tokens of one answer's first slots, which are filled, end to end.

        What all have in common is in `shared`; its flags are those of a slot that no bid moved.
        `items` and `plans` are the ids (V16) that the rows in the page are of.
        """
        columns = (
            page.item, page.plan, page.moved, page.price_micros, page.exposure,
            page.exposure_organic, page.pctr, page.pcvr, page.propensity,
            items.view(np.uint8), plans.view(np.uint8),
        )  # fmt: skip
        shared_bytes = np.frombuffer(_FIELDS.pack(self._current, *shared), np.uint8)
        out = np.empty(count * _LETTERS, np.uint8)
        _sign_page(self._keys[self._current], count, shared_bytes, columns, out)
        return out

    def sign_batch(self, tokens: npt.NDArray[np.void]) -> list[str]:
        """The texts of rows of `TOKEN_DTYPE`, shape (n,)."""
        tokens["key_id"] = self._current
        bodies = np.frombuffer(tokens.tobytes(), np.uint8).reshape(-1, _FIELDS.size)
        return [text.decode("ascii") for text in sealed(self._keys[self._current], bodies)]

    def verify(self, text: str, now_s: int) -> SlotToken:
        """The fields of a genuine token.

        Raises:
            AdUnionError: `token_garbled`, `token_forged` or `token_expired`.
        """
        token = SlotToken(*_FIELDS.unpack(self._opened(text))[1:])
        if token.expires_s < now_s:
            raise expired()
        return token

    def verify_batch(
        self, texts: Sequence[object], now_s: int
    ) -> tuple[npt.NDArray[np.void], list[AdUnionError | None]]:
        """Rows of `TOKEN_DTYPE` (n,) and for each the error, or None where it is genuine."""
        errors: list[AdUnionError | None] = [None] * len(texts)
        bodies = []
        for i, text in enumerate(texts):
            try:
                bodies.append(self._opened(text))
            except AdUnionError as error:
                errors[i] = error
                bodies.append(bytes(_FIELDS.size))
        rows = np.frombuffer(b"".join(bodies), TOKEN_DTYPE)
        for i in np.flatnonzero(rows["expires_s"] < now_s).tolist():
            errors[i] = errors[i] or expired()
        return rows, errors

    def _opened(self, text: object) -> bytes:
        if not isinstance(text, str) or len(text) != _LETTERS or not text.isascii():
            raise _garbled()
        try:
            data = a2b_base64(text.encode("ascii").translate(_FROM_URL), strict_mode=True)
        except Base64Error:
            raise _garbled() from None
        body, signature = data[: _FIELDS.size], data[_FIELDS.size :]
        known = self._macs.get(body[0])
        if known is None:
            raise _forged()
        if not hmac.compare_digest(known(body), signature):
            raise _forged()
        return body


def _mac(key: bytes) -> Callable[[bytes], bytes]:
    """Keyed BLAKE2b with the state after the key kept."""
    start = blake2b(key=key, digest_size=SIGNATURE_BYTES)

    def mac(body: bytes) -> bytes:
        state = start.copy()
        state.update(body)
        return state.digest()

    return mac


_AT = {name: int(field[1]) for name, field in (TOKEN_DTYPE.fields or {}).items()}
_FLAGS, _SLOT, _ITEM, _PLAN = _AT["flags"], _AT["slot"], _AT["item"], _AT["plan"]
_PRICE, _EXPOSURE, _LOWER = _AT["price_micros"], _AT["exposure"], _AT["exposure_organic"]
_PCTR, _PCVR, _PROPENSITY = _AT["pctr"], _AT["pcvr"], _AT["propensity"]


@njit(cache=True, nogil=True)
def _sign_page(  # type: ignore[no-untyped-def]  # the columns of Page, ids as bytes
    key, count, shared, columns, out
) -> None:
    """Lay out and seal the tokens of a page's first slots."""
    bodies = np.empty((count, len(shared)), np.uint8)
    _lay_out(shared, columns, bodies)
    seal(key, bodies, out)


@borrowing()
def _lay_out(shared, columns, out) -> None:  # type: ignore[no-untyped-def]
    """Write the fields of each slot's token over those that all have in common."""
    item, plan, moved, price, exposure, lower, pctr, pcvr, propensity, items, plans = columns
    for k in range(len(out)):
        body, row, bidder = out[k], item[0, k], plan[0, k]
        _put(body, 0, shared)
        body[_SLOT] = k
        _put(body, _ITEM, items[16 * row : 16 * row + 16])
        if bidder >= 0:
            _put(body, _PLAN, plans[16 * bidder : 16 * bidder + 16])
        if moved[0, k]:
            body[_FLAGS] |= FLAG_MOVED
        _put(body, _PRICE, price[0, k : k + 1].view(np.uint8))
        _put(body, _EXPOSURE, exposure[0, k : k + 1].view(np.uint8))
        _put(body, _LOWER, lower[0, k : k + 1].view(np.uint8))
        _put(body, _PCTR, pctr[0, k : k + 1].view(np.uint8))
        _put(body, _PCVR, pcvr[0, k : k + 1].view(np.uint8))
        _put(body, _PROPENSITY, propensity[0, k : k + 1].view(np.uint8))


@borrowing(inline="always")
def _put(body: npt.NDArray[np.uint8], at: int, field: npt.NDArray[np.uint8]) -> None:
    for k in range(len(field)):
        body[at + k] = field[k]


def expired() -> AdUnionError:
    """The error for a genuine token past its time."""
    return AdUnionError(
        "token_expired", "The token is past its 24 hours.", 422, "token", "Decide again."
    )


def _garbled() -> AdUnionError:
    return AdUnionError(
        "token_garbled", f"A token is {_LETTERS} letters of base64url.", 422, "token",
        "Send the token of the slot unchanged.",
    )  # fmt: skip


def _forged() -> AdUnionError:
    return AdUnionError(
        "token_forged", "The token was not signed by this server, or was changed.", 422, "token",
        "Send the token of the slot unchanged.",
    )  # fmt: skip
