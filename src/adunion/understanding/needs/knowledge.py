"""The knowledge that people write: product types, and situations that call for them.

Two text files ship with the program, `knowledge/products.txt` and `knowledge/situations.txt`; a
market's own files of the same names and form under `ADUNION_HOME/needs` add lines and replace
those with the same first name. Any error names the file, the line and the column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from adunion.kernel.errors import AdUnionError

from .types import Product, Situation
from .words import names_the_thing

PRODUCTS, SITUATIONS = "products.txt", "situations.txt"
FILE_BYTES_MAX = 8 << 20
LINE_CHARS_MAX = 4_000
_PRODUCT_COLUMNS = ("name in Chinese", "name in English", "other names", "what goes with it")
_SITUATION_COLUMNS = ("in Chinese", "in English", "needs", "why in Chinese", "why in English")
COLUMNS = {PRODUCTS: _PRODUCT_COLUMNS, SITUATIONS: _SITUATION_COLUMNS}


@dataclass(frozen=True)
class Row:
    """One line of a file: its columns and the category it stands under."""

    file: str
    line: int
    category: tuple[str, str]
    columns: tuple[str, ...]

    def wrong(self, column: str, said: str, hint: str = "See docs/needs.md.") -> AdUnionError:
        """An error at this line."""
        return _wrong(self.file, self.line, f"{column}: {said}", hint)


@dataclass(frozen=True)
class Knowledge:
    """All products and situations; rows of one refer to rows of the other."""

    categories: tuple[tuple[str, str], ...]  # (Chinese, English)
    products: tuple[Product, ...]
    situations: tuple[Situation, ...]
    names: dict[str, int]  # any name, lower case -> product row

    def beyond(self, name: str) -> list[str]:
        """Longer names that hold this one and are of another thing: an air conditioner conditions
        no hair, a litter box is no litter. A kind of it is of its category and ends in its name.
        """
        low = name.lower()
        mine = self.names.get(low)
        if mine is None:
            return []
        category = self.products[mine].category
        return [
            longer
            for longer in self._holding(low)
            if (row := self.names[longer]) != mine and _holds(longer, low)
            and not (self.products[row].category == category and names_the_thing(longer, low))
        ]  # fmt: skip

    def _holding(self, part: str) -> Iterator[str]:
        """The names that hold a text, by one search of all of them."""
        every, at = self._every_name, 0
        while (at := every.find(part, at)) >= 0:
            end = every.index("\n", at)
            yield every[every.rindex("\n", 0, at) + 1 : end]
            at = end

    @cached_property
    def _every_name(self) -> str:
        return "".join(f"\n{name}" for name in self.names) + "\n"

    @classmethod
    def load(cls, home: Path | None = None) -> Knowledge:
        """What ships with the program, and what a market's own files change in it."""
        shipped = files(__package__) / "knowledge"
        products = rows_of(PRODUCTS, (shipped / PRODUCTS).read_text("utf-8"), _PRODUCT_COLUMNS)
        situations = rows_of(
            SITUATIONS, (shipped / SITUATIONS).read_text("utf-8"), _SITUATION_COLUMNS
        )
        if home is not None:
            products += own_rows(home / "needs" / PRODUCTS, _PRODUCT_COLUMNS)
            situations += own_rows(home / "needs" / SITUATIONS, _SITUATION_COLUMNS)
        return cls.of(products, situations)

    @classmethod
    def of(cls, products: list[Row], situations: list[Row]) -> Knowledge:
        """From rows; a later row replaces an earlier one of the same first name."""
        kept = {row.columns[0].lower(): row for row in products}
        names = _names(list(kept.values()))
        categories = tuple(dict.fromkeys(row.category for row in kept.values()))
        made = tuple(_product(row, categories, names) for row in kept.values())
        said = {_parts(row.columns[0] or row.columns[1])[0].lower(): row for row in situations}
        return cls(categories, made, tuple(_situation(row, names) for row in said.values()), names)


def own_rows(path: Path, columns: tuple[str, ...]) -> list[Row]:
    """The rows of a market's own file; none where there is no such file."""
    if not path.exists():
        return []
    data = path.read_bytes()[: FILE_BYTES_MAX + 1]
    if len(data) > FILE_BYTES_MAX:
        raise _wrong(path.name, 0, "the file is larger than 8 MB", "Split or shorten it.")
    try:
        return rows_of(str(path), data.decode("utf-8-sig"), columns)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _wrong(path.name, line, "no UTF-8 text", "Save the file as UTF-8.") from None


def check(kind: str, text: str, home: Path | None = None) -> Knowledge:
    """The knowledge as it would be with this text as a market's own file; raises what is wrong."""
    shipped = files(__package__) / "knowledge"
    parts = {}
    for name, columns in COLUMNS.items():
        parts[name] = rows_of(name, (shipped / name).read_text("utf-8"), columns)
        if name == kind:
            parts[name] += rows_of(f"own {name}", text, columns)
        elif home is not None:
            parts[name] += own_rows(home / "needs" / name, columns)
    return Knowledge.of(parts[PRODUCTS], parts[SITUATIONS])


def rows_of(file: str, text: str, columns: tuple[str, ...]) -> list[Row]:
    """The rows of a text; raises AdUnionError with the line that is not of the form."""
    category, out = ("", ""), []
    for number, line in _lines(text):
        if len(line) > LINE_CHARS_MAX:
            raise _wrong(file, number, f"longer than {LINE_CHARS_MAX} characters", "Split it.")
        if line.startswith("["):
            category = _category(file, number, line)
            continue
        if not category[0]:
            raise _wrong(
                file, number, "stands under no [category]", "Put one above: [中文 | English]."
            )
        cells = tuple(cell.strip() for cell in line.split("|"))
        if len(cells) != len(columns):
            raise _wrong(
                file, number, f"{len(cells)} columns instead of {len(columns)}",
                f"The columns are: {' | '.join(columns)}.",
            )  # fmt: skip
        if not cells[0] and not cells[1]:
            raise _wrong(file, number, f"{columns[0]}: empty", "Give it at least one name.")
        out.append(Row(file, number, category, cells))
    return out


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        plain = line.strip().lstrip("\ufeff")
        if plain and not plain.startswith("#"):
            yield number, plain


def _category(file: str, number: int, line: str) -> tuple[str, str]:
    parts = [part.strip() for part in line.strip("[]").split("|")]
    if not line.endswith("]") or len(parts) != 2 or not all(parts):
        raise _wrong(file, number, f"{line[:40]!r} is no category", "Write [中文 | English].")
    return parts[0], parts[1]


def _holds(longer: str, name: str) -> bool:
    """Whether a name stands in a longer one, whole where words are spaced."""
    return name != longer and (not name.isascii() or f" {name} " in f" {longer} ")


def _names(rows: list[Row]) -> dict[str, int]:
    """Row of each name: a product's own names come before others' other names."""
    names: dict[str, int] = {}
    for columns in ((0,), (1,), (2,)):
        for place, row in enumerate(rows):
            for column in columns:
                for name in _parts(row.columns[column]):
                    names.setdefault(name.lower(), place)
    return names


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.replace("；", ";").split(";") if part.strip()]


def _refer(row: Row, column: int, columns: tuple[str, ...], names: dict[str, int]) -> list[int]:
    found = []
    for name in _parts(row.columns[column]):
        if name.lower() not in names:
            raise row.wrong(
                columns[column], f"no product is named {name!r}", "Add it to products.txt first."
            )
        found.append(names[name.lower()])
    return list(dict.fromkeys(found))


def _product(row: Row, categories: tuple[tuple[str, str], ...], names: dict[str, int]) -> Product:
    zh, en = row.columns[0] or row.columns[1], row.columns[1] or row.columns[0]
    goes_with = tuple(_refer(row, 3, _PRODUCT_COLUMNS, names))
    return Product(
        zh, en, categories.index(row.category), tuple(_parts(row.columns[2])), goes_with,
        row.line, row.file,
    )  # fmt: skip


def _situation(row: Row, names: dict[str, int]) -> Situation:
    needs = _refer(row, 2, _SITUATION_COLUMNS, names)
    if not needs:
        raise row.wrong("needs", "empty", "Name at least one product.")
    phrases = tuple(_parts(row.columns[0]) + _parts(row.columns[1]))
    return Situation(
        phrases, tuple(needs), row.columns[3] or row.columns[4],
        row.columns[4] or row.columns[3], row.line, row.file,
    )  # fmt: skip


def _wrong(file: str, line: int, said: str, hint: str) -> AdUnionError:
    return AdUnionError(
        "bad_knowledge", f"{file}, line {line}: {said}.", 422, field=f"line {line}", hint=hint
    )
