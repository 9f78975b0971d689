"""Pictures for items that have none: the category's colour and a sign, as SVG."""

from __future__ import annotations

from hashlib import blake2b
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import Response

from . import repository
from .context import Context

router = APIRouter()
_SHAPES = (
    '<circle cx="80" cy="52" r="26"/>',
    '<rect x="52" y="28" width="56" height="48" rx="8"/>',
    '<path d="M80 22 112 78H48Z"/>',
    '<path d="M80 22 108 50 80 78 52 50Z"/>',
    '<path d="M52 78V44a28 28 0 0 1 56 0v34Z"/>',
    '<path d="M66 24h28v16l14 12v26H52V52l14-12Z"/>',
    '<path d="M48 38h64l-8 40H56Z"/>',
    '<path d="m80 22 9 19 21 3-15 15 4 21-19-10-19 10 4-21-15-15 21-3Z"/>',
)


@router.get("/thumb/{id}.svg")
def thumb(request: Request, id: str) -> Response:
    """Hue by top category, shape by sub-category, shade by item, the category's name below."""
    it = Context(request)
    with it.services.engine.connect() as conn:
        item = repository.items_by_id(conn, [id], it.lang).get(id)
    category, name = (item["category_path"], item["category"]) if item else ("", "")
    return Response(
        draw(id, category, name),
        media_type="image/svg+xml",
        headers={"Cache-Control": "max-age=86400", "Vary": "Cookie, Accept-Language"},
    )


def draw(item_id: str, category: str, name: str) -> str:
    """The picture as SVG text; `name` is the category in the reader's language."""
    parts = category.split(" > ") if category else [""]
    hue = _number(parts[0]) % 360
    shape = _SHAPES[_number(parts[-1]) % len(_SHAPES)]
    light = 52 + _number(item_id) % 12
    label = name.rpartition(" > ")[2]
    letters = sum(1 if each.isascii() else 2 for each in label)
    size = max(7, min(12, 228 // max(letters, 1)))  # a letter is about .62 of its size wide
    label = escape(label if letters <= 32 else label[:31] + "…")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 120" role="img">'
        f'<rect width="160" height="120" fill="hsl({hue} 38% 93%)"/>'
        f'<g fill="hsl({hue} 42% {light}%)">{shape}</g>'
        f'<text x="80" y="104" text-anchor="middle" font-size="{size}" '
        f'font-family="system-ui, sans-serif" fill="hsl({hue} 40% 26%)">{label}</text></svg>'
    )


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=4).digest(), "big")
