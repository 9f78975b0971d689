"""Colours and styles of items' pictures, for tastes: read at training, kept in ADUNION_HOME."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from adunion.audience import looks
from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.errors import AdUnionError
from adunion.understanding.pictures import PictureReading, pictures_in, read_picture

PICTURES, KEPT = "pictures", "looks.json"
"""Folder of ITEM_ID.jpg, and what was read of it: item, time of the file, looks."""
READ_AT_ONCE = 2_000
COLOUR_SHARE_MIN = 0.25  # of the product, that a colour is the item's
_COLOUR_OF = {
    "dark grey": "grey", "light grey": "grey", "cream": "beige", "khaki": "beige",
    "dark red": "red", "olive": "green", "mint": "green", "teal": "blue", "light blue": "blue",
    "denim": "blue", "navy": "blue", "lilac": "purple", "magenta": "pink",
}  # fmt: skip
"""Looks of the names that palettes have beyond them."""


def looks_of(reading: PictureReading) -> list[str]:
    """The colours and styles of a picture, by key."""
    colours = [
        _COLOUR_OF.get(each.name, each.name)
        for each in reading.palette
        if each.share >= COLOUR_SHARE_MIN
    ]
    return list(dict.fromkeys([*colours, *(style.word for style in reading.styles)]))


def read_item_looks(home: Path) -> None:
    """Read pictures that are new or have changed, at most READ_AT_ONCE, and keep what they show.

    One that cannot be read is remembered as showing nothing.
    """
    folder = home / PICTURES
    if not folder.is_dir():
        return
    kept, there = _kept(home), {path.stem: path for path in pictures_in(folder)}
    found = {item: kept[item] for item in kept if item in there}
    fresh = [
        (item, path, path.stat().st_mtime)
        for item, path in sorted(there.items())
        if item not in kept or kept[item][0] != path.stat().st_mtime
    ][:READ_AT_ONCE]
    for item, path, changed in fresh:
        try:
            found[item] = (changed, looks_of(read_picture(path, item)))
        except AdUnionError:
            found[item] = (changed, [])
    if fresh or len(found) != len(kept):
        new = home / f"{KEPT}.new"
        new.write_bytes(orjson.dumps(found))
        new.replace(home / KEPT)


def item_looks(home: Path, catalog: CatalogSnapshot) -> npt.NDArray[np.bool_] | None:
    """(items, looks) of what was read so far; None where there is nothing."""
    kept = _kept(home)
    if not kept:
        return None
    column = {look.key: at for at, look in enumerate(looks())}
    out = np.zeros((len(catalog), len(column)), np.bool_)
    for row, id_ in enumerate(catalog.ids):
        for key in kept.get(id_, (0.0, []))[1]:
            if key in column:
                out[row, column[key]] = True
    return out


def _kept(home: Path) -> dict[str, tuple[float, list[str]]]:
    """What was kept; a file that cannot be read is read anew from the pictures."""
    try:
        raw = orjson.loads((home / KEPT).read_bytes())
        return {
            str(item): (float(at), [str(key) for key in keys]) for item, (at, keys) in raw.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
