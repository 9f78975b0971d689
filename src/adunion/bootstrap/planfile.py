"""Plan files: what `adunion forecast` is asked, in TOML or JSON."""

from __future__ import annotations

import json
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine, or_, select

from adunion.campaigns import Selector
from adunion.campaigns.types import Goal
from adunion.catalog.tables import items as items_table
from adunion.catalog.tables import merchants
from adunion.kernel.errors import AdUnionError, invalid, not_found
from adunion.kernel.money import to_minor
from adunion.simulation.forecast.ask import Ask

Number = Annotated[float, Field(allow_inf_nan=True)]


class SelectorPart(BaseModel):
    """Which of the merchant's live items; every condition given must hold; none: all."""

    model_config = ConfigDict(extra="forbid")

    category: str = ""
    brand: str = ""
    text: str = ""


class PlanFile(BaseModel):
    """A plan that might be launched; an unknown key is an error. Money in major units."""

    model_config = ConfigDict(extra="forbid")

    merchant: str = Field("", description="Its id, external id or name; items say it by themselves")
    items: list[str] = Field(default_factory=list, description="Ids, or the merchant's own numbers")
    selector: SelectorPart | None = None
    goal: Goal = Field("target_roi", description="What it asks for; sales count by it")
    target_cost: Number | None = Field(
        None, description="What an order may cost, of cost_per_order; a target of 2 is half of it"
    )
    new_customer: Number | None = Field(
        None, description="Worth of a new customer's first order besides, of new_customers"
    )
    min_new_share: Number | None = Field(
        None, description="Least share of its orders by people new to the merchant, 0 to 1"
    )
    target: Number | None = Field(None, description="A grid of nine around it is answered")
    targets: list[Number] = Field(default_factory=list)
    budget: Number | str | None = Field(None, description="Of the whole plan; none: unlimited")
    budgets: list[Number | str] = Field(default_factory=list)
    start: datetime | None = None
    end: datetime | None = None
    dayparts: list[int] | None = Field(None, description="Hours of the week, Monday 00 UTC is 0")


def read(path: Path) -> PlanFile:
    """A file as it is; raises AdUnionError naming the file, the key and what is wrong."""
    found = _validated(_parsed(path), str(path))
    if found.target is not None and found.targets:
        raise invalid("targets", f"{path}: give target or targets, not both.")
    if found.budget is not None and found.budgets:
        raise invalid("budgets", f"{path}: give budget or budgets, not both.")
    return found


def ask(found: PlanFile, engine: Engine, currency: str) -> Ask:
    """The question in a file to a market, which knows its merchants and items."""
    merchant_id = _merchant(engine, found)
    budgets: list[float | str | None] = [*found.budgets] or [found.budget]
    return Ask(
        merchant_id=merchant_id,
        item_ids=_items(engine, merchant_id, found.items),
        selector=None if found.selector is None else Selector(**found.selector.model_dump()),
        targets=tuple(found.targets) or (() if found.target is None else (found.target,)),
        budgets_minor=tuple(minor(each, currency) for each in budgets),
        start_at=found.start,
        end_at=found.end,
        dayparts=None if found.dayparts is None else tuple(found.dayparts),
        goal=found.goal,
        target_cost_minor=minor(found.target_cost, currency, "target_cost"),
        new_customer_minor=minor(found.new_customer, currency, "new_customer"),
        min_new_share=found.min_new_share,
    )


def minor(budget: float | str | None, currency: str, field: str = "budget") -> int | None:
    """An amount in minor units; none is no limit."""
    if budget is None:
        return None
    try:
        return to_minor(str(budget), currency)
    except AdUnionError as error:
        raise invalid(field, error.message, error.hint) from None


def _parsed(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise AdUnionError("no_file", f"{path}: {error.strerror}.", 404) from None
    except UnicodeDecodeError as error:
        raise AdUnionError("bad_plan", f"{path}: not UTF-8: {error.reason}.", 422) from None
    try:
        return json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise AdUnionError(
            "bad_plan", f"{path}: neither TOML nor JSON: {error}.", 422, hint=_HINT
        ) from None


def _validated(raw: Any, where: str) -> PlanFile:
    try:
        return PlanFile.model_validate(raw)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in each['loc'][:2]) or 'file'}: {each['msg']}"
            for each in error.errors()
        ]
        problem = f"{where}: " + "; ".join(lines[:5]) + "."
        raise AdUnionError("bad_plan", problem, 422, hint=_HINT) from None


_HINT = "The keys: adunion forecast --schema. An example: examples/plan.toml."


def _merchant(engine: Engine, found: PlanFile) -> str:
    """The merchant's id, from its name in the file or from the first item."""
    with engine.connect() as conn:
        if found.merchant:
            wanted, columns = found.merchant, merchants.c
            query = select(columns.id).where(
                or_(columns.id == wanted, columns.external_id == wanted, columns.name == wanted)
            )
            ids = conn.scalars(query.limit(2)).all()
            if len(ids) > 1:
                raise invalid("merchant", f"Several are called {wanted!r}.", "Use the id.")
            if not ids:
                raise not_found("merchant", wanted)
            return str(ids[0])
        if not found.items:
            raise invalid("merchant", "Name the merchant, or items by their ids.", _HINT)
        query = select(items_table.c.merchant_id).where(items_table.c.id == found.items[0])
        merchant_id = conn.scalar(query)
        if merchant_id is None:
            raise not_found("item", found.items[0])
        return str(merchant_id)


def _items(engine: Engine, merchant_id: str, wanted: list[str]) -> tuple[str, ...]:
    """Ids; what is not an id is the merchant's own number of an item."""
    numbers = [each for each in wanted if not each.startswith("itm_")]
    if not numbers:
        return tuple(wanted)
    columns = items_table.c
    with engine.connect() as conn:
        query = select(columns.external_id, columns.id).where(
            columns.merchant_id == merchant_id, columns.external_id.in_(numbers)
        )
        ids = {row.external_id: row.id for row in conn.execute(query)}
    for number in numbers:
        if number not in ids:
            raise not_found("item", number)
    return tuple(ids.get(each, each) for each in wanted)
