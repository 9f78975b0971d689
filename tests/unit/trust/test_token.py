from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode
from hashlib import blake2b
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adunion.kernel.errors import AdUnionError
from adunion.trust.token import TOKEN_DTYPE, SlotToken, TokenSigner

SIGNER = TokenSigner({1: b"one secret"})
FIELDS = SlotToken(
    1, 3, b"r" * 16, b"i" * 16, b"p" * 16, b"q" * 16, b"s" * 16, bytes(16),
    12_345, 0.5, 0.25, 0.125, 0.0625, 1.0, 1_000,
)  # fmt: skip
SIGNER.sign(FIELDS)  # compiles
ids = st.binary(min_size=16, max_size=16)
share = st.floats(0, 1, width=32)
tokens = st.builds(
    SlotToken, st.integers(0, 255), st.integers(0, 255), ids, ids, ids, ids, ids, ids,
    st.integers(0, 2**62), share, share, share, share, share, st.integers(1_000, 2**32 - 1),
)  # fmt: skip


def code(text: object, now_s: int = 0, signer: TokenSigner = SIGNER) -> str:
    with pytest.raises(AdUnionError) as caught:
        signer.verify(text, now_s)  # type: ignore[arg-type]
    return caught.value.code


@given(tokens)
def test_a_token_tells_what_was_signed(token: SlotToken) -> None:
    text = SIGNER.sign(token)
    assert len(text) == 196
    assert SIGNER.verify(text, 1_000) == token


@given(tokens, st.integers(0, 196 * 8 - 1))
def test_any_flipped_bit_is_refused(token: SlotToken, bit: int) -> None:
    raw = bytearray(SIGNER.sign(token).encode())
    raw[bit // 8] ^= 1 << bit % 8
    assert code(raw.decode("latin-1")) in {"token_forged", "token_garbled"}


@given(st.text(max_size=300) | st.binary(max_size=200) | st.none() | st.integers())
def test_anything_else_is_garbled_never_a_crash(text: object) -> None:
    assert code(text) == "token_garbled"


def test_a_token_has_one_spelling() -> None:
    text = next(
        t for n in range(99) if {"-", "_"} <= set(t := SIGNER.sign(FIELDS._replace(price_micros=n)))
    )
    assert code(text.replace("-", "+").replace("_", "/")) == "token_garbled"
    assert code(text[:-1] + "\n") == "token_garbled"
    assert code(text[:-1] + "=") == "token_forged"


def test_a_token_ends_when_it_says() -> None:
    text = SIGNER.sign(FIELDS)
    assert SIGNER.verify(text, 1_000) == FIELDS
    assert code(text, 1_001) == "token_expired"


def test_the_signature_is_keyed_blake2b_of_rfc_7693() -> None:
    sealed = urlsafe_b64decode(SIGNER.sign(FIELDS))
    key = hmac.digest(b"one secret", b"adunion slot token 2", "sha256")
    assert sealed[131:] == blake2b(sealed[:131], key=key, digest_size=16).digest()


def test_keys_rotate() -> None:
    both = TokenSigner({1: b"one secret", 2: b"a newer one"})
    assert both.verify(SIGNER.sign(FIELDS), 0) == FIELDS
    newer = both.sign(FIELDS)
    assert TokenSigner({2: b"a newer one"}).verify(newer, 0) == FIELDS
    assert code(newer) == "token_forged"
    assert code(SIGNER.sign(FIELDS), signer=TokenSigner({1: b"another"})) == "token_forged"


def test_batches_say_the_same_as_one_at_a_time() -> None:
    rows = np.zeros(3, TOKEN_DTYPE)
    rows["slot"], rows["price_micros"], rows["expires_s"] = [0, 1, 2], [5, 6, 7], [10, 99, 99]
    texts = SIGNER.sign_batch(rows)
    assert SIGNER.verify(texts[1], 50).price_micros == 6
    found, errors = SIGNER.verify_batch([*texts, "nonsense", texts[0][:-2] + "AA"], 50)
    assert found["slot"][1:3].tolist() == [1, 2]
    assert [error and error.code for error in errors] == [
        "token_expired", None, None, "token_garbled", "token_forged",
    ]  # fmt: skip


def test_a_page_says_the_same_as_one_at_a_time() -> None:
    def numbers(kind: str) -> np.ndarray:
        return np.linspace(0.1, 0.9, 3, dtype=kind).reshape(1, 3)

    page = SimpleNamespace(
        item=np.array([[1, 0, -1]], np.int32), plan=np.array([[-1, 1, -1]], np.int32),
        moved=np.array([[False, True, False]]), price_micros=np.array([[0, 1 << 40, 0]]),
        **{name: numbers("f4") + at for at, name in enumerate(SlotToken._fields[9:14])},
    )  # fmt: skip
    items, plans = np.frombuffer(b"a" * 16 + b"b" * 16, "V16"), np.frombuffer(b"c" * 32, "V16")
    shared = FIELDS._replace(flags=2, slot=0, item=bytes(16), plan=bytes(16), price_micros=0)
    letters = SIGNER.sign_page(shared, 2, page, items, plans).tobytes().decode()
    texts = [letters[:196], letters[196:]]
    for slot, flags, item, plan, price in (
        (0, 2, b"b" * 16, bytes(16), 0), (1, 3, b"a" * 16, b"c" * 16, 1 << 40),
    ):  # fmt: skip
        columns = {name: float(getattr(page, name)[0, slot]) for name in SlotToken._fields[9:14]}
        fields = {"flags": flags, "slot": slot, "item": item, "plan": plan, "price_micros": price}
        assert texts[slot] == SIGNER.sign(shared._replace(**fields, **columns))


def test_no_tokens_are_a_batch_too() -> None:
    found, errors = SIGNER.verify_batch([], 0)
    assert (len(found), errors) == (0, [])
    assert SIGNER.sign_batch(np.zeros(0, TOKEN_DTYPE)) == []
