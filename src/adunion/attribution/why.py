"""A credit in words."""

from __future__ import annotations

from .repository import Credit

_WORDS = {
    "zh": {
        "plan": "计划 {plan} 得到归因：下单前 {ago} 的最后一次点击来自它推广的展示。",
        "organic": "没有计划得到归因：下单前最后一次点击（{ago} 前）是自然展示。",
        "none": "没有计划得到归因：下单前 7 天内没有点击过该商品。",
        "link": "推广链接 {link} 得到归因：它是下单前 {ago}，15 天内该商家的最后一次链接点击。",
        "no_link": "没有推广链接得到归因：15 天内没有点击过该商家的链接。",
        "day": "{n} 天", "hour": "{n} 小时", "minute": "{n} 分钟",
    },
    "en": {
        "plan": "Plan {plan} is credited: the last click on the item, {ago} before the order, "
        "was on an impression that its bid had moved.",
        "organic": "No plan is credited: the last click on the item, {ago} before the order, "
        "was on an organic result.",
        "none": "No plan is credited: the item was not clicked within 7 days before the order.",
        "link": "Link {link} is credited: it was the last link to this merchant clicked within "
        "15 days, {ago} before the order.",
        "no_link": "No link is credited: no link to this merchant was clicked within 15 days.",
        "day": "{n} d", "hour": "{n} h", "minute": "{n} min",
    },
}  # fmt: skip


def why(credit: Credit, locale: str) -> str:
    """Why the order line is owed to whom it is, in two sentences of the locale's language."""
    words = _WORDS["en" if locale.lower().startswith("en") else "zh"]
    if credit.click_at is None:
        plan = words["none"]
    else:
        ago = _span((credit.ordered_at - credit.click_at).total_seconds(), words)
        kind = "plan" if credit.plan_id else "organic"
        plan = words[kind].format(plan=credit.plan_id, ago=ago)
    if credit.link_id is None or credit.link_click_at is None:
        return f"{plan} {words['no_link']}"
    ago = _span((credit.ordered_at - credit.link_click_at).total_seconds(), words)
    return f"{plan} {words['link'].format(link=credit.link_id, ago=ago)}"


def _span(seconds: float, words: dict[str, str]) -> str:
    for name, length in (("day", 86_400), ("hour", 3_600)):
        if seconds >= length:
            return words[name].format(n=int(seconds // length))
    return words["minute"].format(n=int(seconds // 60))
