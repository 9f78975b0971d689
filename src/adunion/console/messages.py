"""Messages that are chosen by a key: navigation, states, what was done, errors."""

from __future__ import annotations

from collections.abc import Callable

from adunion.kernel.errors import AdUnionError

from .i18n import N_

NAVIGATION: dict[str, tuple[tuple[str, str], ...]] = {
    "merchant": (
        ("/merchant", N_("Overview")),
        ("/merchant/promote", N_("Promote")),
        ("/merchant/plans", N_("Plans")),
        ("/merchant/items", N_("Items")),
        ("/merchant/people", N_("People")),
        ("/merchant/reviews", N_("Reviews")),
        ("/merchant/content", N_("Content")),
        ("/merchant/wallet", N_("Wallet")),
    ),
    "publisher": (
        ("/publisher", N_("Today")),
        ("/publisher/selection", N_("Selection")),
        ("/publisher/trends", N_("Trends")),
        ("/publisher/products", N_("Products")),
        ("/publisher/page", N_("Fits my page")),
        ("/publisher/links", N_("Links")),
        ("/publisher/orders", N_("Orders")),
        ("/publisher/earnings", N_("Earnings")),
    ),
    "operator": (
        ("/operator", N_("Market")),
        ("/operator/plans", N_("Plans")),
        ("/operator/publishers", N_("Publishers")),
        ("/operator/decisions", N_("Decisions")),
        ("/operator/experience", N_("Experience")),
        ("/operator/needs", N_("Needs")),
        ("/operator/safety", N_("Brand safety")),
        ("/operator/ledger", N_("Ledger")),
        ("/operator/events", N_("Events")),
        ("/operator/health", N_("Health")),
    ),
}

STATES = {
    "active": N_("Active"),
    "paused": N_("Paused"),
    "ended": N_("Ended"),
    "scheduled": N_("Scheduled"),
    "learning": N_("Learning"),
    "stable": N_("Stable"),
    "adjusting": N_("Adjusting"),
    "estimated": N_("Estimated"),
    "held": N_("Held"),
    "payable": N_("Payable"),
    "paid": N_("Paid out"),
    "sponsored": N_("Sponsored"),
    "refunded": N_("Refunded"),
    "placed": N_("Placed"),
    "received": N_("Received"),
    "withdrawn": N_("Withdrawn"),
    "disabled": N_("Disabled"),
    "out_of_stock": N_("Out of stock"),
    "ok": N_("OK"),
    "failed": N_("Failed"),
    "search": N_("Search"),
    "feed": N_("Home feed"),
    "cart": N_("Cart"),
    "page": N_("Pages of publishers"),
    "live": N_("Live rooms"),
    "direct": N_("Direct, no click"),
    "link": N_("Publisher's link"),
    "many": N_("20 orders or more"),
    "few": N_("Fewer than 20 orders"),
    "site": N_("Site"),
    "app": N_("App"),
    "group": N_("Group"),
    "creator": N_("Creator"),
    "merchant": N_("Merchant"),
    "publisher": N_("Publisher"),
    "operator": N_("Operator"),
    "request": N_("Request"),
    "impression": N_("Impression"),
    "click": N_("Click"),
    "visit": N_("Visit"),
    "favourite": N_("Favourite"),
    "order": N_("Order"),
    "payment": N_("Payment"),
    "receipt": N_("Receipt"),
    "refund": N_("Refund"),
    "target_roi": N_("Target ROI"),
    "budget_minor": N_("Budget"),
    "start_at": N_("Start"),
    "end_at": N_("End"),
    "dayparts": N_("Hours of the week"),
    "status": N_("State"),
    "stage": N_("Stage"),
    "name": N_("Name"),
    "min_new_share": N_("Least share of new customers"),
    "item_ids": N_("Items"),
    "items": N_("Items"),
    "top-up": N_("Top-up"),
    "media": N_("Media charge"),
    "commission": N_("Commission"),
    "fee": N_("Platform fee"),
}

REFUSALS = {
    "exceeds_line": N_("More than is left of its line"),
    "no_such_line": N_("The order has no such line"),
    "not_positive": N_("Not a positive amount"),
    "unknown_item": N_("The item is not in the catalog"),
    "item_of_another_merchant": N_("The item is another merchant's"),
    "order_known_by_another_id": N_("The order number is taken by another order"),
}
"""Why an event was refused when it was applied, by the reason of `rejected_events`."""

ATTRIBUTES = {
    "feature": N_("Feature"),
    "spec": N_("Specification"),
    "size": N_("Size"),
    "color": N_("Colour"),
    "colour": N_("Colour"),
    "material": N_("Material"),
}
"""Names of attributes that many catalogs share; others are shown as the catalog has them."""

DONE = {
    "created": N_("The plan is running."),
    "boosted": N_("The boost is running."),
    "boost_cancelled": N_("The boost has ended. What it did not spend was never taken."),
    "saved": N_("Saved."),
    "paused": N_("The plan is paused: it bids no more and keeps its items."),
    "resumed": N_("The plan is running again."),
    "ended": N_("The plan has ended and its items are free."),
    "edited": N_("The change is in force."),
    "undone": N_("The change was undone."),
    "link": N_("The link is ready."),
    "disabled": N_("The link no longer works."),
    "enabled": N_("The link works again."),
    "signed_out": N_("You are signed out."),
    "knowledge": N_("Your knowledge is in force."),
    "topped_up": N_("The wallet was topped up."),
    "carted": N_("Added to the cart."),
    "ordered": N_("Thank you. The order was placed."),
}

_ERRORS = {
    "sign_in_failed": (N_("The email or the password is wrong."), N_("Check both and try again.")),
    "too_many_attempts": (
        N_("Too many wrong passwords for this account."),
        N_("Wait a few minutes, then try again."),
    ),
    "csrf": (N_("The form is out of date."), N_("Load the page again and repeat.")),
    "wrong_role": (
        N_("This page belongs to another role."),
        N_("Sign in with an account that may see it."),
    ),
    "not_found": (
        N_("There is nothing at this address."),
        N_("It may have been removed, or the address has a mistake."),
    ),
    "item_in_other_plan": (
        N_("An item is in another running plan."),
        N_("End that plan first, or leave the item out."),
    ),
    "link_disabled": (
        N_("There is a link to this item already, and it was switched off."),
        N_("Switch it on again on the page of your links."),
    ),
    "bad_form": (N_("The form could not be read."), N_("Load the page again and repeat.")),
    "too_large": (N_("This is more than the form takes at once."), N_("Send less at once.")),
    "not_an_amount": (N_("Write an amount such as 500 or 19.90."), ""),
    "not_a_time": (N_("Write a time such as 2026-11-11T08:00."), ""),
    "plan_ended": (N_("The plan has ended."), N_("Make a new plan.")),
    "plan_not_active": (N_("The plan is not running."), N_("Resume it first.")),
    "boost_running": (
        N_("The plan has a boost in these hours already."),
        N_("Cancel it, or choose other hours."),
    ),
    "busy": (N_("Too many texts and pictures are being read."), N_("Try again in a few seconds.")),
    "internal": (
        N_("Something went wrong on our side."),
        N_("Nothing was changed. Try again; if it happens again, tell the operator."),
    ),
    "method_not_allowed": (
        N_("This address does not take that kind of request."),
        N_("Go back and use the page's own buttons."),
    ),
}

_FIELDS = {
    "target_roi": N_("The target ROI is a number from 0.1 to 1,000."),
    "budget": N_("The budget must pay for at least one click; raise it or leave it empty."),
    "price": N_("Write an amount such as 500 or 19.90."),
    "start_at": N_("The start is not a time in the future."),
    "end_at": N_("The end must be in the future and after the start."),
    "name": N_("The name is too long or has letters that cannot be shown."),
    "dayparts": N_("None of these hours of the week comes between the start and the end."),
    "boost": N_("A boost needs a budget of its own, for at least one click."),
    "factor": N_("Write a number from 1.05 to 5."),
    "regions": N_("Name up to 100 regions with commas between, as requests name them."),
    "amount": N_("A shared budget must pay for at least one click: an amount such as 500."),
    "period": N_("Choose whether it counts a day or in all."),
    "goal": N_("Choose one of the goals."),
    "target_cost": N_(
        "The cost of an order is an amount above zero, at most a thousand times the dearest item."
    ),
    "new_customer": N_(
        "The worth of a new customer is an amount above zero, "
        "at most a thousand times the dearest item."
    ),
    "min_new_share": N_(
        "Write how many of 100 orders new customers are to make: above 0 and below 100."
    ),
    "shared_budget_id": N_("There is no such shared budget; choose another."),
    "quantity": N_("Write a whole number from 0 to 99."),
    "hours": N_("Choose from 1 to 168 hours."),
    "item_ids": N_("Some of the items cannot be promoted; choose again."),
}
"""Said to readers of other languages, for whom the error's own English words are of no use."""

_TITLES = {
    403: N_("Not for this account"),
    404: N_("Not found"),
    409: N_("Not possible as things stand"),
    413: N_("Too large"),
    400: N_("Please check what was entered"),
    422: N_("Please check what was entered"),
    429: N_("Too many requests"),
    500: N_("Our mistake"),
    503: N_("Not available right now"),
}


def explain(error: AdUnionError, translate: Callable[[str], str]) -> tuple[str, str, str]:
    """(title, what happened, what to do) of an error in the reader's language."""
    text, hint = _ERRORS.get(error.code, (error.message, error.hint or ""))
    general = _FIELDS.get(error.field or "", "")
    if error.code == "not_in_bounds":
        text = general
    if error.code not in _ERRORS and general and translate(general) != general:
        text, hint = general, ""
    title = _TITLES.get(error.status, _TITLES[500 if error.status >= 500 else 422])
    return translate(title), translate(text), translate(hint) if hint else ""
