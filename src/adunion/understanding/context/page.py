"""Documents to readable text: HTML without its furniture, plain text, transcripts, chats."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from adunion.kernel.errors import AdUnionError, invalid

from .types import Page

BYTES_MAX = 4 << 20
PARAGRAPHS_MAX = 400
PARAGRAPH_CHARS_MAX = 600
FURNITURE = "script, style, noscript, template, nav, footer, aside, form, iframe, svg, button"
WHOLE = ("html", "body", "main", "article")  # hidden only until a script shows them
BLOCKS = (
    "address, article, blockquote, caption, dd, details, div, dl, dt, figcaption, figure, h1, h2,"
    " h3, h4, h5, h6, header, hr, li, main, ol, p, pre, section, summary, table, td, th, tr, ul"
)
"""Elements that begin a paragraph and end it; the others stand within a line."""
_BREAK = "\x1d"
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_MARKUP = re.compile(r"<(?:!doctype|html|head|body|div|p|article|h1|title|meta)\b[^>]*>", re.I)
_TIMES = re.compile(r"^\s*(?:\[?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?\]?\s*(?:-->.*)?|\d+)\s*$")
_STAMP = re.compile(r"^\s*\[?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?\]?\s*")
_SENTENCES = re.compile(r"(?<=[。！？!?；;])\s*|(?<=\.)\s+")


def read_file(path: Path) -> Page:
    """The page in a file.

    Raises:
        AdUnionError: missing, empty, binary, or over BYTES_MAX.
    """
    try:
        if path.stat().st_size > BYTES_MAX:
            raise invalid("file", f"{path} has more than {BYTES_MAX >> 20} MB.", "Give one page.")
        return page_of(path.read_bytes(), str(path))
    except OSError as error:
        raise invalid("file", f"{path} cannot be read ({error.strerror}).", "Check it.") from None


def page_of(data: bytes | str, name: str = "text") -> Page:
    """The page in bytes (UTF-8 or GB 18030) or text; markup is recognised by itself."""
    text = data if isinstance(data, str) else _decoded(data, name)
    if not text.strip():
        raise AdUnionError("empty_page", f"{name} holds no text.", 422, field="file",
                           hint="Give the text or HTML of a page.")  # fmt: skip
    found = _html(text) if _MARKUP.search(text[:4096]) else _plain(text)
    if not found.text:
        raise AdUnionError("empty_page", f"{name} holds no readable text.", 422, field="file",
                           hint="Save pages that scripts fill after they ran.")  # fmt: skip
    return found


def _decoded(data: bytes, name: str) -> str:
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise AdUnionError("binary_page", f"{name} is binary.", 422, field="file",
                           hint="Give text or HTML.")  # fmt: skip
    for encoding in (
        "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig",
        "gb18030",
    ):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AdUnionError("bad_encoding", f"{name} is neither UTF-8 nor GB 18030.", 422,
                       field="file", hint="Save it as UTF-8.")  # fmt: skip


def _html(text: str) -> Page:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    named = tree.css_first("title")
    title = _squeezed(named.text()) if named else ""
    for node in tree.css(FURNITURE):
        node.decompose()
    for node in tree.css("[hidden], [style]"):
        style = node.attributes.get("style") or ""
        if node.tag not in WHOLE and ("hidden" in node.attributes or _UNSEEN.search(style)):
            node.decompose()
    body = tree.css_first("article") or tree.css_first("main") or tree.body
    if body is None:
        return Page(title, ())
    for node in body.css(BLOCKS):
        node.insert_before(_BREAK)
        node.insert_after(_BREAK)
    blocks = [_squeezed(block) for block in body.text(separator=" ").split(_BREAK)]
    return Page(title, _cut(block for block in blocks if block and block != title))


def _plain(text: str) -> Page:
    """Lines; numbers and time stamps of subtitles and chats are left out."""
    lines = [_STAMP.sub("", line) for line in text.splitlines() if not _TIMES.match(line)]
    kept = [_squeezed(line) for line in lines if line.strip()]
    if len(kept) > 1 and len(kept[0]) <= 120:
        return Page(kept[0], _cut(kept[1:]))
    return Page("", _cut(kept))


def _cut(blocks: Iterable[str]) -> tuple[str, ...]:
    """Paragraphs of bounded length and number, each once; long ones are split at sentences."""
    found: dict[str, None] = {}
    for block in blocks:
        piece = ""
        for sentence in _SENTENCES.split(block):
            if piece and len(piece) + len(sentence) > PARAGRAPH_CHARS_MAX:
                found[piece] = None
                piece = ""
            piece = f"{piece}{sentence}"[:PARAGRAPH_CHARS_MAX]
        if piece.strip():
            found[piece.strip()] = None
        if len(found) >= PARAGRAPHS_MAX:
            break
    return tuple(found)[:PARAGRAPHS_MAX]


def _squeezed(text: str) -> str:
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())
