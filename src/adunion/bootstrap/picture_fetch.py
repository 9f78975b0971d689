"""Pictures behind a catalog's addresses, fetched only where the operator allows it.

An address comes from a merchant, so it must not reach into our own network (server-side request
forgery): only http and https at their usual ports, only names all of whose addresses are public,
and the connection goes to an address that was checked, not to the name again. Redirects are not
followed, and bytes and time are bounded.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv6Address, IPv6Network, ip_address
from pathlib import Path

import httpx

from adunion.kernel.clock import monotonic_s
from adunion.kernel.errors import AdUnionError

from .item_pictures import ItemPictures

BYTES_MAX = 8_000_000
TIMEOUT_S = 5.0  # of one picture
AT_ONCE = 200  # pictures of one training
AT_ONCE_S = 120.0
PORTS = {"http": 80, "https": 443}
_NAT64 = IPv6Network("64:ff9b::/96")  # stands for any IPv4 address, private ones too

Resolve = Callable[[str, int], Sequence[str]]
"""Addresses of a host at a port."""


def fetch_pictures(
    home: Path, urls: Mapping[str, str], clients: Callable[[], httpx.Client] | None = None
) -> int:
    """Keep the pictures of items (id -> address) that have none yet; how many were kept.

    What cannot be had is left out, and tried again the next time.
    """
    kept, ends = ItemPictures(home / "pictures"), monotonic_s() + AT_ONCE_S
    wanted = [id_ for id_, url in sorted(urls.items()) if url and not kept.has(id_)][:AT_ONCE]
    count = 0
    with (clients or client)() as open_:
        for id_ in wanted:
            if monotonic_s() > ends:
                break
            try:
                kept.keep(id_, fetch(urls[id_], open_))
                count += 1
            except AdUnionError:
                continue
    return count


def client() -> httpx.Client:
    """Without proxies of the environment, which would be asked for the name."""
    return httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)


def fetch(url: str, with_: httpx.Client, resolve: Resolve | None = None) -> bytes:
    """The bytes at an address. Raises AdUnionError for one that is not allowed, or in vain."""
    asked = _url("https:" + url if url.startswith("//") else url)
    address = _public(asked, resolve or _resolved)
    # The checked address itself is asked; the name goes where TLS and virtual hosts look for it.
    there = asked.copy_with(host=address)
    headers = {"Host": asked.netloc.decode("ascii"), "Accept": "image/jpeg, image/png, image/webp"}
    ends, held = monotonic_s() + TIMEOUT_S, bytearray()
    try:
        request = with_.build_request(
            "GET", there, headers=headers, extensions={"sni_hostname": asked.host}
        )
        answer = with_.send(request, stream=True)
        try:
            if answer.status_code != 200:
                raise _refused(f"it answered {answer.status_code}")
            for chunk in answer.iter_bytes():
                held += chunk
                if len(held) > BYTES_MAX:
                    raise _refused(f"it has more than {BYTES_MAX // 1_000_000} MB")
                if monotonic_s() > ends:
                    raise _refused(f"it took more than {TIMEOUT_S:g} s")
        finally:
            answer.close()
    except httpx.HTTPError as error:
        raise _refused(type(error).__name__) from None
    return bytes(held)


def _url(url: str) -> httpx.URL:
    try:
        asked = httpx.URL(url)
        usual = asked.port in (None, PORTS.get(asked.scheme))
    except (httpx.InvalidURL, UnicodeError):
        raise _refused("it is no address") from None
    if asked.scheme not in PORTS or not asked.host or not usual or asked.userinfo:
        raise _refused("only http and https at their usual ports are fetched")
    return asked


def _public(asked: httpx.URL, resolve: Resolve) -> str:
    """An address of the host, all of whose addresses must be public."""
    try:
        found = list(resolve(asked.host, asked.port or PORTS[asked.scheme]))
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise _refused("its host is not known")
    for each in found:
        if not is_public(each):
            raise _refused("its host is not public")
    return found[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet; forms that wrap another are unwrapped."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is not None:
            return is_public(str(inner))
        if found in _NAT64:
            return False
    return found.is_global and not found.is_multicast


def _resolved(host: str, port: int) -> list[str]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in rows]


def _refused(why: str) -> AdUnionError:
    return AdUnionError("picture_not_fetched", f"The picture was not fetched: {why}.", 422)
