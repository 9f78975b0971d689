"""A publisher's link: a click id for the visitor, the click noted, and where to send them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlencode, urlsplit, urlunsplit

from adunion.kernel.clock import micros
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import encode
from adunion.trust.pseudonym import shopper_key

from .decide import usable_link
from .types import MarketPort, Noted

CLICK_COOKIE = "adu_click"
"""Holds the click id: the visitor's pseudonym on this site, which an order names as shopper."""

COOKIE_SECONDS = 15 * 86_400
_CLICK_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True)
class Followed:
    """Where the visitor goes, their click id, and the click to write first."""

    location: str
    click_id: str
    click: Noted


def follow(market: MarketPort, code: str, cookies: str) -> Followed:
    """Follow a link. A visitor who has a click id keeps it, so that clicks and orders join up.

    Raises:
        AdUnionError: 404 `no_such_link` or `item_has_no_page`, 410 `link_disabled`.
    """
    target = usable_link(market, code)
    if not target.url and not market.storefront:
        raise AdUnionError(
            "item_has_no_page", "The item of this link has no web page.", 404, "link",
            hint="Give the item a link in the catalog.",
        )  # fmt: skip
    request = market.ids.raw()
    click_id = known_click_id(cookies) or f"clk_{encode(request)}"
    click = Noted(
        micros(market.clock.now()), request, shopper_key(click_id), target.item, link=target.link
    )
    return Followed(_location(target.url, target.item_id, click_id), click_id, click)


def known_click_id(cookies: str) -> str | None:
    """The click id of a Cookie header, if it holds a well-formed one."""
    try:
        jar = SimpleCookie(cookies)
    except CookieError:
        return None
    found = jar.get(CLICK_COOKIE)
    return found.value if found and _CLICK_ID.fullmatch(found.value) else None


def set_cookie(click_id: str, *, secure: bool) -> str:
    """The Set-Cookie value: first-party, out of scripts' reach, not sent by other sites' forms."""
    value = f"{CLICK_COOKIE}={click_id}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Lax"
    return value + "; Secure" if secure else value


def _location(url: str, item_id: str, click_id: str) -> str:
    """The item's own web page with the click id for its merchant, else its page in our shop.

    The place comes from the catalog, never from the request, and only http(s) is followed.
    """
    try:
        parts = urlsplit(url)
        elsewhere = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        elsewhere = False
    if not elsewhere or any(ord(letter) < 33 or ord(letter) > 126 for letter in url):
        return f"/store/item/{item_id}"
    query = "&".join(part for part in (parts.query, urlencode({CLICK_COOKIE: click_id})) if part)
    return urlunsplit(parts._replace(query=query))
