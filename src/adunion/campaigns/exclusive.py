"""One item, one active plan: the unique index decides, and its refusal becomes a clear 409."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from adunion.kernel.errors import AdUnionError, conflict

from . import repository


@contextmanager
def exclusive(conn: Connection, item_ids: Sequence[str], plan_id: str) -> Iterator[None]:
    """Give items to a plan inside; raises 409 `item_in_other_plan` naming who has one.

    A savepoint, so that after the index refuses, the other plan can still be looked up. A plan
    made at the same moment is waited for by the index itself.
    """
    try:
        with conn.begin_nested():
            yield
    except IntegrityError as error:
        if "one_active_plan" not in str(error.orig):
            raise
        raise _in_other_plan(repository.taken(conn, item_ids, but=plan_id)) from None


def _in_other_plan(taken: Sequence[tuple[str, str, str]]) -> AdUnionError:
    if not taken:  # the other plan let go between the refusal and the look
        return conflict("item_in_other_plan", "An item was in another plan.", "Try again.")
    item, plan, name = taken[0]
    return conflict(
        "item_in_other_plan",
        f"{len(taken)} of the items are in another active plan: {item} is in {name!r} ({plan}).",
        "Leave them out, or end the other plan first.",
        plan_id=plan, plan_name=name, items=[row[0] for row in taken[:100]],
    )  # fmt: skip
