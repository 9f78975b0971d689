"""Pictures of items over the API: kept as they are, replaced, deleted; refused where none."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytestmark = [pytest.mark.integration, pytest.mark.contract]


def photo(kind: str = "PNG", colour: str = "red", side: int = 60) -> bytes:
    out = BytesIO()
    Image.new("RGB", (side, side), colour).save(out, kind)
    return out.getvalue()


def put(api: Any, data: bytes | str, item: str | None = None, role: str = "merchant") -> Any:
    sent = data if isinstance(data, str) else b64encode(data).decode()
    path = f"/v1/items/{item or api.ids['item_id']}/picture"
    return api.send(role, "PUT", path, json={"data": sent})


def test_a_picture_is_kept_replaced_and_deleted(api: Any, tmp_path: Path) -> None:
    item, folder = api.ids["item_id"], tmp_path / "pictures"
    kept = put(api, photo()).json()
    assert (kept["format"], kept["width"], kept["bytes"]) == ("PNG", 60, len(photo()))
    assert (folder / f"{item}.png").read_bytes() == photo()
    assert put(api, photo("JPEG", "blue")).json()["format"] == "JPEG"
    assert [path.name for path in folder.iterdir()] == [f"{item}.jpg"]
    like = api.post(
        "merchant", "/v1/understanding/pictures",
        {"pictures": [{"data": b64encode(photo("JPEG", "blue")).decode()}]}, key="",
    ).json()  # fmt: skip
    assert like["data"][0]["shows"]["similar"][0]["item_id"] == item
    path = f"/v1/items/{item}/picture"
    assert api.send("merchant", "DELETE", path).json() == {"dropped": True}
    assert api.send("merchant", "DELETE", path).status_code == 404
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"", b"not a picture", photo()[:40], photo("GIF"), photo("BMP"), photo("TIFF"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>", "%%%", "👍", photo("PNG", side=5_000),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_and_the_old_one_stays(
    api: Any, tmp_path: Path, data: bytes | str
) -> None:
    put(api, photo())
    answer = put(api, data)
    assert (answer.status_code, answer.json()["field"]) == (422, "data"), answer.text
    assert answer.json()["hint"]
    assert (tmp_path / "pictures" / f"{api.ids['item_id']}.png").read_bytes() == photo()


def test_nobody_puts_pictures_on_anothers_items(api: Any) -> None:
    theirs = api.others["item_id"]
    assert put(api, photo(), theirs).status_code == 404
    assert put(api, photo(), role="publisher").status_code == 403
    assert put(api, photo(), theirs, role="operator").status_code == 200
