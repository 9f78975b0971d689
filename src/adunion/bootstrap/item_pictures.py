"""Pictures of a market's items, read for comparing: `ADUNION_HOME/pictures/ITEM_ID.jpg`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from adunion.kernel.errors import AdUnionError
from adunion.understanding.pictures import PictureReading, pictures_in, read_picture

READ_MAX = 300
"""Pictures of one merchant that are compared; more are left out."""


class ItemPictures:
    """Each file is read once, and again when it changes; one that cannot be read is left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._read: dict[str, tuple[float, PictureReading | None]] = {}

    def of(self, item_ids: Sequence[str]) -> list[PictureReading]:
        """The readings of those items that have a picture, named by the item."""
        if not self._folder.is_dir():
            return []
        with self._lock:
            there = {path.stem: path for path in pictures_in(self._folder)}
            wanted = [id_ for id_ in item_ids if id_ in there][:READ_MAX]
            found = [self._reading(id_, there[id_]) for id_ in wanted]
        return [reading for reading in found if reading is not None]

    def _reading(self, item_id: str, path: Path) -> PictureReading | None:
        changed = path.stat().st_mtime
        if item_id not in self._read or self._read[item_id][0] != changed:
            try:
                self._read[item_id] = changed, read_picture(path, item_id)
            except AdUnionError:
                self._read[item_id] = changed, None
        return self._read[item_id][1]
