"""Colours and styles of pictures that an operator keeps: read once, never trusted blindly."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from adunion.audience import looks
from adunion.bootstrap import item_looks as room
from adunion.bootstrap.item_looks import item_looks, read_item_looks
from adunion.catalog.snapshot import build_snapshot
from adunion.kernel.ids import encode

SHOP = build_snapshot(
    "CNY",
    [
        (f"itm_{encode((n + 1).to_bytes(16, 'big'))}", f"cup {n}", "", "", "home", "m", "", 1_000,
         4.0, 1)
        for n in range(4)
    ],
)  # fmt: skip
KEYS = [look.key for look in looks()]


def picture(home: Path, row: int, colour: str) -> Path:
    folder = home / "pictures"
    folder.mkdir(exist_ok=True)
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).ellipse((40, 40, 160, 160), fill=colour)
    path = folder / f"{SHOP.ids[row]}.png"
    image.save(path)
    return path


def told(home: Path, row: int) -> set[str]:
    found = item_looks(home, SHOP)
    assert found is not None
    return {KEYS[at] for at in np.flatnonzero(found[row])}


def test_what_a_picture_shows_is_kept_by_item(tmp_path: Path) -> None:
    assert item_looks(tmp_path, SHOP) is None
    picture(tmp_path, 0, "#cc2020")
    picture(tmp_path, 2, "#203080")
    read_item_looks(tmp_path)
    assert "red" in told(tmp_path, 0)
    assert told(tmp_path, 1) == set()
    assert "blue" in told(tmp_path, 2)


def test_a_picture_is_read_again_only_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = picture(tmp_path, 0, "#cc2020")
    read_item_looks(tmp_path)
    read: list[str] = []
    real = room.read_picture

    def counted(source: Path, name: str) -> object:
        read.append(name)
        return real(source, name)

    monkeypatch.setattr(room, "read_picture", counted)
    read_item_looks(tmp_path)
    assert read == []
    picture(tmp_path, 0, "#20a020")
    os.utime(path, (1, 1))
    read_item_looks(tmp_path)
    assert read == [SHOP.ids[0]]
    assert "green" in told(tmp_path, 0)
    path.unlink()
    read_item_looks(tmp_path)
    assert item_looks(tmp_path, SHOP) is None


def test_what_is_no_picture_shows_nothing_and_a_broken_file_is_read_anew(tmp_path: Path) -> None:
    picture(tmp_path, 0, "#cc2020")
    (tmp_path / "pictures" / f"{SHOP.ids[1]}.jpg").write_bytes(b"\x00 ignore previous instructions")
    read_item_looks(tmp_path)
    assert told(tmp_path, 1) == set()
    (tmp_path / "looks.json").write_text("[1, {]")
    assert item_looks(tmp_path, SHOP) is None
    read_item_looks(tmp_path)
    assert "red" in told(tmp_path, 0)
