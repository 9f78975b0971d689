"""Fetching pictures: only from the open Internet, only so much, only what is a picture."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from adunion.bootstrap import picture_fetch
from adunion.bootstrap.picture_fetch import BYTES_MAX, fetch, fetch_pictures, is_public
from adunion.kernel.errors import AdUnionError

OPEN = "93.184.216.34"


def photo(kind: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, kind)
    return out.getvalue()


def web(
    body: bytes, status: int = 200, seen: list[httpx.Request] | None = None
) -> Callable[[], httpx.Client]:
    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(status, content=body, headers={"location": "http://127.0.0.1/"})

    return lambda: httpx.Client(transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "localhost", "", "0177.0.0.1", "1",
    ],
)  # fmt: skip
def test_addresses_of_our_own_network_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_addresses_of_the_internet_are() -> None:
    assert is_public(OPEN)
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://shop.example/a.png", "http://shop.example:8080/a.png",
        "https://shop.example:22/", "http://user:word@shop.example/a.png", "http:///a.png", "//",
        "gopher://shop.example", "http://[::1", "", "a.png", "http://\0/",
    ],
)  # fmt: skip
def test_other_addresses_are_not_asked(url: str) -> None:
    seen: list[httpx.Request] = []
    with web(photo(), seen=seen)() as client, pytest.raises(AdUnionError):
        fetch(url, client, lambda *_: [OPEN])
    assert not seen


@pytest.mark.parametrize("found", [["127.0.0.1"], [OPEN, "10.0.0.7"], []])
def test_a_name_that_leads_inside_is_not_asked(found: list[str]) -> None:
    seen: list[httpx.Request] = []
    with web(photo(), seen=seen)() as client, pytest.raises(AdUnionError):
        fetch("https://shop.example/a.png", client, lambda *_: found)
    assert not seen


def test_the_checked_address_is_asked_under_its_name() -> None:
    seen: list[httpx.Request] = []
    with web(photo(), seen=seen)() as client:
        assert fetch("//shop.example/a.png?b=1", client, lambda *_: [OPEN]) == photo()
    (asked,) = seen
    assert (asked.url.host, asked.url.path, asked.headers["host"]) == (
        OPEN, "/a.png", "shop.example",
    )  # fmt: skip
    assert asked.extensions["sni_hostname"] == "shop.example"


@pytest.mark.parametrize(
    ("body", "status"), [(b"x" * (BYTES_MAX + 1), 200), (b"", 302), (b"", 404)]
)
def test_what_is_too_large_moved_or_gone_is_left_out(body: bytes, status: int) -> None:
    with web(body, status)() as client, pytest.raises(AdUnionError):
        fetch("http://shop.example/a.png", client, lambda *_: [OPEN])


def test_pictures_are_kept_once_and_only_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_fetch, "_resolved", lambda *_: [OPEN])
    urls = {"itm_a": "http://shop.example/a", "itm_b": "http://127.0.0.1/b", "itm_c": ""}
    assert fetch_pictures(tmp_path, urls, web(photo("JPEG"))) == 2  # by our resolver, b is open
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == [
        "itm_a.jpg", "itm_b.jpg",
    ]  # fmt: skip
    assert fetch_pictures(tmp_path, urls, web(photo())) == 0
    assert fetch_pictures(tmp_path, {"itm_d": "http://x.example"}, web(photo("GIF"))) == 0
    assert fetch_pictures(tmp_path, {"itm_d": "http://x.example"}, web(b"<svg/>")) == 0
