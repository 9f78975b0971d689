"""Files of one text a line: every command reads them alike."""

from __future__ import annotations

from adunion.kernel.errors import AdUnionError, invalid

BYTES_MAX = 256 << 20


def text_lines(data: bytes, name: str, field: str = "in") -> list[str]:
    """The lines of UTF-8 bytes; what is no UTF-8 stays in its own line, marked.

    Only a line feed ends a line: a separator of another kind inside a text makes no two of it.

    Raises:
        AdUnionError: binary, or more than BYTES_MAX.
    """
    if b"\0" in data:
        raise AdUnionError("binary_file", f"{name} is binary.", 422, field=field,
                           hint="Give a text file, one text a line.")  # fmt: skip
    if len(data) > BYTES_MAX:
        raise invalid(field, f"{name} has more than {BYTES_MAX >> 20} MB.", "Cut it in parts.")
    text = data.decode("utf-8-sig", "replace").removesuffix("\n")
    return [line.removesuffix("\r") for line in text.split("\n")] if text else []
