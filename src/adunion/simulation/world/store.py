"""Keeps a world in a folder: `arrays.npz` and `texts.json`; one world, one sequence of bytes."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import AdUnionError

from .types import World

FORMAT = 3
T = TypeVar("T")


def save(world: World, directory: Path) -> None:
    """Write the world, truth included; replaces an older one in the folder."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    texts: dict[str, Any] = {"format": FORMAT}
    _flatten("", world, arrays, texts)
    directory.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(directory / "arrays.npz", **arrays)  # type: ignore[arg-type]
    (directory / "texts.json").write_text(
        json.dumps(texts, ensure_ascii=False, sort_keys=True), encoding="utf-8"
    )


def load(directory: Path) -> World:
    """Read a world that `save` wrote.

    Raises:
        AdUnionError: there is none, or it is of another version.
    """
    try:
        texts = json.loads((directory / "texts.json").read_text(encoding="utf-8"))
        if texts.get("format") != FORMAT:
            raise AdUnionError(
                "bad_world",
                f"{directory}: a world of format {texts.get('format')!r}, not {FORMAT}.",
                422,
                hint="Make it again with `adunion world new`.",
            )
        with (
            (directory / "arrays.npz").open("rb") as file,
            np.load(file, allow_pickle=False) as arrays,
        ):
            return _build("", World, arrays, texts)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise AdUnionError(
            "bad_world",
            f"{directory}: no readable world here ({error}).",
            422,
            hint="Make one with `adunion world new`.",
        ) from error


def _flatten(
    prefix: str, part: Any, arrays: dict[str, npt.NDArray[Any]], texts: dict[str, Any]
) -> None:
    for field in fields(part):
        value, name = getattr(part, field.name), prefix + field.name
        if is_dataclass(value):
            _flatten(name + ".", value, arrays, texts)
        elif isinstance(value, np.ndarray):
            arrays[name] = value
        else:
            texts[name] = value


def _build(prefix: str, kind: type[T], arrays: Any, texts: dict[str, Any]) -> T:
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        name, hint = prefix + field.name, hints[field.name]
        if is_dataclass(hint):
            values[field.name] = _build(name + ".", hint, arrays, texts)  # type: ignore[arg-type]
        else:
            values[field.name] = texts[name] if name in texts else arrays[name]
    return kind(**values)
