"""Pictures that a catalog file names by path, taken from a folder that the operator names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select

from adunion.catalog.feeds import FeedFile, Mapping, load_mapping
from adunion.catalog.feeds.fields import Rows, evaluate, without_ignored
from adunion.catalog.feeds.formats import read_feed
from adunion.catalog.feeds.items import WEB
from adunion.catalog.feeds.mapping import FieldMap
from adunion.catalog.tables import items, merchants
from adunion.kernel.errors import AdUnionError
from adunion.understanding.pictures import checked
from adunion.understanding.pictures.pixels import BYTES_MAX

from .item_pictures import ItemPictures


@dataclass(frozen=True)
class PictureFile:
    """One item's picture, by the names of the file."""

    merchant: str
    item: str
    path: Path


def picture_files(
    file: Path, folder: Path, mapping: str | Mapping, merchant: str | None, *, skip_bad: bool
) -> list[PictureFile]:
    """The pictures that a catalog file names, each found sound; the last of an item counts.

    Raises AdUnionError with file, line and reason for one that is not in the folder or no picture,
    unless bad ones are to be skipped: those items keep the picture they had.
    """
    mapped = mapping if isinstance(mapping, Mapping) else load_mapping(mapping)
    section, root = mapped.section("catalog"), folder.resolve()
    if not root.is_dir():
        raise AdUnionError("no_such_file", f"{folder} is no folder.", hint="Name the pictures'.")
    owner = FieldMap(constant=merchant) if merchant else section.fields.get("merchant")
    found: dict[tuple[str, str], PictureFile] = {}
    for chunk in read_feed(FeedFile(file, mapped.hints), section.wanted()):
        rows = Rows(without_ignored(chunk, section, Counter()))
        columns = (
            evaluate(rows, name, spec).to_pylist()
            for name, spec in (
                ("merchant", owner), ("id", section.fields["id"]),
                ("image", section.fields.get("image")),
            )
        )  # fmt: skip
        for line, who, item, image in zip(rows.chunk.lines, *columns, strict=True):
            if not image or image.startswith(WEB):
                continue
            try:
                found[who, item] = PictureFile(who, item, _sound(root, image))
            except AdUnionError as error:
                if not skip_bad:
                    said = f"{file.name}:{line}: field 'image': {error.message}"
                    raise AdUnionError("bad_picture", said, 422, field="image") from None
    return list(found.values())


def keep_pictures(engine: Engine, home: Path, files: list[PictureFile]) -> int:
    """Keep the pictures of items that the catalog holds; how many."""
    query = select(merchants.c.external_id, items.c.external_id, items.c.id)
    joined = query.join(merchants, merchants.c.id == items.c.merchant_id)
    with engine.connect() as conn:
        known = {(row[0], row[1]): row[2] for row in conn.execute(joined)}
    kept, count = ItemPictures(home / "pictures"), 0
    for one in files:
        if (one.merchant, one.item) in known:
            kept.keep(known[one.merchant, one.item], one.path.read_bytes())
            count += 1
    return count


def _sound(root: Path, image: str) -> Path:
    """The file, which must be within the folder and a picture."""
    try:
        path = (root / image).resolve()
        inside = path.is_relative_to(root) and path.is_file()
    except (OSError, ValueError):
        inside = False
    if not inside:
        raise AdUnionError("bad_picture", f"{image[:80]!r} is no file of the pictures' folder.")
    if path.stat().st_size > BYTES_MAX:
        raise AdUnionError("bad_picture", f"{image[:80]!r} has more than {BYTES_MAX >> 20} MB.")
    checked(path.read_bytes(), repr(image[:80]))
    return path
