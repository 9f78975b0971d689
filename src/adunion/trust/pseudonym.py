"""People are pseudonyms: 16 bytes that stand for what a shop calls its shopper."""

from __future__ import annotations

import re
from hashlib import blake2b

from adunion.kernel.errors import invalid

_MOBILE = re.compile(r"1[3-9]\d{9}")
PSEUDONYM_LETTERS_MAX = 128
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d\s().-]{7,20}")


def shopper_key(pseudonym: str, field: str = "shopper") -> bytes:
    """The 16 bytes that stand for a pseudonym in every event; `field` is where it was sent.

    Raises:
        AdUnionError: it is empty, too long, or looks like an e-mail address or phone number.
    """
    if not pseudonym or len(pseudonym) > PSEUDONYM_LETTERS_MAX:
        raise invalid(field, f"A pseudonym has 1 to {PSEUDONYM_LETTERS_MAX} characters.")
    if ("@" in pseudonym and _EMAIL.search(pseudonym)) or _is_phone(pseudonym):
        raise invalid(
            field,
            "This looks like an e-mail address or a phone number.",
            "Send a pseudonym, such as a random number you keep for the shopper.",
        )
    try:
        return blake2b(pseudonym.encode(), digest_size=16).digest()
    except UnicodeEncodeError:
        raise invalid(field, "A pseudonym is valid Unicode text.") from None


def _is_phone(text: str) -> bool:
    """Whether it is written like a phone number; mere digits may be an id, unless like a mobile."""
    if not _PHONE.fullmatch(text):
        return False
    digits = "".join(letter for letter in text if letter.isdigit())
    return len(digits) >= 7 and (text != digits or bool(_MOBILE.fullmatch(digits)))
