"""Pictures of a market's items, kept as `ADUNION_HOME/pictures/ITEM_ID.jpg` (or .png, .webp)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adunion.kernel.errors import AdUnionError
from adunion.understanding.pictures import PictureReading, checked, pictures_in, read_picture

READ_MAX = 300
"""Pictures of one merchant that are compared; more are left out."""
SUFFIX = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}


@dataclass(frozen=True)
class KeptPicture:
    """What is kept of an item's picture."""

    format: str  # JPEG, PNG or WEBP
    width: int
    height: int
    bytes: int


class ItemPictures:
    """Each file is read once, and again when it changes; one that cannot be read is left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._read: dict[str, tuple[float, PictureReading | None]] = {}

    def keep(self, item_id: str, data: bytes) -> KeptPicture:
        """Keep an item's picture in place of the one it had; raises 422 for what is none."""
        kind, width, height = checked(data, "The picture")
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._lock:
            fresh = self._folder / f"{item_id}.new"
            fresh.write_bytes(data)
            fresh.replace(self._folder / f"{item_id}{SUFFIX[kind]}")
            self._drop(item_id, but=SUFFIX[kind])
        return KeptPicture(kind, width, height, len(data))

    def drop(self, item_id: str) -> bool:
        """Delete an item's picture; whether it had one."""
        with self._lock:
            return self._drop(item_id)

    def has(self, item_id: str) -> bool:
        """Whether a picture of the item is kept."""
        return any((self._folder / f"{item_id}{suffix}").exists() for suffix in SUFFIX.values())

    def of(self, item_ids: Sequence[str]) -> list[PictureReading]:
        """The readings of those items that have a picture, named by the item."""
        if not self._folder.is_dir():
            return []
        with self._lock:
            there = {path.stem: path for path in pictures_in(self._folder)}
            wanted = [id_ for id_ in item_ids if id_ in there][:READ_MAX]
            found = [self._reading(id_, there[id_]) for id_ in wanted]
        return [reading for reading in found if reading is not None]

    def _drop(self, item_id: str, but: str = "") -> bool:
        there = [self._folder / f"{item_id}{suffix}" for suffix in SUFFIX.values() if suffix != but]
        there = [path for path in there if path.exists()]
        for path in there:
            path.unlink()
        return bool(there)

    def _reading(self, item_id: str, path: Path) -> PictureReading | None:
        changed = path.stat().st_mtime
        if item_id not in self._read or self._read[item_id][0] != changed:
            try:
                self._read[item_id] = changed, read_picture(path, item_id)
            except AdUnionError:
                self._read[item_id] = changed, None
        return self._read[item_id][1]
