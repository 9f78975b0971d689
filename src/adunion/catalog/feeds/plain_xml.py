"""The usual items of XML feeds, read by pattern; anything unusual is left to the XML parser.

Usual is an `<item>` without attributes whose fields hold nothing but text, references and CDATA.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

import numpy as np

from .types import FIELD_CHARS_MAX, LINE_CHARS_MAX

_END = "</item>"
_BLANKS = " \t\n"  # of XML, once line ends are told alike
_BLANK = f"[{_BLANKS}]*"
_NAME = r"[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?"
_FIELD = re.compile(rf"<({_NAME})>(?:([^<]*)|<!\[CDATA\[(.*?)\]\]>)</\1>", re.DOTALL)
_SHORT = re.compile(rf"<({_NAME}){_BLANK}/>")
_NESTED = re.compile(rf"<({_NAME})>{_BLANK}(?:<({_NAME})>[^<]*</\2>{_BLANK})+</\1>")
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_WHOLE = re.compile(r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>", re.DOTALL)

Fields = tuple[tuple[str, ...], tuple[str, ...]]
"""The tags, with their prefixes, and the texts."""


def item_blocks(pieces: Iterator[bytes]) -> Iterator[tuple[str, bool]]:
    """UTF-8 as text in blocks that end where an item does, and whether a block may be usual.

    What holds no end for too long comes as it is, so that what is held at once stays bounded.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    held = b""
    for piece in pieces:
        data = held + piece
        end = data.rfind(_END.encode()) + len(_END)
        if end < len(_END):
            end = 0 if len(data) <= LINE_CHARS_MAX else len(data)
        held, data = data[end:], data[:end]
        text = decoder.decode(data)
        if b"\r" in data:
            text = text.replace("\r\n", "\n")
        legal = _is_legal(data, text)
        *blocks, rest = text.split(_END)
        for block in blocks:
            yield block + _END, legal
        if rest:
            yield rest, False
    yield decoder.decode(held, final=True), False


def _is_legal(data: bytes, text: str) -> bool:
    """No sign that XML does not allow, and no carriage return that ends no line."""
    signs = np.frombuffer(data, np.uint8)
    blanks = np.count_nonzero(signs == 10) + np.count_nonzero(signs == 9)
    returns = data.count(b"\r\n") if b"\r" in data else 0
    return (
        bool(np.count_nonzero(signs < 32) == blanks + returns)
        and "\ufffe" not in text
        and "\uffff" not in text
    )


def layout(tags: tuple[str, ...]) -> re.Pattern[str]:
    """What an item of just these tags, holding text only, looks like; its groups are the texts."""
    fields = "".join(f"<{tag}>([^<]*)</{tag}>{_BLANK}" for tag in map(re.escape, tags))
    return re.compile(f"{_BLANK}<item>{_BLANK}{fields}</item>")


def laid_out(block: str, pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    """The texts of an item of this layout, or None where it is of another."""
    found = pattern.fullmatch(block)
    if found is None or "]]>" in block or len(block) > FIELD_CHARS_MAX:
        return None
    texts: tuple[str, ...] = found.groups()
    return _resolved(texts, block.count("&")) if "&" in block else texts


def plain_item(block: str) -> Fields | None:
    """The fields of a block that is one usual item, or None where it is not."""
    start = block.find("<item>")
    if start < 0 or block[:start].strip(_BLANKS) or len(block) > FIELD_CHARS_MAX:
        return None
    found = _FIELD.findall(block)
    if not _is_all(block, found):
        block = _SHORT.sub(r"<\1></\1>", _NESTED.sub("", block))
        found = _FIELD.findall(block)
        if not _is_all(block, found):
            return None
    tags = tuple([tag for tag, _, _ in found])
    raw = [cdata for _, _, cdata in found if cdata]
    texts: tuple[str, ...] | None = tuple([text for _, text, _ in found])
    if texts and "&" in block:
        signs = block.count("&") - sum(cdata.count("&") for cdata in raw)
        texts = _resolved(texts, signs)
    if texts and raw:
        texts = tuple([text or found[n][2] for n, text in enumerate(texts)])
    return None if texts is None else (tags, texts)


def _is_all(block: str, found: list[tuple[str, str, str]]) -> bool:
    """Whether the item holds no tag, comment or CDATA but those of the fields found."""
    marks = 2 * len(found) + 2  # `<item>` and its end
    raw = 0
    if "<![" in block:
        for _, _, cdata in found:
            if cdata:
                raw += 1
                marks += 1 + cdata.count("<")
    return block.count("<") == marks and block.count("]]>") == raw


def _resolved(texts: tuple[str, ...], signs: int) -> tuple[str, ...] | None:
    """Texts with their references resolved; None where one of so many `&` begins none."""
    out = list(texts)
    try:
        for n, text in enumerate(texts):
            if "&" in text:
                out[n], resolved = _REFERENCE.subn(_sign, text)
                signs -= resolved
    except ValueError:
        return None
    return tuple(out) if signs == 0 else None


def _sign(reference: re.Match[str]) -> str:
    name, decimal, hexadecimal = reference.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code < 32 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF) or code > 0x10FFFF:
        raise ValueError(code)  # XML refuses most of them
    return chr(code)


def is_open(block: str) -> bool:
    """Whether a comment, CDATA or instruction begins in a block and does not end in it."""
    if "<!" not in block and "<?" not in block:
        return False
    left = _WHOLE.sub("", block)
    return "<!" in left or "<?" in left
