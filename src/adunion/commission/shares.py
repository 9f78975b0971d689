"""Where a commission's money belongs, and the postings that bring it there: pure integers.

Where it belongs is a function of the facts alone (amount, terms, all refunds, received or not,
released or not), so the facts may arrive in any order and any number of times.
"""

from __future__ import annotations

from adunion.kernel.money import share_bps
from adunion.ledger import PLATFORM_FEE, Posting, merchant_wallet, publisher_account
from adunion.ledger.types import Kind

from .types import Commission, Shares, Terms


def shares_of(
    base_minor: int, refunded_minor: int, terms: Terms, *, received: bool, released: bool
) -> Shares:
    """The shares of a line's commission after refunds of it; the fee is taken at release."""
    left = max(base_minor - refunded_minor, 0)
    total = share_bps(left, terms.rate_bps)
    if not received:
        return Shares(estimated_minor=total)
    if not released:
        return Shares(held_minor=total)
    fee = share_bps(total, terms.fee_bps)
    return Shares(payable_minor=total - fee, fee_minor=fee)


def postings(commission: Commission, after: Shares) -> list[Posting]:
    """The transfers of a commission's next change; keys name the order, line and change."""
    now = commission.shares
    estimated = now.estimated_minor if commission.changes else after.total_minor
    onward = after.payable_minor + after.fee_minor
    earned = after.held_minor + onward if estimated else 0  # leaves the estimate in this change
    in_hold = now.held_minor + earned
    wallet = merchant_wallet(commission.merchant_id)
    held = publisher_account(commission.publisher_id, "held")
    payable = publisher_account(commission.publisher_id, "payable")
    line = f"com:{commission.order_id}:{commission.line}"
    reserve = f"{line}:reserve"
    steps: list[tuple[str, Kind, str, str, int, str]] = [
        ("void", "void_pending", wallet, held, estimated - after.estimated_minor - earned,
         "commission refunded"),
        ("earn", "post_pending", wallet, held, earned, "commission held"),
    ]  # fmt: skip
    if commission.changes == 0:
        steps.insert(0, ("reserve", "pending", wallet, held, estimated, "commission estimated"))
    if in_hold:
        steps += [
            ("back", "post", held, wallet, in_hold - after.held_minor - onward,
             "commission refunded"),
            ("release", "post", held, payable, after.payable_minor, "commission payable"),
            ("fee", "post", held, PLATFORM_FEE, after.fee_minor, "platform fee"),
        ]  # fmt: skip
    else:
        steps += [
            ("back", "post", payable, wallet, now.payable_minor - after.payable_minor,
             "commission refunded"),
            ("fee_back", "post", PLATFORM_FEE, wallet, now.fee_minor - after.fee_minor,
             "platform fee refunded"),
        ]  # fmt: skip
    return [
        Posting(
            reserve if what == "reserve" else f"{line}:{commission.changes + 1}:{what}",
            debit,
            credit,
            amount,
            commission.currency,
            kind,
            reserve if kind in ("post_pending", "void_pending") else None,
            memo,
            commission.order_id,
        )
        for what, kind, debit, credit, amount, memo in steps
        if amount > 0
    ]
