"""What the API and the console stand on: one object with every service of a live market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from adunion.insight.types import prefixed_ids, raw_ids
from adunion.serving.decide import decide_one
from adunion.settlement import Settlement
from adunion.simulation.forecast import Ask, Forecast
from adunion.tracking import FLAG_MOVED, EventBatch, EventType, contradictions
from adunion.tracking.intake import Intake
from adunion.trust import Identity

from .forecasts import Forecasts
from .forgetting import forget_person
from .item_reviews import ItemReviews
from .kept import KeptDecisions
from .live import LiveMarket
from .needs import MarketNeeds
from .notices import DemoAccount, HealthCheck, LogRow
from .people import MarketPeople
from .readings import Readings
from .selection import Selections

_SHOWN = (("CTR AUC", "click_auc"), ("CVR AUC", "order_auc"), ("CTR ECE", "click_ece"),
          ("CVR ECE", "order_ece"))  # fmt: skip
"""Of the models' metrics, those that say at a glance whether they are well."""


class Faces:
    """Satisfies `api.deps.ApiServices` and `console.deps.ConsoleServices`."""

    def __init__(
        self,
        market: LiveMarket,
        identity: Identity,
        base_url: str,
        demo_accounts: Sequence[DemoAccount] = (),
        calls_per_second: int = 200,
    ) -> None:
        self.market = market
        self.engine = market.engine
        self.clock = market.clock
        self.ids = market.ids
        self.currency = market.currency
        self.base_url = base_url
        self.demo_accounts = demo_accounts
        self.calls_per_second = calls_per_second
        self.identity = identity
        self.catalog = market.catalog_service
        self.plans = market.plans_service
        self.boosts = market.boosts
        self.shared_budgets = market.shared_budgets
        self.publishers = market.publishers
        self.commissions = market.commissions
        self.settlement = Settlement()
        self.ledger = market.ledger
        self.insight = market.insight
        self.selections = Selections(market)
        self._forecasts = Forecasts(market)
        self.needs = MarketNeeds(market)
        self.readings = Readings(market.home, self.needs.tools, lambda: market.catalog)
        self.item_reviews = ItemReviews(market.engine, market.clock, market.ids, self.readings)
        self.people = MarketPeople(market)
        self.decisions = KeptDecisions(market.decisions, market.home)
        self.rules = market.brain.engine.settings
        self.intake = Intake(market, market.tracker, self._contradictions)

    def forecast(self, ask: Ask) -> Forecast:
        """What a plan would bring, by target and budget; raises what launching it would."""
        return self._forecasts.of(ask)

    def forget(self, pseudonym: str) -> int:
        """Erase a shopper; how many reviews were made nobody's."""
        return forget_person(self.market, pseudonym)

    def decide_one(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to `POST /v1/decide` with this body."""
        served = decide_one(self.market, body)
        self.intake.note(served.noted)
        return served.answer

    def says(self, query: str, item_ids: Sequence[str]) -> bool:
        """Whether any of the items itself says a word of a search."""
        with self.market.lock:
            rows = self.market.catalog.rows(raw_ids(list(item_ids)))
            return bool(self.market.brain.index.says(query, rows[rows >= 0]).any())

    def accept_one(
        self, events: list[dict[str, Any]], merchant_id: str | None = None
    ) -> list[dict[str, Any]]:
        """What `POST /v1/events` answers; applied at once, so that the next page shows it."""
        secret = self.market.shop_secret(merchant_id) if merchant_id else None
        answers = self.intake.accept({"events": events}, secret)
        self.market.catch_up()
        return answers

    def _contradictions(self, refunds: EventBatch) -> dict[int, tuple[str, str]]:
        """The refunds that their orders contradict; none while the records cannot be asked."""
        try:
            with self.engine.connect() as conn:
                return contradictions(conn, refunds)
        except OperationalError:
            return {}  # they are checked again when the log is applied

    def log_tail(self, limit: int) -> Sequence[LogRow]:
        """The latest events of the log, newest first."""
        tracker = self.market.tracker
        rows: list[LogRow] = []
        at = max(tracker.rows - limit, 0)
        for next_at, batch in tracker.read(at):
            names = {
                "request": prefixed_ids("req", batch.request),
                "placement": prefixed_ids("plc", batch.placement),
                "item": prefixed_ids("itm", batch.item),
                "plan": prefixed_ids("cmp", batch.plan),
                "order": prefixed_ids("ord", batch.order),
            }
            for row in range(len(batch)):
                told = {name: _or_blank(ids[row]) for name, ids in names.items()}
                rows.append(
                    LogRow(
                        position=at + row,
                        at_us=int(batch.at_us[row]),
                        type=EventType(int(batch.type[row])).name.lower(),
                        sponsored=bool(batch.flags[row] & FLAG_MOVED),
                        amount_minor=int(batch.amount_minor[row]),
                        price_micros=int(batch.price_micros[row]),
                        **told,
                    )
                )
            at = next_at
        return rows[::-1][:limit]

    def health(self) -> Sequence[HealthCheck]:
        """How the parts of the program are."""
        waiting = self.market.tracker.rows - self.market.applied
        metrics = self.market.brain.models.metrics
        checks = [
            _postgres(self.market),
            HealthCheck("event log", True, f"{self.market.tracker.rows:,}"),
            HealthCheck("consumer", waiting < 100_000, f"{waiting:,}"),
            HealthCheck(
                "models",
                self.market.brain.models.version != "prior",
                self.market.brain.models.version
                + "".join(f", {name} {metrics[key]:.3f}" for name, key in _SHOWN if key in metrics),
            ),
            HealthCheck("items", len(self.market.catalog) > 0, f"{len(self.market.catalog):,}"),
            HealthCheck("plans", True, f"{len(self.market.plans):,}"),
        ]
        return checks


def _postgres(market: LiveMarket) -> HealthCheck:
    try:
        with market.engine.connect() as conn:
            version = conn.execute(text("show server_version")).scalar_one()
    except OperationalError as error:
        return HealthCheck("postgres", False, str(error.orig))
    return HealthCheck("postgres", True, str(version))


def _or_blank(id_: str) -> str:
    return "" if id_.endswith("_" + "0" * 26) else id_
