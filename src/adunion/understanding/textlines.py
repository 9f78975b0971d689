"""Text in files: every command reads encodings and lines alike."""

from __future__ import annotations

import codecs

from adunion.kernel.errors import AdUnionError, invalid

BYTES_MAX = 256 << 20
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(data: bytes) -> str:
    """The text of bytes in UTF-8, UTF-16 with its mark, or GB 18030; what is none of them, marked.

    GB 18030 is what no line beyond ASCII says in UTF-8, or few by chance, and all say in it: its
    characters are of two high bytes, while an accent of Latin-1 takes a letter beside it for one.
    """
    if data.startswith(UTF_16):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    wide = [line for line in data.split(b"\n") if not line.isascii()]
    if 2 * sum(map(_is_utf8, wide)) < len(wide):
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            pass
        else:
            high = sum(len(line.translate(None, bytes(range(128)))) for line in wide)
            if sum(sign > "\x7f" for sign in text) <= 0.75 * high:
                return text
    return data.decode("utf-8-sig", "replace")


def text_lines(data: bytes, name: str, field: str = "in") -> list[str]:
    """The lines of a text as `decoded`; what is no text stays in its own line, marked.

    Only a line feed ends a line: a separator of another kind inside a text makes no two of it.

    Raises:
        AdUnionError: binary, or more than BYTES_MAX.
    """
    if b"\0" in data and not data.startswith(UTF_16):
        raise AdUnionError("binary_file", f"{name} is binary.", 422, field=field,
                           hint="Give a text file, one text a line.")  # fmt: skip
    if len(data) > BYTES_MAX:
        raise invalid(field, f"{name} has more than {BYTES_MAX >> 20} MB.", "Cut it in parts.")
    text = decoded(data).removesuffix("\n")
    return [line.removesuffix("\r") for line in text.split("\n")] if text else []


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
