"""What pages say: names by language, what was refused, nothing found, the rule of times."""

from __future__ import annotations

from sqlalchemy import text

from .conftest import Site


def test_parties_go_by_their_english_name_where_they_have_one(site: Site) -> None:
    with site.faces.engine.begin() as conn:
        conn.execute(text("update publishers set name_en = 'Fin'"))
        named = text("update merchants set name = '好奶粉', name_en = 'Good Milk' where id = :m")
        conn.execute(named, {"m": site.merchant})
    publisher, operator, merchant = map(site.client, ("publisher", "operator", "merchant"))
    for browser, path in ((publisher, "/publisher"), (operator, "/operator/publishers")):
        assert "Fin" in browser.get(f"{path}?lang=en").text
        assert "小鱼" in browser.get(f"{path}?lang=zh").text
    for browser, path in ((merchant, "/merchant"), (publisher, f"/store/item/{site.items[0]}")):
        assert "Good Milk" in browser.get(f"{path}?lang=en").text
        assert "好奶粉" in browser.get(f"{path}?lang=zh").text


def test_the_operator_reads_what_was_refused_why_and_whose(site: Site) -> None:
    assert "Nothing was refused" in site.client("operator").get("/operator/events?lang=en").text
    refund = {"type": "refund", "order_id": "A-1", "line": 1, "amount_minor": 9_999}
    order = {
        "type": "order", "order_id": "A-1", "currency": "CNY",
        "lines": [{"item": site.items[0], "amount_minor": 1_000}],
    }  # fmt: skip
    (early,) = site.faces.accept_one([refund], site.merchant)
    assert early["status"] == "accepted"  # its order may be on its way
    assert "Waiting" in site.client("operator").get("/operator/events?lang=en").text
    site.faces.accept_one([order], site.merchant)
    page = site.client("operator").get("/operator/events?lang=en").text
    assert "More than is left of its line" in page
    assert ">A-1<" in page
    assert "Nothing waits" in page
    (late,) = site.faces.accept_one([refund | {"number": 1}], site.merchant)
    assert (late["status"], late["code"]) == ("rejected", "exceeds_line")


def test_a_search_that_finds_nothing_says_so(site: Site) -> None:
    browser = site.client()
    assert "Results for “奶粉”" in browser.get("/store/search?lang=en&q=奶粉").text
    page = browser.get("/store/search?lang=en&q=zzqqxx").text
    assert "Nothing matches “zzqqxx”" in page
    assert "Results for" not in page


def test_a_signed_in_page_says_whose_times_and_days_it_shows(site: Site) -> None:
    browser = site.client("merchant")
    browser.cookies.set("tz", "Asia/Shanghai")
    page = browser.get("/merchant/plans?lang=en").text
    assert "your zone (Asia/Shanghai)" in page
    assert "00:00 to 24:00 UTC" in page


def test_small_screens_sort_by_a_form_that_keeps_the_rest_of_the_url(site: Site) -> None:
    page = site.client("merchant").get("/merchant/items?lang=en&q=Milk&page_items=1").text
    form = page[page.index('class="sorting"') :].partition("</form>")[0]
    assert '<input type="hidden" name="q" value="Milk">' in form
    assert "page_items" not in form
    assert '<option value="-price_minor">Price ↓</option>' in form


def test_a_link_that_was_switched_off_is_not_made_again(site: Site) -> None:
    browser = site.client("publisher")
    browser.post("/publisher/links", data={"item": site.items[0]})
    (link,) = site.faces.publishers.list_links(site.publisher)[0]
    browser.post(f"/publisher/links/{link.id}/disable")
    again = browser.request("POST", "/publisher/links?lang=zh", data={"item": site.items[0]})
    assert again.status_code == 409
    assert "已停用" in again.text
