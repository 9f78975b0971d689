"""The door for outside simulators: one campaign, one day of ticks, a budget and a target.

It sees the whole landscape of a tick after it (least winning costs of every opportunity), knows
what earlier days were like, and each tick finds the shadow price of value at which budget and
target both hold for the rest of the day (`shadow`). It then bids where value at that price most
exceeds cost: of a large value often another share than of a small one, and with several slots
often less than what wins the first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adunion.kernel.errors import invalid

from .evidence import Evidence
from .intake import TICKS_MAX, Seen, column, periods, positive, tick
from .profile import Profile
from .response import LOG_STEP, SIZES, STEPS, responses
from .rhythm import DRAWN
from .shadow import Menu, shadow_price, spread_at
from .types import Floats

AIM = 0.95  # attainment aimed at: .9 counts as held, and volume is worth more than the rest
DOUBT = 2.0  # over it, times how far the courses of the day differ in what a value costs
DOUBT_MOST = 0.2  # of it: one odd course must not stop a day
BUDGET_KEPT = 0.002  # of the budget, left over
SURPRISE = 0.03, 0.35  # at least and most, the logs of price by which a tick must not overspend
HELD = 0.9  # the attainment from which a target counts as held
HARDLY = 0.1, 0.005  # less than these parts of budget and of all value: called unreachable
COLD_SHARE = 3.0  # the first tick without any log risks at most this many ticks' budget


class ReturnTargetController:
    """Bids for value at no more than a cost per value, within a budget, over a day of ticks.

    Call `bids` and then `observe` once a tick; `warm_start` first if there are logs. Values and
    costs may be in any units; `target_cost_per_value` is in the one over the other. `status` says
    how it stands: `learning`, `on_target`, `budget_bound`, `unreachable`, `spent` or `ended`.
    """

    def __init__(self, *, budget: float, target_cost_per_value: float, ticks: int) -> None:
        self.budget = positive("budget", budget)
        self.target = positive("target_cost_per_value", target_cost_per_value)
        self.ticks = int(positive("ticks", ticks, TICKS_MAX))
        if self.ticks != ticks:
            raise invalid("ticks", f"ticks must be a whole number, not {ticks!r}.")
        self.tick = 0
        self.status = "learning"
        self._log: list[Seen] = []
        self._past: list[list[Seen]] = []
        self._profile: Profile | None = None
        self._bids: Floats | None = None
        self._evidence = Evidence()

    def warm_start(self, past_periods: Any) -> None:
        """Learn from logs of earlier periods, oldest first; see docs/bidding.md for the forms.

        Raises `AdUnionError` where they cannot be read. Nothing is learnt from an empty list.
        """
        if self.tick:
            raise RuntimeError("warm_start must come before the first tick.")
        self._past += [day for day in periods(past_periods) if day]

    @property
    def spent(self) -> float:
        """What was paid so far."""
        return self._evidence.spent

    @property
    def value(self) -> float:
        """The value expected of what was exposed so far."""
        return self._evidence.value

    @property
    def attainment(self) -> float:
        """The value expected so far over what the target asks for the money paid; inf for none."""
        return self.target * self.value / self.spent if self.spent > 0 else float("inf")

    @property
    def log(self) -> list[dict[str, Any]]:
        """The ticks of this period, in the form that `warm_start` of the next one takes."""
        return [
            {
                "values": seen.values,
                "least_winning_costs": seen.costs,
                "won": seen.won,
                "exposed": seen.exposed,
                "cost": seen.paid,
                "converted": seen.converted,
            }
            for seen in self._log
        ]

    def bids(self, values: Any, value_std: Any = None) -> Floats:
        """A bid for each of n opportunities of the coming tick, in the unit of cost; (n,).

        `values` are expected values, (n,); `value_std` may be None. Raises `AdUnionError` for
        NaN, infinite or negative values.
        """
        worth = column("values", values)
        if value_std is not None:
            column("value_std", value_std, len(worth))
        bids = np.zeros(len(worth))
        left = self.budget - self.spent
        if self.tick >= self.ticks:
            self.status = "ended"
        elif left <= self.budget * 1e-9:
            self.status = "spent"
        elif len(worth):
            if self._profile is None and self._past:
                self._learn()
            if self._profile is None or not self._profile.known:
                bids = self._cold(worth, left)
            else:
                bids = self._plan(self._profile, worth, left)
        self._bids = bids
        return bids.copy()

    def observe(
        self,
        values: Any,
        least_winning_costs: Any,
        won: Any,
        exposed: Any,
        cost: Any,
        converted: Any = None,
    ) -> None:
        """What became of the tick's n opportunities.

        `least_winning_costs` are the rivals' bids to beat, (n,) or (n, slots) with slot 1 first;
        `won` is True, or the slot's number from 1; `cost` is due where exposed; `converted` is the
        value or count that came of it. Raises `AdUnionError` for shapes that do not fit, or NaN.
        """
        seen = tick(values, least_winning_costs, won, exposed, cost, converted)
        if self._bids is not None and len(seen.values) != len(self._bids):
            raise invalid(
                "values",
                f"{len(seen.values):,} opportunities are observed, {len(self._bids):,} were bid"
                " for in this tick.",
                "Give one row for each row of the last bids, won or not, in their order.",
            )
        if len(seen.values):
            profile = self._profile or self._learn(seen.costs.shape[1])
            costs = _same_slots(seen.costs, profile.slots)
            self._evidence.add(seen, costs, self._bids)
            profile.observe(self.tick, *_sums(seen.values, costs, self.target))
        self._log.append(seen)
        self._bids = None
        self.tick += 1
        if self.spent >= self.budget:
            self.status = "spent"
        elif self.tick == self.ticks and self.status == "unreachable" and self._held():
            self.status = "on_target"

    def _held(self) -> bool:
        """Whether the day bought something and held its target, whatever seemed to come."""
        all_value = sum(float(seen.values.sum()) for seen in self._log)
        some = self.spent >= HARDLY[0] * self.budget or self.value >= HARDLY[1] * all_value
        return some and self.attainment >= HELD

    def _learn(self, slots: int = 0) -> Profile:
        """Make the profile, of today's slots or those of earlier periods, and tell it of those."""
        seen = [one for day in self._past for one in day if len(one.values)]
        slots = slots or max((one.costs.shape[1] for one in seen), default=1)
        profile = self._profile = Profile(self.ticks, slots)
        for day in self._past:
            rows, value = np.zeros(len(day)), np.zeros(len(day))
            curves = np.zeros((len(day), len(SIZES), 2, slots, STEPS))
            for at, one in enumerate(day):
                if len(one.values):
                    self._evidence.learn(one)
                    costs = _same_slots(one.costs, slots)
                    rows[at], value[at], curves[at] = _sums(one.values, costs, self.target)
            profile.add_day(rows, value, curves)
        self._past = []
        return profile

    def _cold(self, worth: Floats, left: float) -> Floats:
        """Nothing is known: bid the target on as many rows as could not hurt, spread evenly."""
        bids = self.target * worth
        risk = min(COLD_SHARE * left / (self.ticks - self.tick), left)
        total = float(bids.sum())
        if total > risk:
            spread = np.floor(np.arange(1, len(bids) + 1) * (risk / total))
            bids = np.where(np.diff(spread, prepend=0.0) > 0, bids, 0.0)
            bids = np.where(bids.cumsum() <= risk, bids, 0.0)
        return bids

    def _plan(self, profile: Profile, worth: Floats, left: float) -> Floats:
        evidence = self._evidence
        profile.expect(self.tick, len(worth), float(worth.sum()))
        shape = profile.shape(evidence.exposures(profile.slots))
        shape[1] *= evidence.paid_ratio()
        menu = Menu(shape, self.target)
        value_ahead, level = profile.courses(self.tick)
        come = menu.sums(value_ahead, level)
        value, cost = self.value + come[0], self.spent + come[1]
        spare = left - BUDGET_KEPT * self.budget - come[1]
        goal = evidence.sales_ratio() / AIM
        room = goal * self.target * value - cost
        held = evidence.sales_ratio() / HELD * self.target * value - cost
        self._say(room.mean(axis=0), held.mean(axis=0), spare.mean(axis=0), come.mean(axis=1))
        doubt = DOUBT * spread_at(shadow_price(room, spare, goal), value, cost)
        goal /= 1 + min(doubt, DOUBT_MOST)
        room = goal * self.target * value - cost
        now = float(level[:, 0].mean())
        logs = menu.logs(shadow_price(room, spare, goal), now)
        apart = float(np.clip(level[:, 0].std() / DRAWN, *SURPRISE))
        surprise = np.exp(apart * np.array([-1.0, 0.0, 1.0]))
        logs -= self._too_high(menu.spends(logs, now, surprise), logs, worth, left)
        size = np.log(np.maximum(worth, 1e-300) / worth.mean())
        logs = np.interp(size, np.log(SIZES)[menu.known], logs[menu.known])
        bids: Floats = np.exp(logs) * self.target * worth
        return bids

    def _too_high(self, spends: Floats, logs: Floats, worth: Floats, left: float) -> float:
        """By how much logs of bids must fall for the tick not to pass the budget.

        Chance adds three standard deviations of what is paid.
        """
        lower = np.arange(len(spends)) * LOG_STEP
        total = float(worth.sum())
        typical = float((worth**2).sum()) / max(total, 1e-300)
        spend = spends * total
        risk = spend + 3 * np.sqrt(spend * np.exp(logs.max() - lower) * self.target * typical)
        safe = np.nonzero(risk <= left)[0]
        return float(lower[safe[0]]) if len(safe) else np.inf

    def _say(self, room: Floats, held: Floats, spare: Floats, come: Floats) -> None:
        """How it stands, by what each multiplier leaves of the aim, the target and the budget."""
        fits = spare >= 0
        good = np.nonzero((room >= 0) & fits & (come[1] > 0))[0]
        if not len(good) and ((held >= 0) & fits & (come[1] > 0)).any():
            self.status = "on_target"
        elif not len(good):
            short = not (fits & (come[1] > 0)).any()
            self.status = "budget_bound" if short else "unreachable"
        elif not fits[min(int(good[-1]) + 1, len(fits) - 1)]:
            self.status = "budget_bound"
        else:
            value, spend = come[:, good[-1]]
            hardly = self.spent + spend < HARDLY[0] * self.budget
            hardly &= bool(value < HARDLY[1] * come[0, -1])
            self.status = "unreachable" if hardly else "on_target"


def _sums(values: Floats, costs: Floats, target: float) -> tuple[float, float, Floats]:
    """Rows, value and curves of a tick, as the profile takes them."""
    return float(len(values)), float(values.sum()), responses(values, costs, target)


def _same_slots(costs: Floats, slots: int) -> Floats:
    """Costs of exactly that many slots: the cheapest of more; of fewer, all cost as the last."""
    if costs.shape[1] == slots:
        return costs
    if costs.shape[1] > slots:
        return np.ascontiguousarray(costs[:, -slots:])
    more = np.repeat(costs[:, -1:], slots - costs.shape[1], axis=1)
    return np.hstack([costs, more])
