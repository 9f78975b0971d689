"""The demo as a visitor meets it, and the console as people use it in a real browser.

One file, since each file may get a process of its own, and each would build a demo.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from .conftest import Server

pytestmark = pytest.mark.e2e
Visit = Callable[..., Page]
PAGES = {
    "merchant": (
        "", "/plans", "/items", "/wallet", "/promote", "/people", "/content", "/content/titles",
        "/content/pictures", "/budgets",
    ),
    "publisher": (
        "", "/selection", "/trends", "/products", "/page", "/links", "/orders", "/earnings",
    ),
    "operator": (
        "", "/plans", "/publishers", "/decisions", "/experience", "/needs", "/safety", "/ledger",
        "/events", "/health",
    ),
}  # fmt: skip


def test_the_demo_prints_plans_lift_and_a_balanced_ledger(server: Server) -> None:
    said = server.log.read_text()
    assert "attained" in said
    assert "lift over the control arm" in said
    assert "balanced" in said
    assert "NOT balanced" not in said


def test_a_decision_can_be_asked_for_over_http(server: Server) -> None:
    asked = {"placement": "feed", "slots": 4, "locale": "en"}
    answer = httpx.post(f"{server.url}/v1/decide", json=asked, timeout=60)
    assert answer.status_code == 200
    slots = answer.json()["slots"]
    assert len(slots) == 4
    assert all(slot["token"] and slot["price"]["currency"] == "CNY" for slot in slots)
    assert all((slot["label"] == "Sponsored") == slot["sponsored"] for slot in slots)


def test_a_beacon_counts_once(server: Server) -> None:
    answer = httpx.post(
        f"{server.url}/v1/decide", json={"placement": "feed", "slots": 1}, timeout=60
    )
    token = answer.json()["slots"][0]["token"]
    event = {"events": [{"type": "impression", "token": token}]}
    first = httpx.post(f"{server.url}/v1/events", json=event)
    again = httpx.post(f"{server.url}/v1/events", json=event)
    assert first.status_code == again.status_code == 202
    assert first.json()["results"][0]["status"] == "accepted"
    assert again.json()["results"][0]["status"] == "duplicate"


def test_statements_were_written(server: Server) -> None:
    statements = server.home / "statements"
    assert list(statements.rglob("*.json"))
    assert list(statements.rglob("*.csv"))
    assert list(statements.rglob("*.html"))


@pytest.mark.parametrize("width", [1360, 390])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("role", list(PAGES))
def test_no_page_is_wider_than_its_window(visit: Visit, role: str, lang: str, width: int) -> None:
    page = visit(f"/{role}", role, width, lang)
    for path in PAGES[role]:
        page.goto(f"/{role}{path}")
        expect(page.locator("h1")).not_to_be_empty()
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert beyond <= 0, f"{path} is {beyond} px wider than {width}"


def test_a_merchant_starts_a_plan_in_three_steps_and_can_undo_a_pause(visit: Visit) -> None:
    page = visit("/merchant/promote", "merchant")
    page.locator("#choose tbody input:enabled").first.check()
    expect(page.locator("#choose h2")).to_have_text("1 item chosen")
    page.get_by_role("link", name="Next: target ROI").click()
    expect(page.locator("[data-chart] canvas").first).to_be_visible()
    page.get_by_label("Target ROI (sales / spend)").fill("3.5")
    page.get_by_role("button", name="Next: time and budget").click()
    page.get_by_label("Name").fill("My <plan>")
    page.get_by_label(re.compile("Budget")).fill("0.01")
    page.get_by_role("button", name="Start the plan").click()
    expect(page.locator(".notice.bad:visible")).to_contain_text("below one click")
    page.get_by_label(re.compile("Budget")).fill("500")
    page.get_by_role("button", name="Start the plan").click()
    expect(page.locator("h1")).to_have_text("My <plan>")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".head .state").first).to_have_text("Paused")
    page.locator(".notice").get_by_role("button", name="Undo").click()
    expect(page.locator(".head .state").first).to_have_text("Active")
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.locator(".head .state").first).to_have_text("Ended")


def test_live_figures_arrive(visit: Visit) -> None:
    page = visit("/operator", "operator")
    expect(page.locator(".live-dot")).to_have_class(re.compile(r"\bon\b"))


def test_a_publisher_makes_a_link_that_leads_to_the_item(visit: Visit) -> None:
    page = visit("/publisher/products", "publisher")
    title = page.locator("#table-items tbody tr").first.locator("a").inner_text()
    page.get_by_role("button", name="Make a link").first.click()
    card = page.locator("section.card", has_text=title).first
    drawn = "image => image.decode().then(() => image.naturalWidth > 0)"
    assert card.locator("img.qr").evaluate(drawn)
    page.goto("/l/" + card.locator(".mono").inner_text().rpartition("/l/")[2])
    expect(page.locator("h1")).to_have_text(title)


@pytest.mark.parametrize("width", [1360, 390])
def test_a_merchant_reads_reviews_titles_and_pictures(visit: Visit, width: int) -> None:
    page = visit("/merchant/content", "merchant", width)
    table = "评论,日期\n" + "".join(
        f"屏幕太暗，很失望,2026-0{month}-01\n物流很快，非常满意,2026-0{month}-02\n"
        for month in (1, 2, 3)
    )
    file = {"name": "reviews.csv", "mimeType": "text/csv", "buffer": table.encode()}
    page.get_by_label("File of reviews").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Read the reviews").click()
    expect(page.locator(".ranked li").first).to_contain_text("Screen")
    expect(page.locator("[data-chart] canvas").first).to_be_visible()
    page.get_by_role("link", name="Titles").click()
    expect(page.locator(".parts mark").first).to_be_visible()
    page.get_by_role("link", name="Pictures").click()
    shot = {"name": "page.png", "mimeType": "image/png", "buffer": page.screenshot()}
    page.get_by_label("Product pictures").set_input_files([shot, shot])  # type: ignore[list-item]
    page.get_by_role("button", name="Read the pictures").click()
    expect(page.get_by_text("the same picture").first).to_be_visible()
    drawn = "image => image.decode().then(() => image.naturalWidth > 0)"
    assert page.locator("img.preview").first.evaluate(drawn)
    beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert beyond <= 0


def test_a_publisher_pastes_a_page_and_links_what_fits_by_keyboard(visit: Visit) -> None:
    page = visit("/publisher/page", "publisher")
    tab_to(page, "#f-text")
    page.keyboard.type("Weekend camping: bring a tent, a sleeping bag and a camping lantern.")
    tab_to(page, "form.card button.primary")
    page.keyboard.press("Enter")
    read_first = 60_000  # ms: what is known is loaded once
    expect(page.locator(".stats")).to_contain_text("goods may stand beside it", timeout=read_first)
    page.locator("#table-items").get_by_role("button", name="Make a link").first.click()
    expect(page.locator(".notice.good")).to_contain_text("The link is ready.")


def test_what_is_wrong_has_the_focus_and_keeps_what_was_typed(visit: Visit) -> None:
    page = visit("/merchant/budgets", "merchant")
    page.get_by_label("Name").fill("Kept")
    page.evaluate("document.querySelector('#f-amount').type = 'text'")
    page.get_by_label(re.compile("Budget")).fill("much")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#h-amount")).to_have_text("Write an amount such as 500 or 19.90.")
    assert page.evaluate("document.activeElement.id") == "f-amount"
    expect(page.get_by_label("Name")).to_have_value("Kept")


def test_a_shopper_searches_buys_receives_and_returns(visit: Visit) -> None:
    page = visit("/store")
    word = page.locator(".good-card .name").first.inner_text().split()[-1]
    page.get_by_role("searchbox").fill(word)
    page.keyboard.press("Enter")
    card = page.locator(".good-card").first
    card.get_by_text("Why this?").click()
    expect(card.locator("details p")).not_to_be_empty()
    with page.expect_response("**/v1/events") as seen:
        pass  # what was in view for a second is reported
    assert seen.value.status == 202
    card.locator("a.name").click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Buy").click()
    page.get_by_role("button", name="It has arrived").click()
    page.get_by_role("button", name="Return it").click()
    expect(page.locator("main")).to_contain_text("paid back")
    expect(page.locator("main")).to_contain_text("What the platform recorded")


def test_the_language_switch_keeps_the_page_and_is_remembered(visit: Visit) -> None:
    page = visit("/merchant/plans?span=30d", "merchant", lang="zh")
    expect(page.locator("h1")).to_have_text("计划")
    page.get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text("Plans")
    expect(page.locator(".segments a[aria-current]").first).to_have_text("30 days")
    page.goto("/merchant")
    expect(page.locator("h1")).to_have_text("Overview")


def test_a_plan_is_started_by_keyboard_alone(visit: Visit) -> None:
    page = visit("/merchant/promote", "merchant")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    tab_to(page, "#choose tbody input")
    chosen = page.evaluate("document.activeElement.id")
    page.keyboard.press("Space")
    expect(page.locator("#choose h2")).to_have_text("1 item chosen")
    assert page.evaluate("document.activeElement.id") == chosen  # the list was renewed around it
    tab_to(page, "#choose a.primary", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/target")
    tab_to(page, "#f-target")
    page.keyboard.press("Control+A")
    page.keyboard.type("4.5")
    tab_to(page, "button.primary.big")
    page.keyboard.press("Enter")
    page.wait_for_url("**/time")
    tab_to(page, "#f-name")
    page.keyboard.type("By keyboard")
    tab_to(page, "button.primary.big")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("By keyboard")


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press a key until the focus is on what is looked for, which must then be visible."""
    for _ in range(60):
        page.keyboard.press(key)
        if page.evaluate("which => document.activeElement.matches(which)", selector):
            ring = page.evaluate("getComputedStyle(document.activeElement).boxShadow")
            assert ring != "none", f"no focus ring on {selector}"
            return
    raise AssertionError(f"{selector} is not reached with {key}")
