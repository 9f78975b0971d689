"""Bad input on every form: said beside its field, and nothing lost of what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import escape

import pytest

from adunion.campaigns import PlanDraft
from adunion.simulation.forecast import Ask, Forecast

from .conftest import Browser, Site

pytestmark = pytest.mark.integration
ODD = (
    "0", "-5", "NaN", "1e9", "1e999999999", "", "<script>alert('😀')</script>", "\0",
    "\u202e42", "0001-01-01T00:00", "9999-12-31T23:59", "x" * 200_000,
)  # fmt: skip
AMOUNTS = frozenset(ODD) - {"1e9", ""}
TARGETS = frozenset(ODD)
TIMES = frozenset(ODD) - {""}
PAST = {"0001-01-01T00:00"}  # a start in the past is now
NAMES = frozenset(("", "\0", "x" * 200_000))
_texts = re.compile(r'class="wrong" id="h-([\w-]+)">([^<]*)<')


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.client("merchant")


@pytest.fixture
def plan(site: Site) -> Iterator[str]:
    made = site.faces.plans.create(PlanDraft(site.merchant, 4, (site.items[0],), name="P"))
    yield made.id
    site.faces.plans.end(made.id)


@pytest.fixture(autouse=True)
def remembered(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same forecast is asked for at each refusal."""
    known: dict[str, Forecast] = {}
    forecast = site.faces.forecast

    def ask(_: object, what: Ask) -> Forecast:
        if repr(what) not in known:
            known[repr(what)] = forecast(what)
        return known[repr(what)]

    monkeypatch.setattr(type(site.faces), "forecast", ask)


def refused(
    browser: Browser, path: str, form: dict[str, str], field: str, typed: str, key: str = ""
) -> None:
    """One bad field's answer: why beside it, in the reader's language, and all that was typed."""
    lang = "en" if typed == "NaN" else "zh"
    answer = browser.post(f"{path}?lang={lang}", {**form, field: typed})
    assert answer.status_code in (409, 422), (field, typed[:30], answer.status_code)
    wrong = dict(_texts.findall(answer.text))
    assert set(wrong) == {key or field}, (field, typed[:30], wrong)
    assert 'aria-invalid="true"' in answer.text
    for name, value in {**form, field: typed}.items():
        assert value == "\0" or f'"{shown(value)}"' in answer.text, (name, value[:30])
    said = wrong[key or field]
    assert bool(re.search("[\u4e00-\u9fff]", said)) == (lang == "zh"), said


def shown(value: str) -> str:
    """As the page escapes it."""
    return str(escape(value)).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def draft_at(browser: Browser, site: Site, step: str) -> str:
    begun = browser.get("/merchant/promote").headers["location"]
    browser.post(begun, {"do": "toggle", "item": site.items[1]})
    browser.post(begun.replace("/items", "/target"), {"goal": "target_roi", "target": "4"})
    return begun.replace("/items", f"/{step}")


@pytest.mark.parametrize(
    ("goal", "field", "bad"),
    [
        ("target_roi", "target", TARGETS),
        ("volume", "target", TARGETS - {""}),
        ("cost_per_order", "cost", frozenset(ODD)),
        ("new_customers", "new", frozenset(ODD)),
        ("target_roi", "share", TARGETS - {""}),
    ],
)
def test_the_goal_of_a_plan(
    site: Site, browser: Browser, goal: str, field: str, bad: frozenset[str]
) -> None:
    path = draft_at(browser, site, "target")
    form = {"goal": goal} | ({"target": "3.25"} if field != "target" else {})
    for typed in ODD:
        if typed in bad:
            refused(browser, path, form, field, typed)
        else:
            assert browser.post(path, {**form, field: typed}).status_code == 303, typed[:30]
    unknown = browser.post(f"{path}?lang=zh", {"goal": "gold", "target": "3"})
    assert (unknown.status_code, "请选择其中一个目标" in unknown.text) == (422, True)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("name", NAMES - {""}),
        ("budget", AMOUNTS),
        ("start", TIMES - PAST),
        ("end", TIMES),
    ],
)
def test_time_and_budget_of_a_plan(
    site: Site, browser: Browser, field: str, bad: frozenset[str]
) -> None:
    form = {"name": "Kept <name>", "budget": "123.45", "start": "", "end": ""}
    path = draft_at(browser, site, "time")
    for typed in ODD:
        if typed in bad:
            refused(browser, path, {k: v for k, v in form.items() if v}, field, typed)
            continue
        made = browser.post(path, {**form, field: typed})
        assert made.status_code == 303, (field, typed[:30], dict(_texts.findall(made.text)))
        site.faces.plans.end(made.headers["location"].split("/")[3].split("?")[0])
        path = draft_at(browser, site, "time")


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("name", NAMES),
        ("target", TARGETS),
        ("share", TARGETS - {""}),
        ("budget", AMOUNTS),
        ("end", TIMES - {"9999-12-31T23:59"}),
    ],
)
def test_changing_a_plan(
    site: Site, browser: Browser, plan: str, field: str, bad: frozenset[str]
) -> None:
    form = {"name": "Renamed", "target": "3.9", "budget": "321.00", "end": ""}
    kept = {k: v for k, v in form.items() if v}
    for typed in ODD:
        if typed in bad:
            refused(browser, f"/merchant/plans/{plan}/edit", kept, field, typed)
    assert site.faces.plans.get(plan).name == "P"
    assert browser.post(f"/merchant/plans/{plan}/edit", form).status_code == 303


def test_a_shared_budget_of_nobody_is_told_beside_the_choice(
    site: Site, browser: Browser, plan: str
) -> None:
    site.faces.shared_budgets.create(site.merchant, "Mine", 5_000)
    kept = {"name": "P", "target": "4", "shared": "bud_nonsense"}
    page = browser.post(f"/merchant/plans/{plan}/edit?lang=zh", kept)
    assert (page.status_code, list(dict(_texts.findall(page.text)))) == (422, ["shared"])


@pytest.mark.parametrize(
    ("field", "bad", "key"),
    [
        ("budget", AMOUNTS | {""}, "boost"),
        ("hours", frozenset(ODD) - {""}, "hours"),
        ("factor", frozenset(ODD) - {""}, "factor"),
        ("regions", frozenset(("\0", "x" * 200_000)), "regions"),
    ],
)
def test_a_boost(
    site: Site, browser: Browser, plan: str, field: str, bad: frozenset[str], key: str
) -> None:
    form = {"budget": "300.00", "hours": "12", "factor": "1.75", "regions": "CN-31"}
    for typed in ODD:
        if typed not in bad:
            continue
        if field == "hours":  # a list: what is not in it cannot be shown as chosen
            answer = browser.post(f"/merchant/plans/{plan}/boost", {**form, field: typed})
            assert (answer.status_code, 'value="300.00"' in answer.text) == (422, True), typed
            assert list(dict(_texts.findall(answer.text))) == ["hours"]
        else:
            kept = {k: v for k, v in form.items() if k != "hours"}
            refused(browser, f"/merchant/plans/{plan}/boost", kept, field, typed, key)
    assert site.faces.boosts.list(plan) == []
    assert browser.post(f"/merchant/plans/{plan}/boost", form).status_code == 303


def test_shared_budgets(site: Site, browser: Browser) -> None:
    path, form = "/merchant/budgets", {"name": "Kept", "amount": "55.00"}
    for field, bad in (("name", NAMES), ("amount", AMOUNTS | {""})):
        for typed in bad:
            refused(browser, path, form, field, typed)
    assert "a day" in browser.post(f"{path}?lang=en", {**form, "period": "year"}).text
    made = site.faces.shared_budgets.create(site.merchant, "Mine", 5_000)
    for typed in sorted(AMOUNTS):
        answer = browser.post(f"{path}/{made.id}?lang=zh", {"amount": typed})
        assert answer.status_code == 422, typed[:30]
        assert f'id="h-{made.id}">' in answer.text
        assert typed == "\0" or shown(typed) in answer.text
    assert site.faces.shared_budgets.get(made.id).amount_minor == 5_000


def test_the_quantity_of_a_cart(site: Site) -> None:
    browser = site.client()
    browser.get("/store")
    csrf = {"csrf": browser.cookies["adunion_csrf"]}
    item = {"item": site.items[0], **csrf}
    browser.post("/store/cart", item)
    for typed in ODD:
        answer = browser.post("/store/cart?lang=zh", {**item, "quantity": typed, "set": "1"})
        if typed == "0":
            assert answer.status_code == 303
            browser.post("/store/cart", item)
            continue
        assert answer.status_code == 422, typed[:30]
        assert "请填写 0 到 99 的整数" in answer.text
        assert typed == "\0" or f'value="{shown(typed)}"' in answer.text
    assert 'value="1" min="0"' in browser.get("/store/cart").text
    for nothing in ("", "\0", "itm_x", "x" * 100_000, "<b>"):
        assert browser.post("/store/cart", {**csrf, "item": nothing}).status_code == 404


def test_signing_in_with_anything(site: Site) -> None:
    browser = site.client()
    browser.get("/sign-in")
    csrf = {"csrf": browser.cookies["adunion_csrf"]}
    for nth, typed in enumerate(ODD):
        form = {"email": f"{typed}@{nth}", "password": typed or "x", **csrf}
        answer = browser.post("/sign-in?lang=en", form)
        assert answer.status_code == 401, typed[:30]
        assert typed == "\0" or f'value="{shown(typed)}@{nth}"' in answer.text
        assert "The email or the password is wrong." in answer.text
    assert browser.post("/sign-in", csrf).status_code == 422


@pytest.mark.parametrize("typed", ODD[:-1])
def test_prices_of_the_selection(site: Site, typed: str) -> None:
    for name in ("price_min", "price_max"):
        query = {name: typed, "category": "母婴", "rate": "800", "new": "1", "lang": "zh"}
        page = site.client("publisher").request("GET", "/publisher/selection", params=query)
        assert page.status_code == 200
        assert '<option value="母婴" selected>' in page.text
        assert '<option value="800" selected>' in page.text
        if typed in ("-5", "NaN", "<script>alert('😀')</script>"):
            assert "价格请填数字" in page.text
            assert shown(typed[:20]) in page.text


def test_knowledge_that_is_wrong_stays_in_the_form(site: Site) -> None:
    browser = site.client("operator")
    for typed in ("<script>alert(1)</script>", "😀", "[x", "\u202e|||", "a|b|c\n" * 20_000):
        form = {"file": "products.txt", "text": typed, "keep": "1"}
        answer = browser.post("/operator/needs?lang=en", form)
        if answer.status_code == 303:
            continue
        assert answer.status_code == 422
        assert shown(typed)[:200] in answer.text
        assert 'aria-invalid="true"' in answer.text


def test_a_form_without_our_token_changes_nothing(site: Site, plan: str) -> None:
    browser = site.client("merchant")
    del browser.headers["X-CSRF-Token"]
    for path, form in (
        (f"/merchant/plans/{plan}/edit", {"name": "Q", "target": "3"}),
        (f"/merchant/plans/{plan}/boost", {"budget": "300"}),
        (f"/merchant/plans/{plan}/end", {}),
        ("/merchant/budgets", {"name": "Q", "amount": "5"}),
        ("/merchant/content", {"text": "屏幕太暗"}),
        ("/store/cart", {"item": site.items[0]}),
    ):
        answer = browser.post(f"{path}?lang=zh", form)
        assert (answer.status_code, "表单已过期" in answer.text) == (403, True), path
    kept = site.faces.plans.get(plan)
    assert (kept.name, kept.status) == ("P", "active")
    assert site.faces.shared_budgets.list(site.merchant) == []


def test_a_plan_ends_after_it_starts_and_in_the_future(site: Site, browser: Browser) -> None:
    now = site.faces.clock.now()
    late, early = (f"{now + timedelta(days=d):%Y-%m-%dT%H:%M}" for d in (3, 2))
    path = draft_at(browser, site, "time")
    refused(browser, path, {"start": late, "name": "N"}, "end", early)
