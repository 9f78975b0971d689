"""Files that commands take texts from; `-` is standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from adunion.kernel.errors import invalid
from adunion.understanding.textlines import text_lines


def read_bytes(path: Path, field: str = "in") -> bytes:
    """All of a file or of standard input. Raises AdUnionError where it cannot be read."""
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise invalid(field, f"{path}: {error.strerror}.", "Check the path.") from None


def read_lines(path: Path, field: str = "in") -> list[str]:
    """The lines of a file or of standard input, in order, empty ones too."""
    return text_lines(read_bytes(path, field), str(path), field)
