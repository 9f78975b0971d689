"""What the API and the console stand on: one object with every service of a live market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from adunion.insight.types import prefixed_ids
from adunion.kernel.errors import AdUnionError
from adunion.serving.decide import decide_one
from adunion.settlement import Settlement
from adunion.tracking import FLAG_MOVED, EventType
from adunion.tracking.intake import Intake
from adunion.trust import Identity

from .forecast import Point
from .live import LiveMarket
from .notices import DemoAccount, HealthCheck, LogRow

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
    ) -> None:
        self.market = market
        self.engine = market.engine
        self.clock = market.clock
        self.ids = market.ids
        self.currency = market.currency
        self.base_url = base_url
        self.demo_accounts = demo_accounts
        self.identity = identity
        self.catalog = market.catalog_service
        self.plans = market.plans_service
        self.publishers = market.publishers
        self.commissions = market.commissions
        self.settlement = Settlement()
        self.ledger = market.ledger
        self.insight = market.insight
        self.intake = Intake(market, market.tracker)

    def forecast(
        self,
        merchant_id: str,  # noqa: ARG002  the port names it; the items say whose they are
        item_ids: Sequence[str],
        budget_minor: int | None,
    ) -> Sequence[Point]:
        """Predicted results per day by target ROI, targets rising."""
        return self.market.forecast(item_ids, budget_minor)

    def decide_one(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to `POST /v1/decide` with this body."""
        served = decide_one(self.market, body)
        self.intake.note(served.noted)
        return served.answer

    def accept_one(
        self, events: list[dict[str, Any]], merchant_id: str | None = None
    ) -> list[dict[str, Any]]:
        """What `POST /v1/events` answers; applied at once, so that the next page shows it."""
        secret = self.market.shop_secret(merchant_id) if merchant_id else None
        answers = self.intake.accept({"events": events}, secret)
        self.market.catch_up()
        return answers

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
    except AdUnionError as error:
        return HealthCheck("postgres", False, str(error))
    return HealthCheck("postgres", True, str(version))


def _or_blank(id_: str) -> str:
    return "" if id_.endswith("_" + "0" * 26) else id_
