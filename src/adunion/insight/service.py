"""Use cases: add a chunk's sums; answer the questions that pages and reports ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine

from adunion.attribution.types import Credits
from adunion.decision.seen import HourlyLandscape
from adunion.decision.waterfall import SUMS, Counted
from adunion.kernel.clock import micros
from adunion.kernel.errors import not_found
from adunion.settlement.guarantee import Spend
from adunion.tracking.types import EventBatch

from . import repository
from .delivery import come_of, delivery_days, delivery_shares
from .due import come_by_hour
from .funnel import PlanFunnel, funnel_of, obstacle, whole_of
from .rollup import roll_up
from .steps import out_of_reach, steps
from .types import (
    DeliveryReport,
    Dimensions,
    LinkResult,
    MarketPoint,
    PlanResult,
    Point,
    Result,
)

DELIVERY_DAYS = 28
DELAYS_OF = timedelta(days=14)  # orders whose delays tell what is still to come
LOOKED_AT = timedelta(days=3)  # of landscapes: rivals change


class Insight:
    """Reports over the sums; `currency` is the market's one currency."""

    def __init__(self, engine: Engine, currency: str = "CNY") -> None:
        self._engine = engine
        self.currency = currency
        self._come: tuple[datetime | None, list[float]] = (None, [])

    def rollup(
        self,
        conn: Connection,
        batch: EventBatch,
        credits: Credits,
        refunded: Credits,
        refunds_minor: npt.NDArray[np.int64],
        dimensions: Dimensions,
    ) -> None:
        """Add what a chunk of events brings, in the caller's transaction; see `roll_up`."""
        first = repository.first_orders(conn, credits)
        found = roll_up(batch, credits, refunded, refunds_minor, dimensions, first)
        repository.add(conn, found)

    def plan_report(self, plan_id: str, since: datetime, until: datetime) -> PlanResult:
        """A plan and its figures over `[since, until)`; raises 404."""
        with self._engine.connect() as conn:
            found = repository.plan_results(conn, since, until, plan_id=plan_id)
        if not found:
            raise not_found("plan", plan_id)
        return found[0]

    def plan_results(
        self, since: datetime, until: datetime, merchant_id: str | None = None, *,
        boosts: bool = False,
    ) -> list[PlanResult]:  # fmt: skip
        """All plans, or a merchant's, with their figures; newest first; `boosts` among them."""
        with self._engine.connect() as conn:
            return repository.plan_results(
                conn, since, until, merchant_id=merchant_id, boosts=boosts
            )

    def plan_hours(
        self, plan_id: str, since: datetime, until: datetime, unit: str = "hour"
    ) -> list[Point]:
        """A plan's figures by `hour` or `day`."""
        with self._engine.connect() as conn:
            return repository.plan_points(conn, since, until, unit, plan_id=plan_id)

    def plan_placements(
        self, plan_id: str, since: datetime, until: datetime
    ) -> list[tuple[str, Result]]:
        """Where a plan was shown: (placement kind, figures), most spend first."""
        with self._engine.connect() as conn:
            return repository.plan_placements(conn, since, until, plan_id)

    def plan_items(self, plan_id: str, since: date, until: date) -> list[tuple[str, Result]]:
        """(item id, figures) of a plan over whole days, most GMV first."""
        with self._engine.connect() as conn:
            return repository.plan_items(conn, since, until, plan_id)

    def merchant_overview(self, merchant_id: str, since: datetime, until: datetime) -> Result:
        """The sum over a merchant's plans."""
        return total(
            [one.result for one in self.plan_results(since, until, merchant_id, boosts=True)],
            self.currency,
        )

    def merchant_points(
        self, merchant_id: str, since: datetime, until: datetime, unit: str = "hour"
    ) -> list[Point]:
        """A merchant's figures by `hour` or `day`."""
        with self._engine.connect() as conn:
            return repository.plan_points(conn, since, until, unit, merchant_id=merchant_id)

    def market_total(self, since: datetime, until: datetime) -> MarketPoint:
        """The whole market over `[since, until)`."""
        with self._engine.connect() as conn:
            return repository.market_points(conn, since, until, None, self.currency)[0]

    def market_points(
        self, since: datetime, until: datetime, unit: str = "hour"
    ) -> list[MarketPoint]:
        """The market by `hour` or `day`."""
        with self._engine.connect() as conn:
            return repository.market_points(conn, since, until, unit, self.currency)

    def market_placements(self, since: datetime, until: datetime) -> list[tuple[str, MarketPoint]]:
        """The market by placement kind, most GMV first."""
        with self._engine.connect() as conn:
            return repository.market_placements(conn, since, until, self.currency)

    def publisher_days(self, publisher_id: str, since: date, until: date) -> list[LinkResult]:
        """A publisher's clicks and sales by day; `key` is the ISO date."""
        with self._engine.connect() as conn:
            return repository.link_results(conn, since, until, publisher_id, "day")

    def publisher_links(self, publisher_id: str, since: date, until: date) -> list[LinkResult]:
        """A publisher's clicks and sales by link; `key` is the link's id."""
        with self._engine.connect() as conn:
            return repository.link_results(conn, since, until, publisher_id, "link")

    def plan_funnel(self, plan_id: str, since: datetime, until: datetime) -> PlanFunnel:
        """Why a plan is where it is: its funnel over `[since, until)`; raises 404."""
        report = self.plan_report(plan_id, since, until)
        with self._engine.connect() as conn:
            kinds = repository.plan_funnel(conn, plan_id, since, until)
            seen = repository.landscapes(conn, plan_id, until - LOOKED_AT)
            market = repository.market_points(conn, since, until, None, self.currency)[0]
        whole = funnel_of("all", whole_of(kinds) or dict.fromkeys(SUMS, 0))
        result = report.result
        return PlanFunnel(
            plan_id,
            since,
            until,
            report.target_roi,
            whole,
            [funnel_of(kind, sums) for kind, sums in kinds],
            result,
            obstacle(
                whole,
                result.clicks,
                result.orders,
                out_of_reach=out_of_reach(seen, report.target_roi),
                market_requests=market.requests,
                active=report.status == "active",
            ),
            steps(seen and replace(seen, orders=result.orders), report.target_roi),
        )

    def add_funnels(self, conn: Connection, counted: Counted) -> None:
        """Add what decisions counted."""
        repository.add_funnels(conn, counted)

    def add_landscapes(
        self,
        conn: Connection,
        kept: Mapping[tuple[str, int], HourlyLandscape],
        ratios: Mapping[str, float],
        now: datetime,
    ) -> None:
        """Write what plans would have had at other multipliers in hours that are over."""
        repository.add_landscapes(conn, kept, ratios, now)

    def billed_days(
        self, conn: Connection, before: date, plan_id: str | None = None
    ) -> list[Spend]:
        """What plans were billed for each day before one that the guarantee has not judged yet."""
        return repository.billed_days(conn, before, plan_id=plan_id)

    def delivery(self, now: datetime) -> DeliveryReport:
        """Was the promise kept: over the last 7 days, and each of them; up to the last whole hour.

        The days of the chart are the last `DELIVERY_DAYS`.
        """
        until = now.replace(minute=0, second=0, microsecond=0)
        week = until - timedelta(days=7)
        since = until - timedelta(days=DELIVERY_DAYS)
        with self._engine.connect() as conn:
            come = self._come_by_hour(conn, until)
            days = repository.plan_windows(conn, since, until, 1, self.currency, come)
            weeks = repository.plan_windows(conn, week, until, 7, self.currency, come)
            paid = repository.guarantee_paid(conn, self.currency)
        return DeliveryReport(
            until,
            self.currency,
            come_of(weeks),
            delivery_shares(weeks, 7) + delivery_shares([d for d in days if d.at >= week], 1),
            delivery_days(days),
            paid,
        )

    def sales_come(self, plan_id: str, until: datetime, days: int) -> float:
        """What a plan sold in its last days for each unit of what their spend sells in the end.

        Above 1 where more came late from before than is still to come; 1 without spend. `until` is
        the end of the hour that runs.
        """
        since = until - timedelta(days=days)
        with self._engine.connect() as conn:
            come = self._come_by_hour(conn, until - timedelta(hours=1))
            return come_of(
                repository.plan_windows(conn, since, until, days, self.currency, come, plan_id)
            )

    def _come_by_hour(self, conn: Connection, until: datetime) -> list[float]:
        """See `due.come_by_hour`; looked at anew each hour."""
        at, come = self._come
        if at != until:
            clicked, ordered = repository.delays(conn, until - DELAYS_OF, until)
            come = come_by_hour(clicked, ordered, micros(until))
            self._come = until, come
        return come


def total(results: list[Result], currency: str) -> Result:
    """The sum of results of one currency; others are left out."""
    names = [f.name for f in fields(Result) if f.name != "currency"]
    of_currency = [one for one in results if one.currency == currency]
    return Result(currency, **{n: sum(getattr(one, n) for one in of_currency) for n in names})
