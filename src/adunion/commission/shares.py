"""Where a commission's money belongs, and the postings that bring it there: pure integers.

Where it belongs is a function of the facts alone (amount, terms, all refunds, received or not,
released or not), so the facts may arrive in any order and any number of times.
"""

from __future__ import annotations

from adunion.kernel.money import share_bps
from adunion.ledger import PLATFORM_FEE, Posting, merchant_wallet, publisher_account

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


def postings(commission: Commission, after: Shares, number: int) -> list[Posting]:
    """The transfers of a commission's change of that number; none moves money twice."""
    now = commission.shares
    wallet = merchant_wallet(commission.merchant_id)
    held = publisher_account(commission.publisher_id, "held")
    payable = publisher_account(commission.publisher_id, "payable")
    line = f"com:{commission.order_id}:{commission.line}"
    reserved = f"{line}:reserve"
    onward = after.payable_minor + after.fee_minor  # released in this change, if held before
    out: list[Posting] = []

    def move(what: str, amount: int, debit: str, credit: str, memo: str) -> None:
        if amount > 0:
            key = f"{line}:{number}:{what}"
            out.append(Posting(key, debit, credit, amount, commission.currency,
                               memo=memo, reference=commission.order_id))  # fmt: skip

    def settle(kind: str, amount: int, memo: str) -> None:
        if amount > 0:
            key = f"{line}:{number}:{kind}"
            out.append(Posting(key, wallet, held, amount, commission.currency, kind,  # type: ignore[arg-type]
                               reserved, memo, commission.order_id))  # fmt: skip

    estimated = now.estimated_minor
    if number == 1:
        estimated = after.total_minor
        if estimated > 0:
            out.append(Posting(reserved, wallet, held, estimated, commission.currency, "pending",
                               memo="commission estimated", reference=commission.order_id))  # fmt: skip
    earned = after.held_minor + onward if estimated else 0
    settle("void_pending", estimated - after.estimated_minor - earned, "commission refunded")
    settle("post_pending", earned, "commission held")
    in_hold = now.held_minor + earned
    if in_hold:
        move("back", in_hold - after.held_minor - onward, held, wallet, "commission refunded")
        move("release", after.payable_minor, held, payable, "commission payable")
        move("fee", after.fee_minor, held, PLATFORM_FEE, "platform fee")
        return out
    move("payable_back", now.payable_minor - after.payable_minor, payable, wallet,
         "commission refunded")  # fmt: skip
    move("fee_back", now.fee_minor - after.fee_minor, PLATFORM_FEE, wallet, "platform fee refunded")
    return out
