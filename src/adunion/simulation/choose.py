"""Which merchant and which items the scenario's plans mean, worked out before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta

import numpy as np
import numpy.typing as npt

from adunion.campaigns import checks
from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import to_minor

from .scenario import ItemsPart, PlanPart, Scenario
from .world.types import I64, World


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan that is to come; hours count from the first day with plans."""

    name: str
    part: PlanPart
    rival: bool
    start_hour: float
    end_hour: float | None
    merchant: int  # world row
    items: I64  # world rows, best sellers first
    budget_minor: int | None
    cost_minor: int | None  # what an order may cost, where that is the goal
    new_minor: int | None  # what a new customer is worth, where that is the goal
    free_hour: float  # when the last plan that held one of the items is over


def planned(scenario: Scenario, world: World) -> list[Planned]:
    """All plans of a scenario in order of start.

    Raises:
        AdUnionError: an unknown merchant, no free items that match, a budget too small to buy a
            click, or a start after the run's end.
    """
    parts = _in_order(scenario)
    named = {part.items.merchant for _, _, part, _ in parts if part.items.merchant is not None}
    chooser = _Chooser(world, named)
    found = [_plan(scenario, world, chooser, *each) for each in parts]
    owner: dict[str, int] = {}
    for plan in found:
        name = plan.part.shared_budget
        if name is not None and owner.setdefault(name, plan.merchant) != plan.merchant:
            raise AdUnionError(
                "bad_scenario", f"{plan.name}: the plans that share {name!r} are of two merchants.",
                422, hint="Give each merchant a shared budget of its own.",
            )  # fmt: skip
    return found


def _in_order(scenario: Scenario) -> list[tuple[str, str, PlanPart, bool]]:
    """(where in the file, name, part with its hours, rival?) in order of start."""
    found = list(_parts(scenario))
    return sorted(found, key=lambda each: each[2].start_hour)


def _parts(scenario: Scenario) -> Iterator[tuple[str, str, PlanPart, bool]]:
    own = [(f"plans.{n}", part, False) for n, part in enumerate(scenario.plans)]
    own += [(f"rivals.{n}", part, True) for n, part in enumerate(scenario.rivals)]
    for number, shock in enumerate(scenario.shocks):
        if shock.rival is not None:
            end = shock.rival.end_hour if shock.until_hour is None else shock.until_hour
            hours = {"start_hour": shock.at_hour, "end_hour": end}
            own.append((f"shocks.{number}.rival", shock.rival.model_copy(update=hours), True))
    for where, part, rival in own:
        for number in range(part.count):
            name = part.name if part.count == 1 else f"{part.name} {number + 1}"
            yield where, name, part, rival


def _plan(
    scenario: Scenario,
    world: World,
    chooser: _Chooser,
    where: str,
    name: str,
    part: PlanPart,
    rival: bool,
) -> Planned:
    begins = [("it starts", part.start_hour)]
    begins += [("a boost begins", boost.at_hour) for boost in part.boosts]
    begins += [("an edit is made", edit.at_hour) for edit in part.edits]
    for what, hour in begins:
        if hour >= scenario.days * 24:
            raise AdUnionError(
                "bad_scenario",
                f"{where}: {what} in hour {hour:g}, when the run of {scenario.days} days is over.",
                422,
                hint="Name an earlier hour, or let the run take more days.",
            )
    merchant, items, free_hour = chooser.choose(part, f"{where} ({name})")
    try:
        budget, cost, new = _money(part, world, items)
        _hours(part, scenario)
    except AdUnionError as error:
        raise AdUnionError(
            error.code, f"{where} ({name}): {error.message}", error.status, hint=error.hint
        ) from None
    return Planned(
        checks.name(name), part, rival, part.start_hour, part.end_hour, merchant, items, budget,
        cost, new, free_hour,
    )  # fmt: skip


def _money(part: PlanPart, world: World, items: I64) -> tuple[int | None, int | None, int | None]:
    """(budget, what an order may cost, what a new customer is worth), in minor units."""
    currency = world.view.currency
    cost, new = minor(part.target_cost, currency), minor(part.new_customer, currency)
    _, target, cost, new = checks.goal(part.goal, part.asked_roi, cost, new)
    prices = world.view.items.price_minor[items]
    cheapest, dearest = int(prices.min()), int(prices.max())
    for each in (cost, *(minor(edit.target_cost, currency) for edit in part.edits)):
        checks.in_proportion("target_cost", each, dearest, currency)
    checks.in_proportion("new_customer", new, dearest, currency)
    for budget in (part.budget, *(edit.budget for edit in part.edits)):
        checks.budget_minor(minor(budget, currency), target, cheapest, currency)
    return minor(part.budget, currency), cost, new


def minor(amount: float | None, currency: str) -> int | None:
    """An amount of a scenario in minor units; what is less than one is no amount."""
    found = None if amount is None else to_minor(str(amount), currency, exact=False)
    if found == 0:
        raise AdUnionError("invalid", f"{amount:g} {currency} is less than the least coin.", 422)
    return found


def _hours(part: PlanPart, scenario: Scenario) -> None:
    """Hours of the week that come between the plan's start and its end."""
    if part.dayparts is None or part.end_hour is None:
        return
    live = scenario.start + timedelta(days=scenario.history_days)
    start, end = (live + timedelta(hours=hour) for hour in (part.start_hour, part.end_hour))
    checks.occur(checks.dayparts(part.dayparts), start.astimezone(UTC), end.astimezone(UTC))


class _Chooser:
    """Gives out merchants' items, each item to one plan at a time."""

    def __init__(self, world: World, named: set[int]) -> None:
        items = world.view.items
        self._world = world
        self._held_until = np.full(len(items), -np.inf)  # hour in which its last plan ends
        self._merchants_taken: set[int] = set()
        self._named = named  # by a plan: others take them last
        share = world.truth.leaf_popularity[items.leaf] * world.truth.item_popularity
        self._sales = share * items.price_minor
        by_merchant = np.bincount(items.merchant, self._sales, len(world.view.merchants.name))
        self._largest = np.argsort(-by_merchant, kind="stable")

    def choose(self, plan: PlanPart, where: str) -> tuple[int, I64, float]:
        """(merchant row, item rows, hour from which they are free)."""
        part, end = plan.items, np.inf if plan.end_hour is None else plan.end_hour
        for merchant in self._merchants(part, where):
            rows = np.flatnonzero(self._matches(part, merchant, plan.start_hour))
            if len(rows):
                rows = rows[np.argsort(-self._sales[rows], kind="stable")]
                count = max(1, int(np.ceil(part.share * len(rows))))
                rows = rows[: min(count, part.count_max or count)]
                free_hour = max(float(self._held_until[rows].max()), 0.0)
                self._held_until[rows] = end
                self._merchants_taken.add(merchant)
                return merchant, rows, free_hour
        raise _no_items(where, self._why(part, plan.start_hour))

    def _merchants(self, part: ItemsPart, where: str) -> list[int]:
        if part.merchant is None:
            free = [int(m) for m in self._largest if int(m) not in self._merchants_taken]
            return sorted(free, key=self._named.__contains__)
        if part.merchant >= len(self._largest):
            last = len(self._largest) - 1
            raise _no_items(where, f"there is no merchant {part.merchant}, the last is {last}")
        return [part.merchant]

    def _why(self, part: ItemsPart, hour: float) -> str:
        merchants = range(len(self._largest)) if part.merchant is None else [part.merchant]
        if part.merchant is None and len(self._merchants_taken) == len(self._largest):
            return f"all {len(self._largest)} merchants have a plan already"
        if any(self._matches(part, merchant, np.inf).any() for merchant in merchants):
            return f"the items that match are in another plan in hour {hour:g}"
        return "no items match"

    def _matches(self, part: ItemsPart, merchant: int, hour: float) -> npt.NDArray[np.bool_]:
        items, leaves = self._world.view.items, self._world.view.leaves
        match: npt.NDArray[np.bool_] = items.merchant == merchant
        if np.isfinite(hour):
            match = match & (self._held_until <= hour)
        if part.category:
            wanted = part.category.casefold()
            paths = zip(leaves.path, leaves.path_en, strict=True)
            hit = np.array([wanted in zh.casefold() or wanted in en.casefold() for zh, en in paths])
            match &= hit[items.leaf]
        if part.brand:
            brand = part.brand.casefold()
            names = zip(items.brands, items.brands_en, strict=True)
            hit = np.array([brand in (zh.casefold(), en.casefold()) for zh, en in names] + [False])
            match &= hit[items.brand]
        if part.text:
            words = part.text.casefold().split()
            for row in np.flatnonzero(match):
                title = f"{items.title[row]} {items.title_en[row]}".casefold()
                match[row] = all(word in title for word in words)
        return match


def _no_items(where: str, why: str) -> AdUnionError:
    return AdUnionError(
        "no_items", f"{where}: {why}.", 422, hint="Widen the items, or name another merchant."
    )
