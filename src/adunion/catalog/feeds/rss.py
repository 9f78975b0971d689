"""XML feeds: RSS 2.0 `item` and Atom `entry` elements, as Google Merchant writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers.expat import ExpatError, errors

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from .delimited import find_columns, normal
from .encoding import utf8_blocks
from .errors import broken_file
from .formats import FORMATS
from .plain_xml import is_open, item_blocks, laid_out, layout, plain_item
from .types import CHUNK_ROWS, FIELD_CHARS_MAX, Chunk, FeedFile, Problem, Wanted

_ROW_TAGS = frozenset(("item", "entry", "product"))
_PIECE = 1 << 16
_SILENCE_MAX = 1 << 21  # characters without an event: a single tag that long is an attack
_DEPTH_MAX = 64
_LAYOUTS_MAX = 32  # of usual items: which fields, in which order


@FORMATS.register("xml")
def read_xml(file: FeedFile, wanted: Wanted) -> Iterator[Chunk]:
    """Rows in order; of an element that occurs twice in a row the first counts."""
    rows = _Rows(file)
    usual = True  # until something begins that may hold what looks like an item
    for block, may_be in item_blocks(utf8_blocks(file)):
        if not (usual and may_be and rows.add_plain(block)):
            usual = usual and not is_open(block)
            for start in range(0, len(block), _PIECE):
                rows.feed(block[start : start + _PIECE])
        if len(rows.found) + len(rows.problems) >= CHUNK_ROWS:
            yield rows.take(wanted)
    rows.finish()
    if rows.found or rows.problems:
        yield rows.take(wanted)
    elif not rows.any_row:
        raise broken_file(
            file.name, "there is no item or entry element.", "Give an RSS or Atom product feed."
        )


class _Rows:
    def __init__(self, file: FeedFile) -> None:
        self._name = file.name
        self._parser = DefusedXMLParser(forbid_dtd=True)
        self._expat = self._parser.parser  # its own handlers refuse DTDs and entities
        self._expat.buffer_text = True
        self._expat.buffer_size = _PIECE
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._data
        self._expat.DefaultHandlerExpand = None
        self._expat.StartNamespaceDeclHandler = lambda prefix, _: self._prefixes.append(prefix)
        self._expat.EndNamespaceDeclHandler = lambda _: self._prefixes.pop()
        self._prefixes: list[str | None] = []  # in scope
        self._known: dict[tuple[str, ...], tuple[tuple[str, ...], re.Pattern[str]]] = {}  # by tags
        self._layout: re.Pattern[str] | None = None  # of the last usual item
        self._same: tuple[str, ...] = ()  # its fields
        self._passed = 0  # lines that the parser was not given
        self._depth = 0
        self._row_depth = 0  # depth of the open row element; 0 outside
        self._row: dict[str, str] = {}
        self._row_line = 0
        self._field = ""
        self._pieces: list[str] = []
        self._length = 0
        self._silent = 0
        self._too_long = ""
        self.any_row = False
        self.found: list[tuple[int, tuple[str, ...], tuple[str, ...]]] = []  # line, names, texts
        self.problems: list[Problem] = []

    def add_plain(self, block: str) -> bool:
        """Take a block that is one usual item; False where it is for the parser."""
        if self._row_depth or not self._depth:
            return False
        texts = self._layout and laid_out(block, self._layout)
        if texts is None:
            found = plain_item(block)
            if found is None or (names := self._named(found[0])) is None:
                return False
            texts, self._same = found[1], names
        before = block.count("\n", 0, block.index("<"))
        line = self._expat.CurrentLineNumber + self._passed + before
        self.found.append((line, self._same, texts))
        self._passed += block.count("\n")
        return True

    def _named(self, tags: tuple[str, ...]) -> tuple[str, ...] | None:
        """The fields of tags; None where a prefix is not bound or a field occurs twice."""
        if tags in self._known:
            names, self._layout = self._known[tags]
            return names
        parts = [tag.rpartition(":") for tag in tags]
        names = tuple([normal(name) for _, _, name in parts])
        bound = all(prefix in self._prefixes for prefix, colon, _ in parts if colon)
        if not bound or len(set(names)) < len(names):
            return None
        if len(self._known) < _LAYOUTS_MAX:
            self._layout = layout(tags)
            self._known[tags] = names, self._layout
        return names

    def feed(self, text: str) -> None:
        text, self._passed = "\n" * self._passed + text, 0
        self._silent += len(text)
        self._guard(text, False)
        if self._silent > _SILENCE_MAX:
            self._fail("a tag of millions of characters.", "Get the file again.")

    def finish(self) -> None:
        self._guard("", True)

    def take(self, wanted: Wanted) -> Chunk:
        layouts = dict.fromkeys(names for _, names, _ in self.found)
        header = list(dict.fromkeys(name for names in layouts for name in names))
        optional = Wanted(wanted.names, frozenset(), wanted.prefixes)  # rows differ in elements
        places = find_columns(self._name, header, optional)
        columns: dict[str, list[str | None]]
        if len(layouts) == 1:
            read = list(zip(*[texts for _, _, texts in self.found], strict=True))
            columns = {asked: list(read[place]) for asked, place in places.items()}
        else:
            rows = [dict(zip(names, texts, strict=True)) for _, names, texts in self.found]
            columns = {
                asked: [row.get(header[place]) for row in rows] for asked, place in places.items()
            }
        chunk = Chunk([line for line, _, _ in self.found], columns, self.problems)
        self.found, self.problems = [], []
        return chunk

    def _guard(self, text: str, last: bool) -> None:
        try:
            self._expat.Parse(text, last)
        except ExpatError as error:
            cut = last or error.code == errors.codes[errors.XML_ERROR_NO_ELEMENTS]
            what = "the file is cut, or an element is not closed" if cut else "not well-formed XML"
            self._fail(f"{what} ({error}).", "Get the whole file again.", error.lineno)
        except DefusedXmlException as error:
            self._fail(
                f"DTDs and entities are refused ({type(error).__name__}).", "Write the text out."
            )
        except UnicodeEncodeError:
            self._fail("a lone surrogate.", "Save the whole file as UTF-8.")

    def _fail(self, what: str, hint: str, line: int | None = None) -> None:
        raise broken_file(self._name, what, hint, line or self._expat.CurrentLineNumber)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._silent = 0
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            self._fail(f"elements nested deeper than {_DEPTH_MAX}.", "Flatten the feed.")
        if self._row_depth:
            if self._depth == self._row_depth + 1:
                self._field = normal(tag.rpartition("}")[2])
                self._pieces, self._length = [], 0
                if "href" in attributes:  # Atom: <link href="..."/>
                    self._pieces = [attributes["href"]]
        elif normal(tag.rpartition("}")[2]) in _ROW_TAGS:
            self.any_row = True
            self._row_depth = self._depth
            self._row, self._row_line, self._too_long = {}, self._expat.CurrentLineNumber, ""

    def _data(self, text: str) -> None:
        self._silent = 0
        if self._field and self._depth == self._row_depth + 1:
            self._length += len(text)
            if self._length > FIELD_CHARS_MAX:
                self._too_long, self._pieces = self._field, []
            else:
                self._pieces.append(text)

    def _end(self, _tag: str) -> None:
        self._silent = 0
        if self._row_depth:
            if self._depth == self._row_depth + 1:
                self._row.setdefault(self._field, "".join(self._pieces))
                self._field = ""
            elif self._depth == self._row_depth:
                self._close_row()
        self._depth -= 1

    def _close_row(self) -> None:
        self._row_depth = 0
        if self._too_long:
            said = f"longer than {FIELD_CHARS_MAX} characters."
            shown = str({name: text[:40] for name, text in self._row.items()})
            self.problems.append(Problem(self._row_line, self._too_long, said, shown[:200]))
        else:
            self.found.append((self._row_line, tuple(self._row), tuple(self._row.values())))
