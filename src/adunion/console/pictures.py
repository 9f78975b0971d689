"""A merchant's pictures: colours, style words with their figures, and pictures that are alike."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any

from fastapi import APIRouter, Request, UploadFile
from PIL import Image, ImageOps

from adunion.bootstrap.readings import PICTURES_MAX, PIXELS_MAX, Like, PictureRead
from adunion.kernel.errors import AdUnionError

from .context import Context, party
from .i18n import N_
from .security import Merchant

router = APIRouter(prefix="/merchant/content/pictures")
THUMB = 240
CLASS_MIN = 0.4
EVIDENCE = {
    "main_colour_share": N_("main colour %(value)s"),
    "texture": N_("fine detail %(value)s"),
    "clutter": N_("clutter around it %(value)s"),
    "mean_chroma": N_("colour strength %(value)s"),
    "mean_vividness": N_("vividness %(value)s"),
    "colourfulness": N_("colourfulness %(value)s"),
    "muted_warm_share": N_("muted warm colours %(value)s"),
    "middle_light_share": N_("middle light %(value)s"),
    "strong_share": N_("strong colours %(value)s"),
    "black_white_share": N_("black, white, grey %(value)s"),
    "contrast": N_("contrast %(value)s"),
}
_WHOLE = frozenset(("mean_chroma", "contrast"))  # of 100, not shares
CLASSES = {
    "dress": N_("dress"), "hat": N_("hat"), "longsleeve": N_("long-sleeved top"),
    "outwear": N_("outerwear"), "pants": N_("trousers"), "shirt": N_("shirt"),
    "shoes": N_("shoes"), "shorts": N_("shorts"), "skirt": N_("skirt"), "t-shirt": N_("T-shirt"),
}  # fmt: skip


@router.get("")
def pictures(request: Request, _who: Merchant) -> Any:
    """A form for pictures, or what was read a moment ago."""
    it = Context(request)
    kept = it.kept()
    return _page(it) if kept is None else _answered(it, kept)


@router.post("")
def read(request: Request, who: Merchant, files: list[UploadFile] | None = None) -> Any:
    """Read them; nothing of them is kept."""
    it = Context(request)
    chosen = [file for file in files or [] if file.filename]
    if not chosen or len(chosen) > PICTURES_MAX:
        said = it.say(
            N_("Choose 1 to %(most)s pictures; these are %(count)s."),
            most=PICTURES_MAX, count=it.fmt.number(len(chosen)),
        )  # fmt: skip
        return _page(it, said, 422)
    given = [((file.filename or "")[:100], file.file.read()) for file in chosen]
    try:
        found = it.services.readings.pictures(given, party(who))
    except AdUnionError as error:
        return _page(it, it.told(error), error.status)
    answer = [
        (one, _preview(data) if one.reading is not None else "")
        for one, (_, data) in zip(found, given, strict=True)
    ]
    it.keep(answer)
    return _answered(it, answer)


def _answered(it: Context, answer: list[tuple[PictureRead, str]]) -> Any:
    names = [one.name for one, _ in answer]
    return _page(it, found=[_shown(it, one, preview, names) for one, preview in answer])


def _page(
    it: Context, wrong: str = "", status: int = 200, found: list[dict[str, Any]] | None = None
) -> Any:
    return it.page("pictures.html", status, wrong=wrong, most=PICTURES_MAX, found=found or [])


def _shown(it: Context, one: PictureRead, preview: str, names: list[str]) -> dict[str, Any]:
    """A picture as its card shows it."""
    read = one.reading
    if read is None:
        said = it.say(
            N_("This is no picture that can be read: JPEG, PNG or WebP, whole, up to"
               " %(most)s million pixels."), most=PIXELS_MAX // 10**6,
        )  # fmt: skip
        return {"name": one.name, "wrong": said}
    chinese = it.lang.startswith("zh")
    classes = [
        (it.say(CLASSES.get(guess.label, guess.label)), guess.probability)
        for guess in read.classes[:2]
        if guess.probability >= CLASS_MIN
    ]
    return {
        "name": one.name, "wrong": "", "preview": preview,
        "size": f"{read.width} × {read.height}",
        "palette": [(c.hex, c.name_zh if chinese else c.name, c.share) for c in read.palette],
        "background": (read.background.hex,
                       read.background.name_zh if chinese else read.background.name),
        "styles": [
            {"word": style.word_zh if chinese else style.word, "score": style.score,
             "why": [_figure(it, *figure) for figure in style.evidence.items()]}
            for style in read.styles
        ],
        "classes": classes,
        "like": [_like(it, like, names) for like in one.like],
    }  # fmt: skip


def _figure(it: Context, name: str, value: float) -> str:
    shown = it.fmt.ratio(value, 1) if name in _WHOLE else it.fmt.rate(value)
    return it.say(EVIDENCE[name], value=shown)


def _like(it: Context, like: Like, names: list[str]) -> dict[str, Any]:
    title = (like.title_en if it.lang == "en" else "") or like.title
    return {
        "title": title if like.picture is None else names[like.picture],
        "href": f"/store/item/{like.item}" if like.item else "",
        "similarity": like.similarity, "same": like.same,
    }  # fmt: skip


def _preview(data: bytes) -> str:
    """A small JPEG as a data: address, so that nothing is kept to show it."""
    with Image.open(BytesIO(data)) as picture:
        picture.draft("RGB", (2 * THUMB, 2 * THUMB))
        small = ImageOps.exif_transpose(picture)
        small.thumbnail((THUMB, THUMB))
        if small.mode not in ("RGB", "L"):
            clear = small.convert("RGBA")
            small = Image.new("RGB", clear.size, "white")
            small.paste(clear, mask=clear.getchannel("A"))
        out = BytesIO()
        small.save(out, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{b64encode(out.getvalue()).decode()}"
