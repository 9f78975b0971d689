"""Reviews of a simulated market: some buyers write what they think of what they received."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b

from sqlalchemy import Engine, text

from adunion.catalog.snapshot import raw_ids
from adunion.kernel.clock import generator
from adunion.kernel.ids import IdFactory
from adunion.simulation.opinions import Bought, opinion
from adunion.simulation.run import Run
from adunion.tracking import reviews
from adunion.tracking.reviews import NewReview

ONE_IN = 6  # buyers who write
_DAY_SECONDS = 86_400
_RECEIVED = text("""
select l.order_id, l.line, l.item_id, o.merchant_id, o.shopper, o.placed_at, r.at as received_at,
       exists (select from order_steps b where (b.order_id, b.line, b.step)
                 = (l.order_id, l.line, 'refund')) as returned
  from orders o join order_lines l on l.order_id = o.id
  join order_steps r on r.order_id = o.id and r.step = 'receipt'
 order by l.order_id, l.line
""")


def write_reviews(engine: Engine, run: Run) -> int:
    """One in six received order lines is reviewed within a day; how many that were."""
    catalog, now = run.market.catalog, run.market.clock.now()
    with engine.begin() as conn:
        bought = [row for row in conn.execute(_RECEIVED) if _writes(row.order_id, row.line)]
        rows = catalog.rows(raw_ids([row.item_id for row in bought]))
        found = []
        for row, at in zip(bought, rows.tolist(), strict=True):
            if at < 0:
                continue
            rng = generator(run.seed, int.from_bytes(_digest(row.order_id, row.line), "big"))
            days = (row.received_at - row.placed_at).total_seconds() / _DAY_SECONDS
            one = Bought(int(run.item_of_row[at]), days, bool(row.returned))
            stars, said = opinion(run.world, one, rng)
            written = min(row.received_at + timedelta(hours=24 * rng.random()), now)
            found.append(
                NewReview(
                    row.item_id, row.merchant_id, said, written, float(stars),
                    f"{row.order_id}-{row.line}", row.shopper,
                )
            )  # fmt: skip
        return reviews.keep(conn, IdFactory(), found, now).stored


def _digest(order_id: str, line: int) -> bytes:
    return blake2b(f"{order_id}-{line}".encode(), digest_size=6).digest()


def _writes(order_id: str, line: int) -> bool:
    return _digest(order_id, line)[-1] % ONE_IN == 0
