"""Judge another policy by logged decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from adunion.bootstrap.currency import settled
from adunion.kernel.config import Settings
from adunion.kernel.errors import invalid
from adunion.kernel.money import exponent

from .output import out, print_json

EFFECTIVE_MIN = 500
"""Effective slots, of the pages that change, below which intervals of IPS and SNIPS say little."""
WEIGHT_OFF = 0.1
"""How far from 1 the mean weight may be: beyond it the log lacks much of what the policy shows."""
evaluate_app = typer.Typer(help="Judge a policy by what another one logged.", no_args_is_help=True)


@evaluate_app.command()
def policy(
    ranking: str = typer.Option(
        "joint", help="joint, organic (no bids), pctr, relevance or gmv; of the market's own log"
    ),
    experience_bps: int = typer.Option(None, help="Weight of the shopper's experience"),
    take_bps: int = typer.Option(None, help="What counts as the platform's part of a sale"),
    merchant_cap: int = typer.Option(None, help="Items of one merchant on a page"),
    group_cap: int = typer.Option(None, help="Variants of one product on a page"),
    explore_bps: int = typer.Option(None, help="Requests that are explored"),
    days: int = typer.Option(30, min=1, help="Of the log, the last so many"),
    log: str = typer.Option(
        None, help="Instead: a CSV of item_id, position, click, propensity_score; or obd"
    ),
    campaign: str = typer.Option("all", help="Of --log obd: all, men or women"),
    target: str = typer.Option(
        None, help="With --log: uniform, best, bts (of obd alone), or a CSV whose policy to judge"
    ),
    level: float = typer.Option(0.95, help="Of the intervals"),
    json_: bool = typer.Option(False, "--json", help="Print JSON"),
) -> None:
    """What a changed policy would have earned: IPS, SNIPS and DR with intervals.

    By the decisions that the market in ADUNION_HOME has logged, or by a log of another's.
    """
    if not 0.5 <= level < 1:
        raise invalid("level", f"level is {level}.", "Give 0.5 to 0.999.")
    if log is not None:
        found = _tabular(log, campaign, target, level)
    elif target is not None:
        raise invalid(
            "target", "--target is the policy to judge by a log of another's.",
            "Add --log FILE.csv, or name the change of the market's own: --ranking organic.",
        )  # fmt: skip
    else:
        from adunion.bootstrap.evaluate import evaluate
        from adunion.decision.evaluation import Policy

        chosen = Policy(ranking, experience_bps, take_bps, merchant_cap, group_cap, explore_bps)
        found = evaluate(Settings().home, chosen, days, level)
    if json_:
        print_json(found)
    elif log is not None:
        _show_tabular(found)
    else:
        _show(found)


def _tabular(log: str, campaign: str, target: str | None, level: float) -> dict[str, Any]:
    from adunion.decision.evaluation import tabular

    if target is None and log != "obd":
        raise invalid(
            "target", f"--log {log} says what was shown, not which policy to judge.",
            "Add --target uniform, --target best, or --target FILE.csv with the policy's own log.",
        )  # fmt: skip
    target = target or "bts"
    if target == "bts" and log != "obd":
        raise invalid("target", "bts is a policy of --log obd.", "Name uniform, best or a CSV.")
    mine = tabular.open_bandit("random", campaign) if log == "obd" else Path(log)
    read = tabular.read_log(mine)
    found: dict[str, Any] = {"log": log, "target": target}
    if target in tabular.POLICIES:
        wanted = tabular.target_of(read, target)
        return found | tabular.evaluate(read, wanted, held=target == "best", level=level)
    theirs = tabular.open_bandit("bts", campaign) if target == "bts" else Path(target)
    other = tabular.read_log(theirs)
    found |= tabular.evaluate(read, tabular.target_of(read, target, other), False, level)
    return found | {"on_policy": float(other.click.mean()), "on_policy_rows": len(other)}


def _show(found: dict[str, Any]) -> None:
    currency = settled(Settings())
    table = Table(title=f"per thousand requests, {found['requests']:,} logged requests")
    for name in ("metric", "requests", "changed", "logged", "IPS", "SNIPS", "DR", "change (DR)"):
        table.add_column(name, justify="left" if name == "metric" else "right")
    for name, row in found["metrics"].items():
        money = currency if name == "gmv" else None
        scale = 10.0 ** -exponent(money) if money else 1.0
        counts = (f"{row[each]:,}" for each in ("requests", "changed"))
        cells = [_around(row[each], 2, scale) for each in ("ips", "snips", "dr", "change")]
        said = f"{name}, {money}" if money else name
        table.add_row(said, *counts, f"{row['logged'] * scale:,.2f}", *cells)
    out.print(table)
    experience = found["experience"]
    out.print(
        f"experience {experience['logged']:.3f} -> {experience['policy']:.3f};"
        f" {found['changed']:.1%} of the pages change;"
        f" {found['supported']:.1%} of the policy's slots could have been shown by the log."
        " Orders and GMV are judged on requests old enough for their orders to have come."
    )
    if not found["changed"]:
        return
    if found["effective_rows"] < EFFECTIVE_MIN or abs(found["weight_mean"] - 1) > WEIGHT_OFF:
        out.print(
            "[yellow]Too few of the slots that change were explored for IPS and SNIPS[/]: they"
            f" weigh as {found['effective_rows']:,.0f} (up to {found['weight_max']:,.0f} each),"
            f" and all slots {found['weight_mean']:.2f} in the mean, which should be 1."
            " DR rests on the models for what changes. ADUNION_EXPLORE_BPS explores more."
        )


def _show_tabular(found: dict[str, Any]) -> None:
    table = Table(title=f"clicks per row, {found['rows']:,} rows")
    for name in ("logged", "IPS", "SNIPS", "DR", "on policy"):
        table.add_column(name, justify="right")
    cells = [_around(found["estimates"][each], 5) for each in ("ips", "snips", "dr")]
    on_policy = f"{found['on_policy']:.5f}" if "on_policy" in found else "-"
    table.add_row(f"{found['logged']:.5f}", *cells, on_policy)
    out.print(table)
    out.print(
        f"{found['effective_rows']:,.0f} effective rows, largest weight {found['weight_max']:.1f}"
    )


def _around(one: dict[str, float], digits: int = 2, scale: float = 1.0) -> str:
    value, low, high = (f"{one[each] * scale:,.{digits}f}" for each in ("value", "low", "high"))
    return f"{value} ({low} to {high})"
