"""The scenario format: one TOML file says which market to run, and what happens in it."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from adunion.campaigns.types import Goal
from adunion.kernel.config import RankingRules
from adunion.kernel.errors import AdUnionError

Factor = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1e6)]

Currency = Literal["CNY", "USD", "EUR", "GBP", "JPY", "KRW"]
"""Those a generated world has believable price levels of."""

Region = Literal["north", "east", "south", "west", "centre"]
"""Where the shoppers of every world live (`world.types.REGIONS`)."""

COSTLY = ("cart", "needs")
"""The one default that is not a served market's: what a scenario does without unless it asks.

A served market reads a query once and sees it again for weeks; a scenario reads all of them within
minutes, which is a third of what deciding then costs (`plans_20_needs` of `bench/simulation.py`).
"""


class Part(BaseModel):
    """A table of the file; an unknown key is an error, and so is a number in quotes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class WorldPart(Part):
    """Which world: one made here, one saved by `adunion world new`, or one grounded in orders."""

    seed: int | None = Field(None, ge=0, description="Of the world; absent: the run's seed")
    items: int = Field(2_000, ge=50, le=1_000_000)
    merchants: int = Field(40, ge=2, le=100_000)
    shoppers: int = Field(5_000, ge=100, le=10_000_000)
    path: Path | None = Field(None, strict=False, description="A folder written by `adunion world`")
    orders: Path | None = Field(
        None, strict=False, description="An order file to ground the world in"
    )
    mapping: str | None = Field(None, description="The order file's mapping, e.g. online_retail")
    currency: Currency = Field("CNY", description="Of a world made here")

    @model_validator(mode="after")
    def _one_source(self) -> WorldPart:
        if self.path and self.orders:
            raise ValueError("give path or orders, not both")
        if self.orders and not self.mapping:
            raise ValueError("orders needs a mapping, e.g. mapping = 'online_retail'")
        if not (self.path or self.orders) and self.merchants > self.items:
            raise ValueError(f"{self.merchants} merchants cannot share {self.items} items")
        return self


class MixPart(Part):
    """Relative shares of requests by placement; they are scaled to sum to 1."""

    search: Weight = 0.45
    feed: Weight = 0.35
    cart: Weight = 0.10
    page: Weight = 0.06
    live: Weight = 0.04

    @model_validator(mode="after")
    def _some_traffic(self) -> MixPart:
        if sum(self.shares().values()) <= 0:
            raise ValueError("at least one placement needs a share above 0")
        return self

    def shares(self) -> dict[str, float]:
        """Placement -> share of requests, in the file's order."""
        return dict(self.model_dump())


class RhythmPart(Part):
    """Relative traffic by hour of day (UTC) and by day of week; absent: the world's own."""

    hourly: list[Weight] | None = Field(
        None, min_length=24, max_length=24, description="00 UTC first"
    )
    weekly: list[Weight] | None = Field(
        None, min_length=7, max_length=7, description="Monday first"
    )

    @model_validator(mode="after")
    def _some_hours(self) -> RhythmPart:
        if any(weights is not None and sum(weights) <= 0 for weights in (self.hourly, self.weekly)):
            raise ValueError("at least one hour and one day need traffic above 0")
        return self


class ItemsPart(Part):
    """Which items of one merchant; all given conditions hold together."""

    merchant: int | None = Field(
        None, ge=0, description="The merchant's number in the world; absent: the largest still free"
    )
    category: str | None = Field(None, description="Part of the category path")
    brand: str | None = None
    text: str | None = Field(None, description="Words in the title")
    share: float = Field(1.0, gt=0, le=1, description="Of the merchant's items, best sellers first")
    count_max: int | None = Field(None, ge=1)


class BoostPart(Part):
    """A push (一键起量) of a plan: for some hours it may bid more, with money of its own."""

    at_hour: float = Field(ge=0, le=1e6, description="Hours after the plans' first day begins")
    until_hour: float = Field(gt=0, le=1e6, description="Counted alike; a week later at most")
    budget: float = Field(gt=0, le=1e12, description="Of the boost alone, major units")
    factor: float = Field(1.5, ge=1.05, le=5, description="Of the plan's bid, at most")
    floor_roi: float | None = Field(
        None, ge=0.1, le=1_000, description="No sale is bought at less; absent: 1 at most"
    )
    regions: list[Region] | None = Field(None, min_length=1, description="Where; absent: all")

    @model_validator(mode="after")
    def _in_order(self) -> BoostPart:
        if self.until_hour <= self.at_hour:
            raise ValueError(f"until_hour {self.until_hour} is not after at_hour {self.at_hour}")
        return self


class EditPart(Part):
    """A change that the merchant makes while the plan runs; what is absent stays as it is."""

    at_hour: float = Field(
        ge=0, le=1e6, description="Holds from the first tick that begins at or after it"
    )
    target_roi: float | None = Field(None, ge=0.1, le=1_000)
    target_cost: float | None = Field(
        None, gt=0, le=1e9, description="Spend an order, major units; of cost_per_order alone"
    )
    budget: float | None = Field(
        None, gt=0, le=1e12, description="Of the whole plan, what is spent included"
    )
    paused: bool | None = Field(None, description="true: bid no more; false: bid again")

    @model_validator(mode="after")
    def _changes(self) -> EditPart:
        if self.model_fields_set <= {"at_hour"}:
            raise ValueError("an edit changes something, e.g. target_roi = 5 or paused = true")
        return self


class SharedBudgetPart(Part):
    """A budget that several plans of one merchant spend together; plans name it."""

    name: str = Field(min_length=1, max_length=200)
    amount: float = Field(gt=0, le=1e12, description="Major units")
    period: Literal["day", "total"] = "day"


class PlanPart(Part):
    """A whole-site plan (全站推广): items, target ROI, time."""

    name: str = "plan"
    items: ItemsPart = ItemsPart()
    goal: Goal = Field("target_roi", description="What it asks for; volume needs a budget")
    target_roi: float = Field(4.0, ge=0.1, le=1_000, description="Counted GMV over spend")
    target_cost: float | None = Field(
        None, gt=0, le=1e9, description="Spend an order, major units; of cost_per_order alone"
    )
    new_customer: float | None = Field(
        None,
        gt=0,
        le=1e9,
        description="Worth of a new customer's first order besides; of new_customers alone",
    )
    min_new_share: float | None = Field(
        None, gt=0, lt=1, description="Least share of its orders by new customers; absent: any"
    )
    budget: float | None = Field(
        None, gt=0, le=1e12, description="Of the whole plan, major units; absent: unlimited"
    )
    shared_budget: str | None = Field(
        None, description="Name of one of [[shared_budgets]]; its plans are of one merchant"
    )
    boosts: list[BoostPart] = Field(default_factory=list)
    edits: list[EditPart] = Field(default_factory=list)
    start_hour: float = Field(
        0, ge=0, le=1e6, description="Hours after the plans' first day begins"
    )
    end_hour: float | None = Field(
        None, gt=0, le=1e6, description="Counted alike; absent: to the end of the run"
    )
    dayparts: list[Annotated[int, Field(ge=0, le=167)]] | None = Field(
        None,
        min_length=1,
        description="Hours of the week it runs in, Monday 00 UTC first; absent: all",
    )
    count: int = Field(1, ge=1, le=1_000, description="This many plans, each of its own merchant")

    @model_validator(mode="after")
    def _in_order(self) -> PlanPart:
        if self.end_hour is not None and self.end_hour <= self.start_hour:
            raise ValueError(f"end_hour {self.end_hour} is not after start_hour {self.start_hour}")
        if (self.goal == "cost_per_order") != (self.target_cost is not None):
            raise ValueError("goal cost_per_order and target_cost go together")
        if (self.goal == "new_customers") != (self.new_customer is not None):
            raise ValueError("goal new_customers and new_customer go together")
        if self.goal == "volume" and (self.budget is None or self.end_hour is None):
            raise ValueError("goal volume needs a budget and an end_hour")
        for edit in self.edits:
            self._check_edit(edit)
        return self

    def _check_edit(self, edit: EditPart) -> None:
        over = self.end_hour is not None and edit.at_hour >= self.end_hour
        if over or edit.at_hour < self.start_hour:
            raise ValueError(f"the edit at hour {edit.at_hour:g} is not while the plan runs")
        if edit.target_cost is not None and self.goal != "cost_per_order":
            raise ValueError("an edit of target_cost is for goal cost_per_order")
        if edit.target_roi is not None and self.asked_roi is None:
            raise ValueError(f"a plan of goal {self.goal} has no target_roi to edit")

    @property
    def asked_roi(self) -> float | None:
        """The target ROI to start with: none for a goal that asks for something else."""
        asked = self.goal in ("target_roi", "net_roi", "new_customers") or (
            self.goal == "volume" and "target_roi" in self.model_fields_set
        )
        return self.target_roi if asked else None


class PublishersPart(Part):
    """Publishers' links: how many, and how much of the traffic comes over them."""

    count: int = Field(12, ge=0, le=10_000)
    links_each: int = Field(5, ge=1, le=1_000)
    share: Share = Field(0.03, description="Visits over links, as a share of all requests")


class ShockPart(Part):
    """Something that changes at a time: a factor, or a rival who enters with a budget.

    A factor holds in ticks that begin within its hours; a rival enters at its minute.
    """

    kind: Literal["traffic", "conversion", "returns", "prices", "rival"]
    at_hour: float = Field(ge=0, le=1e6, description="Hours after the plans' first day begins")
    until_hour: float | None = Field(
        None, le=1e6, description="Counted alike; absent: to the end of the run"
    )
    factor: Factor | None = Field(None, description="Times this; of every kind but rival")
    rival: PlanPart | None = Field(
        None, description="For kind rival: the plan that enters, from at_hour until until_hour"
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> ShockPart:
        if self.until_hour is not None and self.until_hour <= self.at_hour:
            raise ValueError(f"until_hour {self.until_hour} is not after at_hour {self.at_hour}")
        if (self.kind == "rival") != (self.rival is not None):
            raise ValueError("kind = 'rival' and a [shocks.rival] table belong together")
        if (self.kind == "rival") == (self.factor is not None):
            raise ValueError("every shock but a rival needs a factor, such as factor = 2.0")
        if self.kind == "prices" and not self.factor:
            raise ValueError("the factor of prices must be above 0")
        if self.rival is not None:
            self._check_rival(self.rival)
        return self

    def _check_rival(self, rival: PlanPart) -> None:
        if rival.start_hour:
            raise ValueError("a rival enters at at_hour; leave out start_hour")
        if rival.end_hour is not None and rival.end_hour <= self.at_hour:
            raise ValueError(f"end_hour {rival.end_hour} is not after at_hour {self.at_hour}")


class Scenario(RankingRules, Part):
    """Days of a market: a world, its traffic, the plans in it and what happens to them."""

    name: str = "scenario"
    seed: int = Field(1, ge=0, description="`--seed` overrides it")
    start: datetime = Field(datetime(2026, 11, 2, tzinfo=UTC), strict=False)
    history_days: int = Field(4, ge=1, le=365, description="Without plans, to learn from")
    days: int = Field(2, ge=1, le=365, description="With plans")
    drain_hours: int = Field(240, ge=0, le=24 * 90, description="After the last request")
    requests_per_day: int = Field(10_000, ge=10, le=100_000_000)
    tick_minutes: int = Field(60, ge=1, le=1_440)
    control: bool = Field(True, description="Run the same shoppers without plans beside it")
    bidder: str = Field("return_target", description="A registered bidder")
    retrievals_off: list[str] = Field(list(COSTLY), description="By name: they give no candidates")
    commission_bps: int = Field(800, ge=0, le=9_000, description="Of an order over a link")
    conversion_delay: Factor = Field(1.0, description="Factor on every delay to an order")
    wallet: float = Field(
        10_000_000, gt=0, le=1e12, description="What each merchant tops up, major units"
    )
    world: WorldPart = WorldPart()
    mix: MixPart = MixPart()
    rhythm: RhythmPart = RhythmPart()
    plans: list[PlanPart] = Field(default_factory=list)
    rivals: list[PlanPart] = Field(default_factory=list)
    shared_budgets: list[SharedBudgetPart] = Field(default_factory=list)
    publishers: PublishersPart = PublishersPart()
    shocks: list[ShockPart] = Field(default_factory=list)

    @model_validator(mode="after")
    def _utc(self) -> Scenario:
        if self.start.tzinfo is None:
            raise ValueError("start needs a time zone, e.g. 2026-11-02T00:00:00Z")
        if not 2000 <= self.start.year <= 2100:
            raise ValueError(f"start is in the year {self.start.year}, not 2000 to 2100")
        if (self.tick_minutes > 60 and self.tick_minutes % 60) or 1_440 % self.tick_minutes:
            raise ValueError("tick_minutes must divide a day, e.g. 15, 30, 60")
        return self

    @model_validator(mode="after")
    def _plans_told_apart(self) -> Scenario:
        entering = (shock.rival for shock in self.shocks if shock.rival is not None)
        plans = (*self.plans, *self.rivals, *entering)
        named = [each.name for each in plans if "name" in each.model_fields_set]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two plans are called {twice!r}; reports tell them apart by name")
        return self

    @model_validator(mode="after")
    def _budgets_known(self) -> Scenario:
        names = [budget.name for budget in self.shared_budgets]
        if len(set(names)) < len(names):
            raise ValueError("two shared_budgets have one name")
        for plan in (*self.plans, *self.rivals):
            if plan.shared_budget is not None and plan.shared_budget not in names:
                raise ValueError(f"no shared_budgets is called {plan.shared_budget!r}")
            if plan.shared_budget is not None and plan.items.merchant is None:
                raise ValueError("a plan with a shared_budget names its items.merchant")
        return self


def load(path: Path) -> Scenario:
    """Read a scenario; raises AdUnionError naming the file, the key and what is wrong with it."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise AdUnionError("no_file", f"{path}: {error.strerror}.", 404) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AdUnionError("bad_toml", f"{path}: not valid TOML: {error}.", 422) from None
    if not raw:
        raise AdUnionError(
            "empty_scenario", f"{path}: the file says nothing.", 422, hint="See examples/calm.toml."
        )
    return parse(raw, str(path))


def parse(raw: dict[str, Any], where: str = "scenario") -> Scenario:
    """Check a scenario given as a dictionary."""
    try:
        return Scenario.model_validate(raw)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in e['loc']) or 'scenario'}: " + _said(e)
            for e in error.errors()
        ]
        raise AdUnionError(
            "bad_scenario",
            f"{where}: " + "; ".join(lines) + ".",
            422,
            hint="The format: adunion simulate --schema",
        ) from None


def _said(error: Any) -> str:
    """What is wrong; one that compares with nothing is told as no number (`nan > 1000` is not)."""
    value = error["input"]
    if isinstance(value, float) and not isfinite(value):
        return f"{value} is not a finite number"
    return str(error["msg"]).removeprefix("Value error, ").rstrip(".")


def schema() -> dict[str, Any]:
    """The format's JSON Schema."""
    return Scenario.model_json_schema()
