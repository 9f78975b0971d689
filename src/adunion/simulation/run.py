"""Run a scenario: people ask, the market decides, people respond, and the books are kept.

Only the people are simulated. Decisions, tracking, attribution and money are the production code,
which is given as a `Market`; a control arm without plans meets the same people.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from adunion.campaigns.types import BoostDraft, PlanDraft
from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.kernel.clock import ManualClock, from_micros, micros
from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import to_minor

from .choose import Planned, minor
from .events import EventMaker, Later
from .scenario import BoostPart, EditPart, Scenario, ShockPart
from .shopper import Memory, respond
from .sides import Launched, Side, rows_of
from .tally import ArmTally
from .traffic import traffic, volume
from .types import Arm, Market, Staged
from .world.types import LINK, REGIONS, Links, Response, Traffic, World

Progress = Callable[[str, int, int], None]
_US = timedelta(microseconds=1)
_HOUR = timedelta(hours=1)
_PAGE = timedelta(minutes=1)  # what was asked is seen and clicked by then


class Run:
    """One scenario in one market; call `history`, `live` and `drain` in that order."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        world: World,
        market: Market,
        stage: Staged,
        links: Links,
        plans: list[Planned],
        clock: ManualClock,
        progress: Progress,
    ) -> None:
        self.scenario = scenario
        self.world = world
        self.market = market
        self.launched: list[Launched] = []
        self.metrics: dict[str, object] = {}
        self.started = scenario.start + timedelta(days=scenario.history_days)
        self.ended = self.started + timedelta(days=scenario.days)
        self.price_factor = 1.0
        self.seed = seed
        self._stage = stage
        self._links = links
        self._clock = clock
        self._progress = progress
        self._span = timedelta(minutes=scenario.tick_minutes)
        memory = Memory.start(world, micros(scenario.start))
        self.treated = self.side(market, memory)
        self.control: Side | None = None
        self.shared_budgets: dict[str, str] = {}  # id by name
        self._waiting = list(plans)
        self._boosts: list[tuple[Launched, BoostPart]] = []
        self._edits: list[tuple[Launched, EditPart]] = []
        self._owed = 0.0  # a part of a request, carried to the next tick

    def history(self) -> None:
        """Days without plans, to learn from; models are fitted twice, since the first had none."""
        ticks = self.ticks(self.scenario.start, self.started)
        middle = len(ticks) // 2
        for number, at in enumerate(ticks):
            if number == middle and number:
                self.market.train()
            self.market.tick()
            self.tick(at, [self.treated])
            self._progress("history", number + 1, len(ticks))
        self.metrics = self.market.train()

    def beside(self, arm: Arm) -> Side:
        """Another arm that goes on from where the treated one stands, with the same people."""
        side = self.side(arm, Memory(self.treated.memory.bought_hour.copy()))
        side.maker.number_orders_like(self.treated.maker)
        side.later = self.treated.later.copy()
        return side

    def live(self) -> None:
        """Days with plans, beside a control arm where the scenario wants one."""
        if self.scenario.control:
            self.control = self.beside(self.market.control())
        sides = [side for side in (self.treated, self.control) if side]
        for side in sides:
            side.tally = ArmTally(gmv_by_item=np.zeros(len(self.world.view.items), np.int64))
        ticks = self.ticks(self.started, self.ended)
        for number, at in enumerate(ticks):
            self.reprice(at, sides)
            self.launch_due(at)
            self._edit_due(at)
            self._boost_due(at)
            for side in sides:
                side.arm.tick()
            self._note_alphas(at)
            self.tick(at, sides, count=True)
            self._progress("plans run", number + 1, len(ticks))

    def drain(self, hours: int) -> None:
        """No more requests; orders, receipts and refunds still come in."""
        sides = [side for side in (self.treated, self.control) if side]
        ends = [_HOUR * (number + 1) for number in range(hours)] or [_PAGE]
        for number, after in enumerate(ends):
            until = self.ended + after
            self._clock.set(until)
            for side in sides:
                side.arm.take(side.later.due(micros(until)))
            self._progress("orders come in", number + 1, len(ends))
        self.market.tick()

    @property
    def item_of_row(self) -> npt.NDArray[np.int32]:
        """World items by catalog row."""
        return self._stage.item_of_row

    @property
    def links(self) -> int:
        """How many links the publishers have."""
        return len(self._links.item)

    @property
    def horizon(self) -> datetime:
        """The end of the hour in which the last order counts."""
        return self.ended + _HOUR * max(self.scenario.drain_hours, 1)

    def parties(self) -> tuple[tuple[str, str, str] | None, tuple[str, str, str] | None]:
        """(id, name, English name) of the first plan's merchant and the first link's publisher."""
        stage, view = self._stage, self.world.view
        merchant = publisher = None
        if self.launched:
            row = self.launched[0].plan.merchant
            them = view.merchants
            merchant = (stage.merchant_ids[row], them.name[row], them.name_en[row])
        if len(stage.link_publisher):
            row = int(stage.link_publisher[0])
            those = view.publishers
            publisher = (stage.publisher_ids[row], those.name[row], those.name_en[row])
        return merchant, publisher

    def hour(self, number: int) -> datetime:
        """The start of an hour counted from the epoch."""
        return from_micros(number * 3_600_000_000)

    def side(self, arm: Arm, memory: Memory) -> Side:
        """An arm that lives through the run's traffic, and its people."""
        stage = self._stage
        maker = EventMaker(
            self.market.catalog,
            stage.row_of_item,
            stage.placement_raw,
            stage.shopper_raw,
            stage.link_raw,
            stage.merchant_raw,
        )
        items = np.zeros(len(self.world.view.items), np.int64)
        return Side(arm, memory, Later(), ArmTally(gmv_by_item=items), maker)

    def ticks(self, first: datetime, last: datetime) -> list[datetime]:
        """When the ticks of a span begin."""
        count = int((last - first) / self._span)
        return [first + self._span * number for number in range(count)]

    def tick(self, at: datetime, sides: list[Side], count: bool = False) -> None:
        """One tick's requests, decided and answered in every arm."""
        start_us, span_us = micros(at), self._span // _US
        asked = self._traffic(at, start_us, span_us)
        self._clock.set(at + self._span)
        for side in sides:
            if len(asked):
                self._serve(side, asked, at, count)
            side.arm.take(side.later.due(start_us + span_us))

    def _traffic(self, at: datetime, start_us: int, span_us: int) -> Traffic:
        truth, rhythm = self.world.truth, self.scenario.rhythm
        hourly = rhythm.hourly or np.roll(truth.hour_weight, -truth.utc_offset_hours).tolist()
        weekly = rhythm.weekly or truth.weekday_weight.tolist()
        days = volume(start_us, span_us, hourly, weekly)
        wanted = self.scenario.requests_per_day * days * self._factor("traffic", at) + self._owed
        self._owed = wanted - int(wanted)
        mix = {kind: share for kind, share in self._mix().items() if share > 0}
        return traffic(
            self.world, self.seed, start_us, span_us, int(wanted), mix, self._links,
            hourly, weekly,
        )  # fmt: skip

    def _mix(self) -> dict[str, float]:
        shares = self.scenario.mix.shares()
        kinds = set(self.world.view.placements.kind)
        shares = {kind: share for kind, share in shares.items() if kind in kinds}
        whole = sum(shares.values())
        visits = self.scenario.publishers.share if len(self._links.item) else 0.0
        scaled = {kind: share / whole * (1 - visits) for kind, share in shares.items()}
        return {**scaled, "link": visits}

    def _serve(self, side: Side, asked: Traffic, at: datetime, count: bool) -> None:
        request = side.maker.request_ids(asked)
        decided_rows = np.flatnonzero(asked.kind != LINK)
        requests = self._requests(side, asked, request, decided_rows)
        decided = side.arm.decide(requests)
        shown = np.full((len(asked), decided.item.shape[1]), -1, np.int32)
        item = np.append(self._stage.item_of_row, np.int32(-1))[decided.item]
        shown[decided_rows] = item
        response = respond(
            self.world, self.seed + side.luck, asked, shown, memory=side.memory,
            price_minor=self._prices(), conversion=self._factor("conversion", at),
            returns=self._factor("returns", at), delay=self.scenario.conversion_delay,
        )  # fmt: skip
        answers = rows_of(response, decided_rows)
        plans = side.arm.plans
        side.later.add(side.maker.of_decisions(requests, decided, answers, plans))
        side.later.add(side.maker.of_link_visits(asked, request))
        side.later.add(side.maker.of_orders(response.orders, asked, request))
        if count:
            self._count(side, at, decided, answers, response, item)
            side.tally.add_shoppers(
                asked.shopper[decided_rows], answers, item, self.world.truth.item_experience,
                len(self.world.view.shoppers),
            )  # fmt: skip

    def _count(
        self,
        side: Side,
        at: datetime,
        decided: DecisionBatch,
        answers: Response,
        response: Response,
        item: npt.NDArray[np.int32],
    ) -> None:
        hour = micros(at) // 3_600_000_000
        truth = self.world.truth
        side.tally.add(hour, decided, answers, side.arm.plans.ids, item, truth.item_experience)
        lines = response.orders
        amount = lines.quantity.astype(np.int64) * lines.unit_price_minor
        side.tally.add_orders(lines.item, amount, lines.refund_minor)

    def _requests(
        self,
        side: Side,
        asked: Traffic,
        request: npt.NDArray[np.void],
        rows: npt.NDArray[np.int64],
    ) -> RequestBatch:
        stage, view = self._stage, self.world.view
        shopper = side.maker.shoppers(asked, request)[rows]
        consent = asked.consent[rows]
        distinct, query = np.unique(asked.query[rows], return_inverse=True)
        none = int(len(distinct) and distinct[0] < 0)
        sizes = np.diff(asked.context_offsets)[rows]
        offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        inside = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)
        held = asked.context_items[np.repeat(asked.context_offsets[rows], sizes) + inside]
        placement = stage.placement_rows[asked.placement[rows]]
        return RequestBatch(
            request=request[rows],
            at_us=asked.at_us[rows],
            placement=placement,
            slots=view.placements.slots[asked.placement[rows]],
            shopper=shopper,
            profile=side.arm.profile_rows(shopper, consent),
            query=(query - none).astype(np.int32),
            queries=[view.queries.text[row] for row in distinct[none:]],
            context_offsets=offsets,
            context_items=stage.row_of_item[held],
            consent=consent,
            region=view.shoppers.region[asked.shopper[rows]],
            regions=REGIONS,
        )

    def _prices(self) -> npt.NDArray[np.int64]:
        """Of the world's items, at present."""
        listed = self.world.view.items.price_minor
        now: npt.NDArray[np.int64] = np.maximum(np.rint(listed * self.price_factor), 1).astype(
            np.int64
        )
        return now

    def _factor(self, kind: str, at: datetime) -> float:
        factor = 1.0
        for shock in self.scenario.shocks:
            if shock.kind == kind and shock.factor is not None and self._happens(shock, at):
                factor *= shock.factor
        return factor

    def _happens(self, shock: ShockPart, at: datetime) -> bool:
        hour = (at - self.started) / _HOUR
        return shock.at_hour <= hour and (shock.until_hour is None or hour < shock.until_hour)

    def reprice(self, at: datetime, sides: list[Side]) -> None:
        """Let prices move where a shock begins or ends."""
        factor = self._factor("prices", at)
        if factor == self.price_factor:
            return
        self.price_factor = factor
        prices = self.market.catalog.price_minor.copy()
        prices[self._stage.row_of_item] = self._prices()
        for side in sides:
            side.arm.reprice(prices)

    def launch_due(self, at: datetime) -> None:
        """Start plans whose time comes within this tick; they begin at their own minute.

        One that takes over another's items waits until the tick after the other's end.
        """
        hour, end = (at - self.started) / _HOUR, (at + self._span - self.started) / _HOUR
        due = [plan for plan in self._waiting if plan.start_hour < end and plan.free_hour <= hour]
        self._waiting = [plan for plan in self._waiting if plan not in due]
        if due:
            self.market.make_way()
        for plan in due:
            self._launch(plan, max(self.started + _HOUR * plan.start_hour, at))

    def _launch(self, plan: Planned, start: datetime) -> None:
        part, ids = plan.part, self.market.catalog.ids
        end = None if plan.end_hour is None else self.started + _HOUR * plan.end_hour
        draft = PlanDraft(
            merchant_id=self._stage.merchant_ids[plan.merchant],
            name=plan.name,
            item_ids=tuple(ids[row] for row in self._stage.row_of_item[plan.items]),
            goal=part.goal,
            target_roi=part.asked_roi,
            target_cost_minor=plan.cost_minor,
            new_customer_minor=plan.new_minor,
            min_new_share=part.min_new_share,
            shared_budget_id=self._shared_budget(plan),
            budget_minor=plan.budget_minor,
            start_at=start,
            end_at=end,
            dayparts=None if part.dayparts is None else tuple(part.dayparts),
        )
        launched = Launched(self.market.launch(draft), plan, start, end)
        self.launched.append(launched)
        self._boosts += [(launched, boost) for boost in part.boosts]
        self._edits += [(launched, edit) for edit in part.edits]

    def _shared_budget(self, plan: Planned) -> str | None:
        """The id of the budget that a plan shares, made when its first plan starts."""
        name = plan.part.shared_budget
        if name is None:
            return None
        if name not in self.shared_budgets:
            part = next(one for one in self.scenario.shared_budgets if one.name == name)
            amount = to_minor(str(part.amount), self.world.view.currency, exact=False)
            merchant_id = self._stage.merchant_ids[plan.merchant]
            self.shared_budgets[name] = self.market.share_budget(
                merchant_id, name, amount, part.period
            )
        return self.shared_budgets[name]

    def _edit_due(self, at: datetime) -> None:
        """Make the edits whose hour has come, in the order of their hours."""
        hour, currency = (at - self.started) / _HOUR, self.world.view.currency
        due = [(plan, part) for plan, part in self._edits if part.at_hour <= hour]
        self._edits = [(plan, part) for plan, part in self._edits if part.at_hour > hour]
        for plan, part in sorted(due, key=lambda each: each[1].at_hour):
            given = {
                "target_roi": part.target_roi,
                "target_cost_minor": minor(part.target_cost, currency),
                "budget_minor": minor(part.budget, currency),
                "paused": part.paused,
            }
            changes = {name: value for name, value in given.items() if value is not None}
            try:
                self.market.edit(plan.id, changes)
            except AdUnionError as error:
                where = f"{plan.plan.name}, edit at hour {part.at_hour:g}"
                raise AdUnionError("bad_scenario", f"{where}: {error}", 422) from None
            plan.edits.append((at, part))

    def _boost_due(self, at: datetime) -> None:
        """Begin the boosts whose hour comes within this tick."""
        end = (at + self._span - self.started) / _HOUR
        due = [(plan, part) for plan, part in self._boosts if part.at_hour < end]
        self._boosts = [(plan, part) for plan, part in self._boosts if part.at_hour >= end]
        for plan, part in due:
            draft = BoostDraft(
                budget_minor=to_minor(str(part.budget), self.world.view.currency, exact=False),
                start_at=max(self.started + _HOUR * part.at_hour, at),
                end_at=self.started + _HOUR * part.until_hour,
                factor=str(part.factor),
                floor_roi=None if part.floor_roi is None else str(part.floor_roi),
                regions=None if part.regions is None else tuple(part.regions),
            )
            plan.boosts.append((self.market.boost(plan.id, draft), part))

    def _note_alphas(self, at: datetime) -> None:
        alphas = self.market.plans.alphas()
        for plan in self.launched:
            if plan.id in alphas:
                plan.alphas.append((at, alphas[plan.id]))
