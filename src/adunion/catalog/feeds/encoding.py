"""Bytes to text: UTF-8, UTF-16 with a byte order mark, GB18030; never two in one file."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from typing import BinaryIO, cast

from .errors import broken_file
from .types import LINE_CHARS_MAX, FeedFile

_BLOCK_BYTES = 1 << 20
_CLEARLY_UTF8_BYTES = 12  # a GB18030 line with so many high bytes is hardly ever UTF-8 by accident
_SAVE_AS_UTF8 = "Save the whole file as UTF-8."
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def open_bytes(file: FeedFile) -> BinaryIO:
    """The file's bytes, unpacked where it is gzip."""
    try:
        raw = file.path.open("rb")
    except OSError as error:
        raise broken_file(
            str(file.path), f"cannot be opened: {error.strerror}.", "Check the path."
        ) from None
    if raw.peek(2)[:2] == b"\x1f\x8b":
        raw.close()
        return cast(BinaryIO, gzip.GzipFile(file.path, "rb"))
    return raw


def blocks(file: FeedFile, stream: BinaryIO) -> Iterator[bytes]:
    """The bytes in blocks of at most 1 MiB, with progress told."""
    total = file.path.stat().st_size
    raw = stream.fileobj if isinstance(stream, gzip.GzipFile) else stream
    while True:
        try:
            block = stream.read(_BLOCK_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise broken_file(
                file.name, f"the gzip file is damaged or cut short ({error}).", "Get it again."
            ) from None
        if file.progress:
            file.progress(min(cast(BufferedReader, raw).tell(), total), total)
        if not block:
            return
        yield block


def detect_encoding(file: FeedFile) -> str:
    """The one encoding of the file; a file of two is refused with the line that breaks it."""
    if file.hints.encoding:
        return file.hints.encoding
    quiet = FeedFile(file.path, file.hints)
    with open_bytes(quiet) as stream:
        decoder = codecs.getincrementaldecoder("utf-8")()
        first = True
        try:
            for block in blocks(quiet, stream):
                if first:
                    for bom, encoding in _BOMS.items():
                        if block.startswith(bom) and encoding != "utf-8-sig":
                            return encoding
                    first = False
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _not_utf8(quiet)
    return "utf-8-sig"


def _not_utf8(file: FeedFile) -> str:
    """GB18030 where every line that is not ASCII is; else says where the file breaks."""
    clear_line = 0  # the first line that is UTF-8 beyond doubt
    broken: tuple[int, int] | None = None  # the first that is not: line, byte
    high_bytes = wide_chars = 0
    position = number = 0
    marked = False
    with open_bytes(file) as stream:
        while line := stream.readline(4 * LINE_CHARS_MAX):
            number += 1
            marked = marked or (number == 1 and line.startswith(codecs.BOM_UTF8))
            if not line.isascii():
                try:
                    line.decode()
                    if not clear_line and _high(line) >= _CLEARLY_UTF8_BYTES:
                        clear_line = number
                except UnicodeDecodeError as error:
                    broken = broken or (number, position + error.start)
                    high_bytes += _high(line)
                    wide_chars += _gb_chars(line)
            position += len(line)
            if clear_line and broken:
                break
    if broken is None:  # cut in the middle of its last character, beyond the longest line
        raise broken_file(file.name, "the text breaks off inside a character.", _SAVE_AS_UTF8)
    where = f"byte {broken[1]}"
    if marked:
        raise broken_file(
            file.name,
            f"it begins with the byte order mark of UTF-8, but {where} is not UTF-8.",
            _SAVE_AS_UTF8,
            broken[0],
        )
    if clear_line:
        raise broken_file(
            file.name,
            f"mixed encodings: line {clear_line} is UTF-8, but {where} is not.",
            _SAVE_AS_UTF8,
            broken[0],
        )
    if wide_chars == 0 or wide_chars > 0.75 * high_bytes:  # GB18030 text has two high bytes a char
        raise broken_file(
            file.name, f"{where} is neither UTF-8 nor GB18030.", _SAVE_AS_UTF8, broken[0]
        )
    return "gb18030"


def _high(line: bytes) -> int:
    return len(line.translate(None, bytes(range(128))))


def _gb_chars(line: bytes) -> int:
    """Characters beyond ASCII when read as GB18030; far too many where it is not."""
    try:
        return sum(sign > "\x7f" for sign in line.decode("gb18030"))
    except UnicodeDecodeError:
        return 2 * len(line)


def text_blocks(file: FeedFile) -> Iterator[str]:
    """The file as text, piece by piece, without its byte order mark."""
    encoding = file.encoding = file.encoding or detect_encoding(file)
    decoder = codecs.getincrementaldecoder(encoding)()
    position = lines = 0
    with open_bytes(file) as stream:
        block = b""
        try:
            for block in blocks(file, stream):
                text = decoder.decode(block)
                position += len(block)
                lines += text.count("\n")
                yield text
            block = b""
            yield decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(encoding, "ignore")
            # What the decoder held back from the block before counts towards the position.
            held = len(error.object) - len(block)
            raise broken_file(
                file.name,
                f"byte {position - held + error.start} is not {encoding}: {error.reason}.",
                _SAVE_AS_UTF8,
                lines + good.count("\n") + 1,
            ) from None


def utf8_blocks(file: FeedFile) -> Iterator[bytes]:
    """The file as UTF-8, piece by piece, without its byte order mark."""
    encoding = file.encoding = file.encoding or detect_encoding(file)
    if encoding != "utf-8-sig":
        for text in text_blocks(file):
            yield text.encode(errors="replace")
        return
    with open_bytes(file) as stream:  # as it is: the detection has read every byte
        mark = codecs.BOM_UTF8
        for block in blocks(file, stream):
            yield block.removeprefix(mark)
            mark = b""


def decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    """Pieces of UTF-8 as text; a piece may end inside a character."""
    return codecs.iterdecode(pieces, "utf-8", errors="replace")


@dataclass
class LongLine:
    """A line longer than may be read: its beginning, and whether it holds an odd quote."""

    number: int
    start: str
    odd_quotes: bool


@dataclass
class Lines:
    """The lines of a text file, each with its end; lines too long are left out and noted."""

    texts: Iterable[str]
    last: str = ""
    given: int = 0  # lines given out, or before these texts
    long: list[LongLine] = field(default_factory=list)
    cut: bool = False  # the last line given has no end

    def __iter__(self) -> Iterator[str]:
        rest = ""
        too_long: LongLine | None = None
        for text in self.texts:
            if too_long is not None:
                end = text.find("\n")
                piece = text if end < 0 else text[: end + 1]
                too_long.odd_quotes ^= bool(piece.count('"') % 2)
                if end < 0:
                    continue
                text, too_long = text[end + 1 :], None
            lines = (rest + text).split("\n")
            rest = lines.pop()
            for line in lines:
                if len(line) > LINE_CHARS_MAX:
                    self._note(line)
                    continue
                self.given += 1
                self.last = line
                yield line + "\n"
            if len(rest) > LINE_CHARS_MAX:
                too_long = self._note(rest)
                rest = ""
        if rest:
            self.given += 1
            self.last = rest
            self.cut = True
            yield rest

    def _note(self, line: str) -> LongLine:
        number = self.given + len(self.long) + 1
        noted = LongLine(number, line[:LINE_CHARS_MAX], line.count('"') % 2 == 1)
        self.long.append(noted)
        return noted
