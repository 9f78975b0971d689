"""Reviews from files: of items that the catalog holds, all of a file or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from adunion.catalog.feeds import (
    FeedFile,
    Mapping,
    Progress,
    ReviewRows,
    SkipReport,
    load_mapping,
    read_reviews,
)
from adunion.catalog.feeds.types import Problem
from adunion.catalog.tables import items, merchants
from adunion.kernel.clock import Clock, monotonic_s
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory, encode
from adunion.trust.pseudonym import shopper_key

from . import reviews
from .reviews import KeptReviews, NewReview


@dataclass(frozen=True)
class ReviewImportReport:
    """What an import of reviews did."""

    reviews: int
    inserted: int
    updated: int
    unchanged: int
    empty: int  # neither words nor stars
    skipped: int  # rows
    ignored: dict[str, int]  # reason of the mapping's ignore rule -> rows
    report_path: str | None
    seconds: float


def import_reviews(
    engine: Engine,
    clock: Clock,
    ids: IdFactory,
    path: Path,
    mapping: str | Mapping,
    *,
    merchant: str | None = None,
    skip_bad: bool = False,
    report: Path | None = None,
    progress: Progress | None = None,
) -> ReviewImportReport:
    """Load a file of reviews; a second import of the same file changes nothing.

    Raises AdUnionError with file, line, field and reason: of an item that the catalog lacks, too.
    """
    started = monotonic_s()
    mapped = mapping if isinstance(mapping, Mapping) else load_mapping(mapping)
    skips = SkipReport(
        path.name, report or path.with_name(path.name + ".skipped.csv"), skip_bad=skip_bad
    )
    section, count = mapped.section("reviews"), 0
    done = KeptReviews(0, 0, 0, 0)
    with engine.begin() as conn:
        known = _items(conn)
        for rows in read_reviews(FeedFile(path, mapped.hints, progress), section, skips, merchant):
            found, problems = _of_items(rows, known)
            skips.add(problems)
            count += len(found)
            one = reviews.keep(conn, ids, found, clock.now())
            done = KeptReviews(
                done.stored + one.stored, done.replaced + one.replaced,
                done.unchanged + one.unchanged, done.empty + one.empty,
            )  # fmt: skip
    return ReviewImportReport(
        reviews=count,
        inserted=done.stored,
        updated=done.replaced,
        unchanged=done.unchanged,
        empty=done.empty,
        skipped=skips.skipped,
        ignored={reason: rows for reason, rows in skips.ignored.items() if rows},
        report_path=skips.path,
        seconds=monotonic_s() - started,
    )


def _items(conn: Connection) -> dict[tuple[str, str], tuple[str, str]]:
    """(merchant's external id, item's) -> (item id, merchant id)."""
    query = select(merchants.c.external_id, items.c.external_id, items.c.id, merchants.c.id)
    joined = query.join(merchants, merchants.c.id == items.c.merchant_id)
    return {(row[0], row[1]): (row[2], row[3]) for row in conn.execute(joined)}


def _of_items(
    rows: ReviewRows, known: dict[tuple[str, str], tuple[str, str]]
) -> tuple[list[NewReview], list[Problem]]:
    found, problems = [], []
    for row, line in enumerate(rows.line):
        owner, item = rows.merchant[row], rows.item[row]
        if (owner, item) not in known:
            said = f"{item!r} is no item of the merchant {owner!r}: import the catalog first."
            problems.append(Problem(line, "item", said))
            continue
        try:
            person = rows.shopper[row]
            shopper = f"shp_{encode(shopper_key(person))}" if person else ""
        except AdUnionError as error:
            problems.append(Problem(line, "shopper", error.message))
            continue
        item_id, merchant_id = known[owner, item]
        found.append(
            NewReview(
                item_id, merchant_id, rows.text[row], rows.at[row], rows.stars[row], rows.id[row],
                shopper,
            )
        )  # fmt: skip
    return found, problems
