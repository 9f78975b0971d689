"""Picture files to arrays: decoded under bounds, upright, on white where transparent."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from adunion.kernel.errors import AdUnionError

from .types import SIDE, Floats

BYTES_MAX = 32 << 20
PIXELS_MAX = 64_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
"""What is opened; Pillow knows some fifty formats, each a decoder that a stranger might feed."""
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def opened(source: Path | bytes, name: str = "") -> Image.Image:
    """The picture as upright RGB.

    Raises:
        AdUnionError: no such file, empty, too large, cut, or no picture at all.
    """
    named = name or (str(source) if isinstance(source, Path) else "picture")
    data = source if isinstance(source, bytes) else _bytes(source)
    if not data:
        raise _bad(named, "is empty")
    if len(data) > BYTES_MAX:
        raise _bad(named, f"has more than {BYTES_MAX >> 20} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
            if picture.width * picture.height > PIXELS_MAX:
                raise _bad(named, f"has more than {PIXELS_MAX // 1_000_000} million pixels")
            picture = ImageOps.exif_transpose(picture)
            if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut at 255
                grey = np.clip(np.asarray(picture, np.float32) / 257, 0, 255)
                picture = Image.fromarray(grey.round().astype(np.uint8))
            if "A" in picture.getbands() or "transparency" in picture.info:
                picture = picture.convert("RGBA")
                white = Image.new("RGBA", picture.size, "white")
                picture = Image.alpha_composite(white, picture)
            return picture.convert("RGB")
    except UnidentifiedImageError:
        raise _bad(named, "is no picture in JPEG, PNG or WebP") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _bad(named, f"cannot be decoded ({error})") from None


def checked(data: bytes, name: str, pixels_max: int = 24_000_000) -> tuple[str, int, int]:
    """(format, width, height) of a picture that can be decoded whole; raises as `opened` does."""
    if not data:
        raise _bad(name, "is empty")
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(data), formats=FORMATS) as picture,
        ):
            found = str(picture.format), picture.width, picture.height
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise _bad(name, "is no picture in JPEG, PNG or WebP") from None
    if found[1] * found[2] > pixels_max:
        raise _bad(name, f"has more than {pixels_max // 1_000_000} million pixels")
    opened(data, name)
    return found


def square(picture: Image.Image, side: int = SIDE) -> Floats:
    """The picture stretched to [side, side, 3], sRGB from 0 to 1."""
    shrink = min(picture.size) > side
    kind = Image.Resampling.BOX if shrink else Image.Resampling.BILINEAR
    return np.asarray(picture.resize((side, side), kind), np.float32) / 255


def resized(plane: Floats, side: int) -> Floats:
    """A [h, w] plane at [side, side]."""
    kind = Image.Resampling.BOX if side < min(plane.shape) else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(plane).resize((side, side), kind), np.float32)


def cut_out(plane: Floats, box: tuple[float, float, float, float], side: int) -> Floats:
    """The part (left, top, right, bottom) of a plane at [side, side]; black outside."""
    image = Image.fromarray(plane.astype(np.float32))
    how = Image.Transform.EXTENT
    found = image.transform((side, side), how, box, Image.Resampling.BILINEAR)
    return np.asarray(found, np.float32)


def pictures_in(folder: Path) -> list[Path]:
    """Every picture file under a folder, in order of name."""
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > BYTES_MAX:
            raise _bad(str(path), f"has more than {BYTES_MAX >> 20} MB")
        return path.read_bytes()
    except OSError as error:
        raise _bad(str(path), f"cannot be read ({error.strerror})") from None


def _bad(name: str, why: str) -> AdUnionError:
    hint = "Give a JPEG, PNG or WebP picture."
    return AdUnionError("bad_picture", f"{name} {why}.", 422, field="picture", hint=hint)
